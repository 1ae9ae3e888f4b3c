"""How many computations run at once; the rest wait a little, and too many are sent away at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from errors import Busy

WAITING_PER_TURN = 10  # cheap fits drain in milliseconds; of dear ones, those who wait longer than `patience` are sent away


class Gate:
    """`turns` computations at once in this process, four times as many waiting, no longer than `patience` seconds."""

    def __init__(self, turns: int, patience: float) -> None:
        self._turns = BoundedSemaphore(turns)
        self._places = BoundedSemaphore(turns * (1 + WAITING_PER_TURN))
        self._patience = patience

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Compute inside this. Raises Busy when nothing comes free in time, and at once when the queue is full."""
        if not self._places.acquire(blocking=False):
            raise Busy("too many computations are waiting already; try again in a second")
        try:
            if not self._turns.acquire(timeout=self._patience):
                raise Busy("no computation finished in time to make room for this one; try again in a second")
            try:
                yield
            finally:
                self._turns.release()
        finally:
            self._places.release()
