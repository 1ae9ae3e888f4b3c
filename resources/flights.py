"""The questions that are being answered in this process: a second one like them waits for the first one's answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock


class Flights:
    """One lock for each id that is being computed; forgotten when the last who wants it has gone."""

    def __init__(self) -> None:
        self._flights: dict[str, tuple[Lock, int]] = {}
        self._guard = Lock()

    @contextmanager
    def alone(self, result_id: str) -> Iterator[bool]:
        """Be the only one inside for this id. Gives whether somebody else was inside before."""
        with self._guard:
            lock, wanted = self._flights.get(result_id, (Lock(), 0))
            self._flights[result_id] = (lock, wanted + 1)
        try:
            with lock:
                yield wanted > 0
        finally:
            self._leave(result_id)

    def _leave(self, result_id: str) -> None:
        with self._guard:
            lock, wanted = self._flights[result_id]
            if wanted == 1:
                del self._flights[result_id]
            else:
                self._flights[result_id] = (lock, wanted - 1)
