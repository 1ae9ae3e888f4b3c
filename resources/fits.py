"""The fits of stored models that this process has read: by the id of their version, which never means another fit."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Any

from errors import RefitNeeded
from kinds import KINDS
from kinds.kind import Modelled
from kinds.packing import unpacked
from science.recent import Recent
from store import versions
from store.engine import Engine, reading

FITS = 100  # in one process
DRIFTS = 1_000
LARGEST = 32 * 1024 * 1024  # bytes of all together, as they are stored


@dataclass(frozen=True)
class _Held:
    fit: Any
    bytes: int


class Fits:
    """The fits used last."""

    def __init__(self) -> None:
        self._held: OrderedDict[int, _Held] = OrderedDict()
        self._drifts: Recent[tuple[int, str], dict[str, object]] = Recent(DRIFTS)
        self._lock = Lock()
        self._bytes = 0

    def get(self, version: int, kind: str, engine: Engine) -> Any | None:
        """Give a version's fit, read and checked at its first use. None when the version is gone; raises RefitNeeded."""
        with self._lock:
            held = self._held.get(version)
            if held is not None:
                self._held.move_to_end(version)
                return held.fit
        with reading(engine) as connection:
            artifact = versions.artifact_of(connection, version)
        if artifact is None:
            return None
        fit = unpacked(modelled(kind), artifact.document, artifact.arrays)
        self._note(version, _Held(fit, len(artifact.document) + len(artifact.arrays)))
        return fit

    def drift(self, version: int, state: str, measure: Callable[[], dict[str, object]]) -> dict[str, object]:
        """Give the drift of data in a state against a version, measured once."""
        known = self._drifts.find((version, state))
        if known is None:
            known = measure()
            self._drifts.note((version, state), known)
        return known

    def _note(self, version: int, held: _Held) -> None:
        with self._lock:
            if version not in self._held:
                self._bytes += held.bytes
            self._held[version] = held
            while len(self._held) > 1 and (len(self._held) > FITS or self._bytes > LARGEST):
                self._bytes -= self._held.popitem(last=False)[1].bytes


def modelled(kind: str) -> Modelled:
    """What a kind can do as a model. Raises RefitNeeded for a kind that this release has not."""
    found = KINDS.get(kind)
    if found is None or found.model is None:
        raise RefitNeeded("the model is of a kind that this release does not know")
    return found.model
