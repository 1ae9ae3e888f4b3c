"""Many series at once: each is answered or told its own error, and none stops another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from errors import InvalidInput
from science.deadline import Deadline
from science.forecast.answer import Forecast
from science.forecast.engine import forecast
from science.forecast.spec import Series, Spec
from science.limits import Limits

MOST_SERIES = 1_000
MOST_STEPS = 50_000  # of all forecasts in one answer: about 20 MB of JSON


@dataclass(frozen=True)
class Refused:
    """A series that could not be forecast, and why."""

    unique_id: str | None
    error: InvalidInput


def forecast_all(
    spec: Spec, series: Sequence[Series | Refused], limits: Limits, deadline: Deadline
) -> tuple[Forecast | Refused, ...]:
    """Answer every series in turn; one that was refused before stays so.

    Raises InvalidInput for no series, too many, too many steps together or an id that comes twice, LimitExceeded when they hold
    too many values together, and DeadlineExceeded.
    """
    check_count(len(series), spec.h)
    seen: set[str | None] = set()
    for i, one in enumerate(series):
        if one.unique_id in seen:
            raise InvalidInput("two series have the same unique_id", field=f"series.{i}.unique_id")
        seen.add(one.unique_id)
    values = sum(len(one.y) for one in series if isinstance(one, Series))
    limits.check("max_rows", values, f"the series have {values} values together", field="series")
    return tuple(one if isinstance(one, Refused) else _answered(spec, one, limits, deadline) for one in series)


def check_count(series: int, h: int) -> None:
    """Raise InvalidInput unless so many series of so many steps are one answer."""
    if not 1 <= series <= MOST_SERIES:
        raise InvalidInput(f"there are {series} series; send 1 to {MOST_SERIES}", field="series")
    if series * h > MOST_STEPS:
        raise InvalidInput(f"{series} series of {h} steps are {series * h}; one answer holds at most {MOST_STEPS}", field="h")


def _answered(spec: Spec, series: Series, limits: Limits, deadline: Deadline) -> Forecast | Refused:
    deadline.check()
    try:
        return forecast(spec, series, limits, deadline)
    except InvalidInput as error:
        return Refused(series.unique_id, error)
