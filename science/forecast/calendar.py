"""Timestamps: read, checked for order and gaps, and continued in the format that they came in."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Literal

import numpy as np

from errors import InvalidInput
from science.table import IntArray

Unit = Literal["year", "quarter", "month", "day", "second", "number"]
YEAR = re.compile(r"\d{4}", re.ASCII)
QUARTER = re.compile(r"(\d{4})(-?)[Qq]([1-4])", re.ASCII)
MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}([T ])\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:?\d{2})?", re.ASCII)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOST_GAPS = 10  # times as many values as were given, at most, may a calendar have
MOST_DECIMALS = 15
YEARS = (1500, 2500)  # what a number has to be between to be a year
CLOSE = 1e-6  # of a step: plain numbers such as 1949.0833 are equally spaced to this


@dataclass(frozen=True)
class Format:
    """How a timestamp is written."""

    unit: Unit
    separator: str = ""  # between year and quarter, or date and time
    seconds: bool = True
    zone: str = ""
    decimals: int | None = None  # of numbers: as many as the longest has; None for timestamps that are no numbers
    day: int = 0  # of the month, for dates that step by months; 31 is the month's last


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
        """Write the timestamp of a place, 0 for the first value; beyond the last one too."""
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
    if len(values) == 1:
        return Calendar(form, float(values[0]), 1.0, np.zeros(1, dtype=np.intp), 1)
    steps = np.diff(values)
    _check_order(steps, stamps, field)
    step = float(steps.min())
    multiples = steps / step
    off = np.flatnonzero(np.abs(multiples - np.round(multiples)) > (CLOSE if form.unit != "number" else 1e-2))
    if off.size:
        i = int(off[0]) + 1
        raise InvalidInput(f"timestamp {i + 1} is not a whole number of steps after the one before it", field=f"{field}.{i}")
    places = np.r_[0, np.cumsum(np.round(multiples))].astype(np.intp)
    length = int(places[-1]) + 1
    if form.unit == "number" and length == len(values):
        step = _parts_of_years(form, float(values[0]), float(values[-1] - values[0]) / (length - 1))
    if length > MOST_GAPS * len(values):
        raise InvalidInput(f"the timestamps leave {length - len(values)} gaps, too many to be one series", field=field)
    return Calendar(form, float(values[0]), step, places, length)


def counted(n: int) -> Calendar:
    """Return the calendar 1, 2, ..., n of a series without timestamps."""
    return Calendar(Format("number", decimals=0), 1.0, 1.0, np.arange(n), n)


def _check_order(steps: np.ndarray, stamps: Sequence[object], field: str) -> None:
    wrong = np.flatnonzero(steps <= 0)
    if wrong.size:
        i = int(wrong[0]) + 1
        reason = "is the same as the one before it" if steps[i - 1] == 0 else "is before the one in front of it"
        raise InvalidInput(f"timestamp {i + 1} of {len(stamps)} {reason}; sort them and send each once", field=f"{field}.{i}")


def _format(stamp: object, field: str) -> Format:
    if isinstance(stamp, int | float) and not isinstance(stamp, bool):
        return Format("number")
    if isinstance(stamp, str):
        if YEAR.fullmatch(stamp):
            return Format("year")
        if found := QUARTER.fullmatch(stamp):
            return Format("quarter", separator=found[2])
        if MONTH.fullmatch(stamp):
            return Format("month")
        if DAY.fullmatch(stamp):
            return Format("day")
        if found := INSTANT.fullmatch(stamp):
            return Format("second", separator=found[1], seconds=found[2] is not None, zone=found[3] or "")
    raise InvalidInput(
        "a timestamp must be a number, YYYY, YYYY-Qn, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm[:ss] with an offset or none",
        field=field,
    )


def _decimals(stamp: object) -> int:
    """Count the digits after the point that a number is written with."""
    whole, point, digits = repr(stamp).partition(".")
    if "e-" in whole + digits:
        return MOST_DECIMALS
    return len(digits) if point and digits.isdigit() and digits != "0" else 0


def _parts_of_years(form: Format, start: float, step: float) -> float:
    """Take years in decimals, as R's ts has them, for what they are: 1949.083333 is February."""
    if form.decimals and YEARS[0] <= start <= YEARS[1]:
        for parts in (4, 12):
            if abs(step - 1 / parts) < 10.0**-form.decimals:
                return 1 / parts
    return step


def _value(stamp: object, form: Format, field: str) -> float:
    found = _format(stamp, field)
    if found.unit != form.unit or found.separator != form.separator:
        raise InvalidInput("this timestamp is written otherwise than the first one", field=field)
    if found.zone != form.zone:
        detail = "this timestamp has another time zone than the first one; send all with one offset"
        raise InvalidInput(detail, field=field)
    if form.unit == "number":
        if not math.isfinite(stamp):  # type: ignore[arg-type]
            raise InvalidInput("a timestamp must be finite", field=field)
        return float(stamp)  # type: ignore[arg-type]
    text = str(stamp)
    if form.unit == "year":
        return float(text)
    if form.unit == "quarter":
        return int(text[:4]) * 4 + int(text[-1]) - 1.0
    try:
        if form.unit == "month":
            return float(date(int(text[:4]), int(text[5:]), 1).year * 12 + int(text[5:]) - 1)
        if form.unit == "day":
            return float(date.fromisoformat(text).toordinal())
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput("this date does not exist", field=field) from None
    return (instant.replace(tzinfo=instant.tzinfo or UTC) - EPOCH).total_seconds()


def _by_months(stamps: Sequence[object], form: Format, values: np.ndarray) -> tuple[Format, np.ndarray]:
    """Count dates by months when they are all on one day of the month, or on its last."""
    if form.unit != "day" or len(values) < 2 or np.diff(values).min() < 28:
        return form, values
    days = [date.fromisoformat(str(stamp)) for stamp in stamps]
    last = all((day + timedelta(days=1)).day == 1 for day in days if day < date.max) and max(days) < date.max
    if not last and len({day.day for day in days}) > 1:
        return form, values
    months = np.array([day.year * 12 + day.month - 1.0 for day in days])
    return Format("month", day=31 if last else days[0].day), months


def _written(value: float, form: Format) -> str | int | float:
    if form.unit == "number":
        return round(value) if form.decimals == 0 and abs(value - round(value)) < CLOSE else round(value, form.decimals)
    whole = round(value)
    try:
        if form.unit == "year":
            return f"{date(whole, 1, 1).year:04d}"
        if form.unit == "quarter":
            return f"{date(whole // 4, 1, 1).year:04d}{form.separator}Q{whole % 4 + 1}"
        if form.unit == "month":
            return _month(whole, form.day)
        if form.unit == "day":
            return date.fromordinal(whole).isoformat()
        return _instant(whole, form)
    except (ValueError, OverflowError):
        raise InvalidInput("the forecast goes beyond the year 9999", field="h") from None


def _month(months: int, day: int) -> str:
    year, month = months // 12, months % 12 + 1
    first = date(year, month, 1)
    if not day:
        return first.isoformat()[:7]
    following = date(year + month // 12, month % 12 + 1, 1)
    return first.replace(day=min(day, (following - timedelta(days=1)).day)).isoformat()


def _instant(seconds: int, form: Format) -> str:
    instant = EPOCH + timedelta(seconds=seconds)
    if form.zone not in ("", "Z"):
        instant = instant.astimezone(datetime.fromisoformat(f"2000-01-01T00:00:00{form.zone}").tzinfo)
    text = instant.strftime(f"%Y-%m-%d{form.separator}%H:%M" + (":%S" if form.seconds else ""))
    return text.rjust(len("2000-01-01T00:00") + 3 * form.seconds, "0") + form.zone
