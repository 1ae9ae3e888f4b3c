"""What the nightly run says: a bar on a terminal, one JSON line for each model otherwise, and a summary."""

from __future__ import annotations

import json
import shutil
import sys
from collections import Counter
from collections.abc import Mapping
from typing import TextIO

from store.runs import Run

BAR = 30  # characters
STATES = ("promoted", "kept", "unchanged", "failed")


class Telling:
    """Tells each run once, as it is decided. `sites`: their names by id."""

    def __init__(self, due: int, sites: Mapping[int, str], out: TextIO = sys.stdout) -> None:
        self._due, self._sites, self._out = due, sites, out
        self._bar = out.isatty()
        self._states: Counter[str] = Counter()
        self._already = 0
        if self._bar:
            self._draw()

    @property
    def failed(self) -> bool:
        return self._states["failed"] > 0

    def tell(self, run: Run, *, already: bool = False) -> None:
        """Tell what was decided; already: by an earlier call."""
        self._states[run.state] += 1
        self._already += already
        if not self._bar:
            self._line(self._told(run) | ({"already": True} if already else {}))
            return
        if run.state == "failed":
            self._clear()
            self._out.write(f"{self._sites.get(run.site_id, '')}/{run.model}: {run.reason}\n")
        self._draw()

    def summary(self, **more: object) -> None:
        """Tell the numbers of the night."""
        numbers = {"due": self._due, **{state: self._states[state] for state in STATES}, "already": self._already, **more}
        if self._bar:
            self._clear()
            self._out.write(", ".join(f"{value} {name}" for name, value in numbers.items()) + "\n")
        else:
            self._line({"summary": numbers})

    def _told(self, run: Run) -> dict[str, object]:
        took = (run.finished_at - run.created_at).total_seconds() if run.finished_at else None
        told: dict[str, object] = {"model": run.model, "site": self._sites.get(run.site_id), "date": run.date.isoformat()}
        return told | {"state": run.state, "version": run.version, "reason": run.reason, "seconds": took}

    def _line(self, told: Mapping[str, object]) -> None:
        self._out.write(json.dumps(told) + "\n")
        self._out.flush()

    def _draw(self) -> None:
        done = sum(self._states.values())
        filled = BAR * done // max(self._due, 1)
        counts = " ".join(f"{self._states[state]} {state}" for state in STATES if self._states[state])
        text = f"\r[{'#' * filled}{'.' * (BAR - filled)}] {done}/{self._due} {counts}"
        self._out.write(text[: shutil.get_terminal_size().columns])
        self._out.flush()

    def _clear(self) -> None:
        self._out.write("\r" + " " * (shutil.get_terminal_size().columns - 1) + "\r")
