"""A point in time that long computations ask about themselves. The clock is the caller's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from errors import DeadlineExceeded


@dataclass(frozen=True)
class Deadline:
    """Time runs out when `clock()` (seconds, monotonic) passes `at`."""

    at: float
    clock: Callable[[], float]

    def check(self) -> None:
        """Raise DeadlineExceeded once the time is over."""
        if self.clock() > self.at:
            raise DeadlineExceeded("the fit was stopped because it took longer than a request may; ask for less")


def no_deadline() -> Deadline:
    """Never stop: for tests, benchmarks and jobs that are limited from outside."""
    return Deadline(at=float("inf"), clock=lambda: 0.0)
