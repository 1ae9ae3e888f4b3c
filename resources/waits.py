"""The places of those who wait for a worker: each holds a thread of its process."""

from __future__ import annotations

from threading import BoundedSemaphore

WAITING = 4  # of the 16 threads of one process: the others go on answering


class Waits:
    """WAITING places; whoever finds none is told at once where to look for the job."""

    def __init__(self) -> None:
        self._places = BoundedSemaphore(WAITING)

    def enter(self) -> bool:
        return self._places.acquire(blocking=False)

    def leave(self) -> None:
        self._places.release()
