"""Timestamps: read, checked for order and gaps, and continued in the format that they came in."""

from __future__ import annotations

import math
import re
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Literal

import numpy as np

from errors import InvalidInput
from science.table import IntArray

Unit = Literal["year", "quarter", "month", "day", "second", "number"]
YEAR = re.compile(r"\d{4}", re.ASCII)
QUARTER = re.compile(r"\d{4}(-?)([Qq])[1-4]", re.ASCII)
MONTH = re.compile(r"\d{4}-\d{2}", re.ASCII)
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}([T ])\d{2}:\d{2}(:\d{2}(\.0+)?)?(Z|[+-]\d{2}:?\d{2})?", re.ASCII)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOST_GAPS = 10  # times as many values as were given, at most, may a calendar have
SHORTEST_MONTH = {"day": 28, "second": 28 * 86_400}  # in the units that may turn out to step by months
EXACT = 2**53 - 1  # the largest whole number that a double tells from both its neighbours
YEARS = (1500, 2500)  # what a number has to be between to be a year
UNEVEN = 1e-2  # of a step, between numbers that were rounded: those of 1949.0833, 1949.1667 and 1949.25 differ by 0.0012


@dataclass(frozen=True)
class Format:
    """How a timestamp is written."""

    unit: Unit
    separator: str = ""  # between year and quarter, or date and time
    letter: str = "Q"  # of quarters, or q
    seconds: bool = True
    zone: str = ""  # with the zeros of a fraction of a second before it, if there are any: .000Z is JavaScript's
    decimals: int | None = None  # of numbers: as many as the longest has; None for timestamps that are no numbers
    day: int = 0  # of the month, or its last where it has no such day, for dates that step by months
    time: str = ""  # behind the date, for dates with a time that step by months


@dataclass(frozen=True)
class Calendar:
    """The times of a series: places[i] is where value i stands among `length` equal steps."""

    format: Format
    start: float
    step: float
    places: IntArray
    length: int

    @property
    def frequency(self) -> str:
        """Return the frequency's name: Y, Q, M, W, D, H, 30min, 15min, or "" where none fits."""
        unit, step = self.format.unit, self.step
        names: dict[tuple[str, float], str] = {
            ("year", 1): "Y",
            ("quarter", 1): "Q",
            ("quarter", 4): "Y",
            ("number", 1 / 4): "Q",
            ("number", 1 / 12): "M",
            ("month", 1): "M",
            ("month", 3): "Q",
            ("month", 12): "Y",
            ("day", 1): "D",
            ("day", 7): "W",
            ("second", 86_400): "D",
            ("second", 604_800): "W",
            ("second", 3_600): "H",
            ("second", 1_800): "30min",
            ("second", 900): "15min",
        }
        return names.get((unit, step), "") if unit != "number" or YEARS[0] <= self.start <= YEARS[1] else ""

    def at(self, place: int) -> str | int | float:
        """Write the timestamp of a place, 0 for the first value; beyond the last one too.

        Raises InvalidInput after the year 9999, and for numbers that are no longer exact.
        """
        if self.step == 1 / 12:
            return _written((self.start * 12 + place) / 12, self.format)  # rounded once, as whoever wrote 1949 + 1/12 did
        return _written(self.start + place * self.step, self.format)


def calendar(stamps: Sequence[object], *, field: str = "ds") -> Calendar:
    """Read timestamps of one format, equally spaced but for gaps.

    Raises InvalidInput with the index of the first that cannot be read, is out of order, comes twice or is off the grid.
    """
    if not stamps:
        raise InvalidInput("there are no timestamps", field=field)
    form = _format(stamps[0], f"{field}.0")
    values = np.array([_value(stamp, form, f"{field}.{i}") for i, stamp in enumerate(stamps)])
    form, values = _by_months(stamps, form, values)
    if form.unit == "number":
        form = replace(form, decimals=max(map(_decimals, stamps)))
    start = float(values[0])
    if len(values) == 1:
        return Calendar(form, start, 1.0, np.zeros(1, dtype=np.intp), 1)
    steps = np.diff(values)
    _check_order(steps, stamps, field)
    step = float(steps.min())
    places = _places(steps, step, form, field)
    length = int(places[-1]) + 1
    if form.decimals:
        start, step = _parts_of_years(form, start, float(values[-1] - start) / (length - 1))
    return Calendar(form, start, step, places, length)


def counted(n: int) -> Calendar:
    """Return the calendar 1, 2, ..., n of a series without timestamps."""
    return Calendar(Format("number", decimals=0), 1.0, 1.0, np.arange(n), n)


def _check_order(steps: np.ndarray, stamps: Sequence[object], field: str) -> None:
    wrong = np.flatnonzero(steps <= 0)
    if wrong.size:
        i = int(wrong[0]) + 1
        reason = "is the same as the one before it" if steps[i - 1] == 0 else "is before the one in front of it"
        raise InvalidInput(f"timestamp {i + 1} of {len(stamps)} {reason}; sort them and send each once", field=f"{field}.{i}")


def _places(steps: np.ndarray, step: float, form: Format, field: str) -> IntArray:
    n = len(steps) + 1
    with np.errstate(over="ignore"):  # too many to be a number are too many
        multiples = np.round(steps / step)
        count = multiples.sum() + 1
    if count > MOST_GAPS * n:
        detail = f"{n} timestamps leave more than {(MOST_GAPS - 1) * n} gaps, too many to be one series"
        raise InvalidInput(detail, field=field)
    off = np.flatnonzero(np.abs(steps - multiples * step) > (UNEVEN * step if form.decimals else 0))
    if off.size:
        i = int(off[0]) + 1
        raise InvalidInput(f"timestamp {i + 1} is not a whole number of steps after the one before it", field=f"{field}.{i}")
    return np.append(0, np.cumsum(multiples)).astype(np.intp)


def _format(stamp: object, field: str) -> Format:
    if isinstance(stamp, int | float) and not isinstance(stamp, bool):
        return Format("number")
    if isinstance(stamp, str):
        if YEAR.fullmatch(stamp):
            return Format("year")
        if found := QUARTER.fullmatch(stamp):
            return Format("quarter", separator=found[1], letter=found[2])
        if MONTH.fullmatch(stamp):
            return Format("month")
        if DAY.fullmatch(stamp):
            return Format("day")
        if found := INSTANT.fullmatch(stamp):
            return Format("second", separator=found[1], seconds=found[2] is not None, zone=(found[3] or "") + (found[4] or ""))
    raise InvalidInput(
        "a timestamp must be a number, YYYY, YYYY-Qn, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm[:ss] with an offset or none",
        field=field,
    )


def _decimals(stamp: object) -> int:
    """Count the digits after the point that a number is written with; 1.5e-7 has 8."""
    digits, _, exponent = repr(float(stamp)).partition("e")  # type: ignore[arg-type]
    return max(0, len(digits.partition(".")[2].rstrip("0")) - int(exponent or 0))


def _parts_of_years(form: Format, start: float, step: float) -> tuple[float, float]:
    """Take years in decimals, as R's ts has them, for what they are: 1949.083333 is February."""
    if form.decimals and YEARS[0] <= start <= YEARS[1]:
        rounded = max(10.0**-form.decimals, math.ulp(start))
        for parts in (4, 12):
            if abs(step - 1 / parts) < rounded:
                nearest = round(start * parts) / parts
                return nearest if abs(nearest - start) < rounded else start, 1 / parts
    return start, step


def _value(stamp: object, form: Format, field: str) -> float:
    found = _format(stamp, field)
    if found != form:
        detail = "this timestamp is written otherwise than the first one"
        if replace(found, zone=form.zone) == form:
            detail = "this timestamp has another time zone than the first one; send all with one offset"
        raise InvalidInput(detail, field=field)
    if isinstance(stamp, int | float):
        return _number(stamp, field)
    try:
        return _ordinal(str(stamp), form.unit)
    except ValueError:
        raise InvalidInput("this date does not exist", field=field) from None


def _number(stamp: int | float, field: str) -> float:
    if isinstance(stamp, float) and not math.isfinite(stamp):
        raise InvalidInput("a timestamp must be finite", field=field)
    if abs(stamp) > EXACT:
        detail = f"numbers beyond {EXACT} lose their last digits; send dates, or count in a larger unit"
        raise InvalidInput(detail, field=field)
    return float(stamp)


def _ordinal(text: str, unit: Unit) -> float:
    """Count the years, quarters or months since the year 0, days since the year 1 or seconds since 1970, up to a date."""
    if unit == "second":
        instant = datetime.fromisoformat(text)
        return (instant.replace(tzinfo=instant.tzinfo or UTC) - EPOCH).total_seconds()
    if unit == "day":
        return float(date.fromisoformat(text).toordinal())
    first = date(int(text[:4]), int(text[5:]) if unit == "month" else 1, 1)
    if unit == "month":
        return first.year * 12 + first.month - 1.0
    return first.year * 4 + int(text[-1]) - 1.0 if unit == "quarter" else float(first.year)


def _by_months(stamps: Sequence[object], form: Format, values: np.ndarray) -> tuple[Format, np.ndarray]:
    """Count dates by months when all are at one time of one day of the month, or of its last where it has no such day."""
    if len(values) < 2 or np.diff(values).min() < SHORTEST_MONTH.get(form.unit, math.inf):
        return form, values
    times = [datetime.fromisoformat(str(stamp)) for stamp in stamps]
    last = [monthrange(time.year, time.month)[1] for time in times]
    days = [time.day for time in times]
    day = 31 if days == last else max(days)
    if days != [min(day, end) for end in last] or len({time.time() for time in times}) > 1:
        return form, values
    months = np.array([time.year * 12 + time.month - 1.0 for time in times])
    return Format("month", day=day, time=str(stamps[0])[len("2000-01-01") :]), months


def _written(value: float, form: Format) -> str | int | float:
    if form.unit == "number":
        if abs(value) > EXACT:
            raise InvalidInput(f"the forecast goes beyond {EXACT}, where numbers lose their last digits", field="h")
        return round(value, form.decimals or None)
    whole = round(value)
    try:
        if form.unit == "year":
            return f"{date(whole, 1, 1).year:04d}"
        if form.unit == "quarter":
            return f"{date(whole // 4, 1, 1).year:04d}{form.separator}{form.letter}{whole % 4 + 1}"
        if form.unit == "month":
            return _month(whole, form)
        if form.unit == "day":
            return date.fromordinal(whole).isoformat()
        return _instant(whole, form)
    except (ValueError, OverflowError):
        raise InvalidInput("the forecast goes beyond the year 9999", field="h") from None


def _month(months: int, form: Format) -> str:
    year, month = months // 12, months % 12 + 1
    if not form.day:
        return date(year, month, 1).isoformat()[:7]
    return date(year, month, min(form.day, monthrange(year, month)[1])).isoformat() + form.time


def _instant(seconds: int, form: Format) -> str:
    offset = datetime.fromisoformat(f"2000-01-01T00:00:00{form.zone}").utcoffset() or timedelta()
    local = EPOCH + (timedelta(seconds=seconds) + offset)  # in one step: UTC may be in the year 0, or 10000
    return local.replace(tzinfo=None).isoformat(form.separator, "seconds" if form.seconds else "minutes") + form.zone
