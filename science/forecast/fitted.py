"""What was learned of one series, and what can be read off it: steps, levels and sums, up to the horizon it was learned for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf

import numpy as np

from errors import InvalidInput
from science.forecast.answer import DifferencesTold, Forecast, IntervalsTold, ModelTold, Row
from science.forecast.backtest import Backtest
from science.forecast.calendar import Calendar
from science.forecast.calibration import OWN, Calibration
from science.forecast.mixture import Mixture
from science.forecast.spec import Spec
from science.forecast.stationarity import Choice
from science.forecast.steps import told_fitted, told_rows
from science.notice import Notice
from science.table import BoolArray, FloatArray


@dataclass(frozen=True)
class Fitted:
    """A fitted series: everything that its forecasts need, and nothing that has to be estimated again."""

    spec: Spec
    unique_id: str | None
    season: int
    frequency: str
    calendar: Calendar
    choice: Choice
    mixture: Mixture  # at the last origin alone
    model: ModelTold
    y: FloatArray  # (n,) with gaps filled
    known: BoolArray  # (n,) False at a gap
    calibration: Calibration
    backtest: Backtest | None
    warnings: tuple[Notice, ...]


def tell(
    fitted: Fitted,
    h: int | None = None,
    level: tuple[float, ...] | None = None,
    aggregate: tuple[tuple[int, int], ...] | None = None,
) -> Forecast:
    """Tell the forecast of a fit: all of its steps, or the first h, at its levels or at others.

    Raises InvalidInput for more steps than the fit is for: the weights of an average are those for its horizon.
    """
    asked, n = fitted.spec, len(fitted.y)
    steps = asked.h if h is None else h
    if steps > asked.h:
        raise InvalidInput(f"this forecast was fitted for {asked.h} steps; fit it for more to have more", field="h")
    sums = asked.aggregate if aggregate is None and h is None else aggregate or ()
    spec = replace(asked, level=level or asked.level, aggregate=sums)
    rows, totals = told_rows(fitted.y, fitted.mixture, fitted.choice, fitted.calendar, spec, fitted.calibration)
    return Forecast(
        unique_id=fitted.unique_id,
        n=n,
        season=fitted.season,
        frequency=fitted.frequency,
        model=fitted.model,
        differences=DifferencesTold(fitted.choice.lags, "; ".join(fitted.choice.reasons), sum(fitted.choice.lags)),
        forecast=rows[:steps],
        sums=totals,
        fitted=told_fitted(fitted.mixture, fitted.choice.lags, np.where(fitted.known, fitted.y, np.nan)),
        stamps=tuple(fitted.calendar.at(i) for i in range(n)),
        history=fitted.y,
        intervals=_told_intervals(asked.interval, fitted.calibration, steps),
        backtest=fitted.backtest if spec.level == asked.level else None,
        warnings=(*fitted.warnings, *_unreached(rows[:steps])),
    )


def _unreached(rows: tuple[Row, ...]) -> tuple[Notice, ...]:
    ends = [[row.median, row.mean, *row.lo.values(), *row.hi.values()] for row in rows]
    missing = int(np.isnan(ends).any(axis=1).sum())
    if not missing:
        return ()
    detail = f"{missing} steps go past the highest value that the transform has, and are null there"
    return (Notice("past_transform", f"{detail}; an exponent nearer to 0 reaches further"),)


def _told_intervals(asked: str, widened: Calibration, steps: int) -> IntervalsTold:
    method = "model" if asked == "calibrated" and widened == OWN else asked  # a constant series has nothing to widen
    multipliers = widened.multipliers(steps)
    df = None if widened.freedom == inf else widened.freedom
    return IntervalsTold(method, float(multipliers[0]), float(multipliers[-1]), widened.origins, df)
