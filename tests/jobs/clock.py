"""A process whose clock is wrong: Python's own clocks, set off by hours before anything else is imported."""

from __future__ import annotations

import datetime
import time

REAL, REAL_DATETIME = time.time, datetime.datetime


def set_off(hours: float) -> None:
    """Shift time.time, and datetime.now and utcnow of whatever is imported from now on. Monotonic clocks do not jump."""
    seconds = hours * 3600

    class Shifted(REAL_DATETIME):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> datetime.datetime:
            return REAL_DATETIME.now(tz) + datetime.timedelta(seconds=seconds)

    time.time = lambda: REAL() + seconds
    datetime.datetime = Shifted  # type: ignore[misc]
