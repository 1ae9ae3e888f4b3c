"""How the forecasts would have done: every origin's forecasts against what came after, pooled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from science.forecast import scores
from science.forecast.calibration import Calibration
from science.forecast.mixture import Mixture
from science.table import BoolArray, FloatArray


@dataclass(frozen=True)
class Backtest:
    """Scores over all origins and horizons; NaN where a score has no scale (a constant series)."""

    origins: int
    forecasts: int
    mase: float
    smape: float
    owa: float  # against Naive2
    naive2_mase: float
    naive2_smape: float
    coverage: Mapping[float, float]  # by level
    msis: float  # of the 95% intervals
    crps: float


def backtest(
    y: FloatArray,
    known: BoolArray,
    mixture: Mixture,
    lengths: Sequence[int],
    season: int,
    levels: Sequence[float],
    widened: Calibration,
) -> Backtest | None:
    """Score the mixture at its origins; None when nothing that is known is behind one. y: (n,) with gaps filled.

    The weights at an origin are those known there; the intervals are widened as those of the forecast are.
    """
    n, h = len(y), mixture.outlooks[0].mean.shape[1]
    multipliers = widened.multipliers(h)
    ahead = [(j, length, min(n - length, h)) for j, length in enumerate(lengths) if known[length : length + h].any()]
    if not ahead:
        return None
    scale = scores.seasonal_scale(y[: min(lengths)], season)

    def pooled(values: FloatArray) -> FloatArray:
        """Pool those of the values, (origins, h), whose truth is known."""
        return np.concatenate([values[j, :k][known[length : length + k]] for j, length, k in ahead])

    actual = np.concatenate([y[length : length + k][known[length : length + k]] for _, length, k in ahead])
    forecast, spread = pooled(mixture.median), pooled(mixture.standard_error * multipliers)
    naive2 = scores.naive2s(y, [length for _, length, _ in ahead], season, h)
    pairs = zip(naive2, ahead, strict=True)
    naive = np.concatenate([row[:k][known[length : length + k]] for row, (_, length, k) in pairs])
    bounds = {}
    for level in {*levels, 95.0}:
        low, high = mixture.bounds(widened.quantile(level) * multipliers)
        bounds[level] = pooled(low), pooled(high)
    mase, smape = scores.mase(actual, forecast, scale), scores.smape(actual, forecast)
    mase2, smape2 = scores.mase(actual, naive, scale), scores.smape(actual, naive)
    return Backtest(
        origins=len(ahead),
        forecasts=len(actual),
        mase=mase,
        smape=smape,
        owa=(mase / mase2 + smape / smape2) / 2 if mase2 > 0 and smape2 > 0 else float("nan"),
        naive2_mase=mase2,
        naive2_smape=smape2,
        coverage={level: scores.coverage(actual, *bounds[level]) for level in levels},
        msis=scores.msis(actual, *bounds[95.0], 95.0, scale),
        crps=scores.crps(actual, forecast, spread, widened.freedom),
    )
