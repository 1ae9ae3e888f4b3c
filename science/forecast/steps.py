"""The forecast, step by step and in sums: medians, means, intervals, and the stack that each step stands on."""

from __future__ import annotations

from collections.abc import Sequence
from math import hypot

import numpy as np

from science.forecast.answer import Row, Sum
from science.forecast.calendar import Calendar
from science.forecast.calibration import Calibration
from science.forecast.differences import difference
from science.forecast.mixture import Mixture, around
from science.forecast.provenance import provenance
from science.forecast.spec import Spec
from science.forecast.stationarity import Choice
from science.forecast.transform import NONE
from science.forecast.weights import difference_polynomial
from science.table import FloatArray

PATHS = 2_000  # simulated for the bootstrap


def told_rows(
    y: FloatArray, modelled: Mixture, choice: Choice, times: Calendar, spec: Spec, widened: Calibration
) -> tuple[tuple[Row, ...], tuple[Sum, ...]]:
    """Tell every step and every sum asked for; standard errors are the model's, widened."""
    n, h = len(y), spec.h
    median, mean, shocks = modelled.median[0], modelled.mean(), modelled.shocks()
    paths = _paths(y, modelled, spec) if spec.interval == "bootstrap" else None
    multipliers = widened.multipliers(h)
    bounds = {level: _bounds(modelled, level, widened.quantile(level) * multipliers, paths) for level in spec.level}
    power = modelled.outlooks[0].power if len(modelled.outlooks) == 1 else NONE
    on_scale = modelled.outlooks[0].shocks() if len(modelled.outlooks) == 1 else shocks
    path = power.forward(np.r_[y, median])
    w, _ = difference(path, choice.lags)
    errors = multipliers * modelled.standard_error[0]
    inflations = _inflation(on_scale, choice.lags)
    steps = provenance(n, choice.lags, h)
    rows = tuple(
        Row(
            h=i + 1,
            ds=times.at(n + i),
            mean=float(mean[i]),
            median=float(median[i]),
            se=float(errors[i]),
            lo={level: float(bounds[level][0][i]) for level in spec.level},
            hi={level: float(bounds[level][1][i]) for level in spec.level},
            w=float(w[len(w) - h + i]),
            stack=steps[i],
            inflation=float(inflations[i]),
        )
        for i in range(h)
    )
    shocks = shocks * multipliers[:, None]
    return rows, tuple(_sum(pair, mean, median, shocks, modelled, spec, widened, paths) for pair in spec.aggregate)


def _bounds(modelled: Mixture, level: float, z: FloatArray, paths: FloatArray | None) -> tuple[FloatArray, FloatArray]:
    if paths is None:
        return modelled.bounds(z)
    tail = 0.5 - level / 200
    low, high = np.quantile(paths, [tail, 1 - tail], axis=0)
    return low, high


def _sum(
    pair: tuple[int, int],
    mean: FloatArray,
    median: FloatArray,
    shocks: FloatArray,
    modelled: Mixture,
    spec: Spec,
    widened: Calibration,
    paths: FloatArray | None,
) -> Sum:
    """Add steps up: the error of the sum is the sum of what each shock does to them."""
    inside = slice(pair[0] - 1, pair[1])
    error = hypot(*shocks[inside].sum(axis=0))
    total = float(median[inside].sum())
    lo, hi = {}, {}
    for level in spec.level:
        if paths is None:
            half_width = np.array([widened.quantile(level) * error])
            low, high = around(np.array([total]), half_width, positive=modelled.positive)
            lo[level], hi[level] = float(low[0]), float(high[0])
        else:
            tail = 0.5 - level / 200
            low, high = np.quantile(paths[:, inside].sum(axis=1), [tail, 1 - tail])
            lo[level], hi[level] = float(low), float(high)
    return Sum(pair[0], pair[1], float(mean[inside].sum()), total, error, lo, hi)


def _paths(y: FloatArray, modelled: Mixture, spec: Spec) -> FloatArray:
    """Simulate futures from the residuals, standardised and drawn with replacement."""
    residuals = (y - modelled.fitted())[np.isfinite(modelled.fitted())]
    residuals = residuals - residuals.mean() if len(residuals) else residuals
    spread = float(residuals.std())
    drawn = residuals / spread if spread > 0 else np.zeros(1)
    generator = np.random.default_rng(spec.seed)
    return modelled.paths(generator.choice(drawn, size=(PATHS, spec.h)), generator)


def _inflation(shocks: FloatArray, lags: Sequence[int]) -> FloatArray:
    """Return the sd of the errors in y over that in the differenced series, by step."""
    D = difference_polynomial(lags)
    shocks = shocks / (np.abs(shocks).max() or 1.0)  # so that squares neither overflow nor vanish
    in_w = np.zeros_like(shocks)
    for lag in np.flatnonzero(D[: len(shocks)]):
        in_w[lag:] += D[lag] * shocks[: len(shocks) - lag]
    above, below = np.sqrt((shocks**2).sum(axis=1)), np.sqrt((in_w**2).sum(axis=1))
    return np.divide(above, below, out=np.ones_like(above), where=below > 0)


def told_fitted(modelled: Mixture, lags: Sequence[int], y: FloatArray) -> FloatArray:
    fitted = modelled.fitted()
    fitted[: sum(lags)] = np.nan
    fitted[np.isnan(y)] = np.nan
    return fitted
