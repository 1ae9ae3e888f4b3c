"""The places of those who wait for a worker: each holds a thread of its process."""

from __future__ import annotations

from threading import Lock

WAITING = 4  # of the 16 threads of one process: the others go on answering


class Waits:
    """WAITING places; whoever finds none is told at once where to look for the job."""

    def __init__(self) -> None:
        self.taken = 0
        self._lock = Lock()

    def enter(self) -> bool:
        with self._lock:
            if self.taken == WAITING:
                return False
            self.taken += 1
            return True

    def leave(self) -> None:
        with self._lock:
            self.taken -= 1
