"""A forecast that is kept: of one series in a stored table, fitted again each night, judged on the steps held back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from errors import InvalidInput, RefitNeeded
from kinds.columns import check_forecast
from kinds.forecast import Asks, ForecastSpec, Percentage, Step, spec_of
from kinds.forecast_answer import told
from kinds.forecast_series import Columns, columns_of, one_of_table
from kinds.kind import Judged, Modelled
from science.deadline import Deadline
from science.forecast import scores
from science.forecast.answer import Row
from science.forecast.calendar import calendar
from science.forecast.engine import continued, fit
from science.forecast.fitted import Fitted, tell
from science.forecast.provenance import MAX_HORIZON
from science.forecast.spec import MOST_LEVELS, MOST_SUMS
from science.forecast.stored import from_parameters, to_parameters
from science.limits import Limits
from science.table import FloatArray, IntArray, Table

TOLD = ("rows", "first", "last", "season", "frequency", "model", "differences", "intervals", "backtest", "warnings")


class StepsToPredict(Asks):
    """Which steps of a stored forecast to tell, and at which levels; all of them, at its own, when it does not say."""

    h: Annotated[int | None, Field(ge=1, le=MAX_HORIZON, description="Steps ahead, no more than it was fitted for.")] = None
    level: Annotated[list[Percentage] | None, Field(min_length=1, max_length=MOST_LEVELS, description="Percent.")] = None
    aggregate: Annotated[
        list[Annotated[list[Step], Field(min_length=2, max_length=2)]],
        Field(max_length=MOST_SUMS, description="Sums over steps, from and to."),
    ] = []  # noqa: RUF012  frozen


@dataclass(frozen=True)
class Kept:
    """A fitted series and the columns that it is of."""

    columns: Columns
    fitted: Fitted


def fitted(asked: ForecastSpec, table: Table, limits: Limits, deadline: Deadline) -> Kept:
    """Fit the one series that the table holds."""
    for field in ("series", "unique_id", "x", "x_future"):
        if getattr(asked, field) is not None:
            raise InvalidInput(f"a stored forecast is of one series without regressors; leave {field} out", field=field)
    columns = columns_of(asked, table)
    if columns.unique_id is not None:
        raise InvalidInput("the data hold several series; a stored forecast is of one", field="unique_id")
    return Kept(columns, fit(spec_of(asked), one_of_table(table, columns), limits, deadline))


def split(asked: ForecastSpec, table: Table, share: float) -> tuple[Table, Table]:
    """Hold back the last steps: as many as are asked ahead, or this share of the rows if that is fewer, but one at least."""
    held = max(1, min(asked.h, round(share * table.rows)))
    rows = np.arange(table.rows)
    return table.take(rows[:-held]), table.take(rows[-held:])


def predictions(kept: Kept, body: StepsToPredict, _: Table | None, __: Limits) -> dict[str, object]:
    """Tell the steps asked for: the same numbers as the forecast that was fitted."""
    level = tuple(dict.fromkeys(body.level)) if body.level else None
    steps = told(tell(kept.fitted, body.h or kept.fitted.spec.h, level, tuple((pair[0], pair[1]) for pair in body.aggregate)))
    return {"predictions": steps["forecast"], "sums": steps["sums"], "last": steps["last"], "warnings": steps["warnings"]}


def carried(kept: Kept, table: Table, limits: Limits) -> Kept:
    """Forecast from the end of these rows by what the fit has learned. Raises InvalidInput for rows that it cannot go on from."""
    return Kept(kept.columns, continued(kept.fitted, one_of_table(table, kept.columns), kept.fitted.spec.h, limits))


def judge(kept: Kept, rest: Table, held: Table, limits: Limits) -> Judged:
    """Forecast the steps held back by what this fit has learned, from the past alone; absolute errors, step by step."""
    y, steps = _held(kept, rest, held)
    inside = np.isfinite(y) & (steps <= MAX_HORIZON)
    losses = np.full(len(y), np.nan)
    if not inside.any():
        return Judged(losses, {})
    past = one_of_table(rest, kept.columns)
    again = continued(kept.fitted, past, int(steps[inside].max()), limits)
    told_rows = tell(again).forecast
    rows = [told_rows[step - 1] for step in steps[inside]]
    actual, median = y[inside], np.array([row.median for row in rows])
    losses[inside] = np.abs(actual - median)
    scale = scores.seasonal_scale(past.y[np.isfinite(past.y)], again.season)
    return Judged(
        losses, _metrics(actual, rows, scale, again.calibration.freedom), float(np.mean(np.abs(actual - actual.mean())))
    )


def _metrics(actual: FloatArray, rows: Sequence[Row], scale: float, freedom: float) -> dict[str, float | None]:
    median, error = (np.array([getattr(row, name) for row in rows]) for name in ("median", "se"))
    metrics = {
        "mase": scores.mase(actual, median, scale),
        "smape": scores.smape(actual, median),
        "crps": scores.crps(actual, median, error, freedom),
    }
    for level in rows[0].lo:
        low, high = (np.array([getattr(row, side)[level] for row in rows]) for side in ("lo", "hi"))
        metrics[f"coverage_{level:g}"] = scores.coverage(actual, low, high)
    return {name: value if np.isfinite(value) else None for name, value in metrics.items()}


def finite(kept: Kept) -> bool:
    rows = tell(kept.fitted).forecast
    return bool(
        np.isfinite([value for row in rows for value in (row.mean, row.median, row.se, *row.lo.values(), *row.hi.values())]).all()
    )


def parameters(kept: Kept) -> tuple[dict[str, Any], dict[str, FloatArray]]:
    document, arrays = to_parameters(kept.fitted)
    return {**document, "columns": {"y": kept.columns.y, "ds": kept.columns.ds}}, arrays


def restore(document: Mapping[str, Any], arrays: Mapping[str, FloatArray]) -> Kept:
    """Rebuild. Raises RefitNeeded for what this version does not read."""
    columns = document.get("columns")
    if not isinstance(columns, Mapping) or "y" not in columns:
        raise RefitNeeded("the stored forecast does not say what it is of; fit the model again")
    return Kept(Columns(columns["y"], columns.get("ds"), None), from_parameters(document, arrays))


def _told(kept: Kept) -> dict[str, object]:
    whole = told(tell(kept.fitted))
    return {"y": kept.columns.y, "ds": kept.columns.ds, "h": kept.fitted.spec.h} | {name: whole[name] for name in TOLD}


def _held(kept: Kept, rest: Table, held: Table) -> tuple[FloatArray, IntArray]:
    """The values held back, and how many steps after the past each stands."""
    y = one_of_table(held, kept.columns).y
    if kept.columns.ds is None:
        return y, np.arange(1, len(y) + 1)
    before, after = (one_of_table(table, kept.columns).ds or () for table in (rest, held))
    places = calendar((*before, *after)).places
    return y, places[len(before) :] - places[len(before) - 1]


FORECAST_MODEL = Modelled(
    check=check_forecast,
    predicts=StepsToPredict,
    split=split,
    parameters=parameters,
    restore=restore,
    predict=predictions,
    judge=judge,
    told=_told,
    finite=finite,
    columns=lambda kept: (kept.columns.y,),
    scores=None,
    fit=fitted,
    carry=carried,
)
