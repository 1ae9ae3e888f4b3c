"""How many computations run at once; the rest wait a little, and too many are sent away at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from errors import Busy

WAITING_PER_TURN = 10  # cheap fits drain in milliseconds; of dear ones, those who wait longer than `patience` are sent away


class Gate:
    """`turns` computations at once in this process, ten times as many waiting, no longer than `patience` seconds.

    Whoever has waited longest is next. A semaphore of the standard library lets those who come just now overtake, and under
    load some wait for seconds.
    """

    def __init__(self, turns: int, patience: float) -> None:
        self.places = turns * (1 + WAITING_PER_TURN)  # of those who compute or wait
        self._free = turns
        self._waiting: deque[Lock] = deque()  # each is released when its turn has come
        self._most = turns * WAITING_PER_TURN
        self._lock = Lock()
        self._patience = patience

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Compute inside this. Raises Busy when nothing comes free in time, and at once when the queue is full."""
        self._take()
        try:
            yield
        finally:
            self._give()

    def _take(self) -> None:
        with self._lock:
            if self._free:
                self._free -= 1
                return
            if len(self._waiting) >= self._most:
                raise Busy("too many computations are waiting already; try again in a second")
            mine = Lock()
            mine.acquire()
            self._waiting.append(mine)
        if not mine.acquire(timeout=self._patience):
            self._give_up(mine)

    def _give_up(self, mine: Lock) -> None:
        with self._lock:
            if mine in self._waiting:  # else the turn came at the last moment
                self._waiting.remove(mine)
                raise Busy("no computation finished in time to make room for this one; try again in a second")

    def _give(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._free += 1
