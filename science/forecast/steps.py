"""The forecast, step by step and in sums: medians, means, intervals, and the stack that each step stands on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import hypot, isnan, nan

import numpy as np

from science.forecast.answer import Row, Sum
from science.forecast.calendar import Calendar
from science.forecast.calibration import Calibration
from science.forecast.differences import difference
from science.forecast.mixture import Mixture
from science.forecast.provenance import provenance
from science.forecast.spec import Spec
from science.forecast.stationarity import Choice
from science.forecast.transform import NONE
from science.forecast.weights import deviations, inflation
from science.table import FloatArray

PATHS = 2_000  # simulated for the bootstrap
LAST = slice(0, 1)  # the origin that is the end of the series


@dataclass(frozen=True)
class _Ahead:
    """The steps ahead, h of them, and what sums over them need."""

    mixture: Mixture
    widened: Calibration
    median: FloatArray  # (h,) NaN past what the transform can reach, as the mean
    mean: FloatArray  # (h,)
    standard_error: FloatArray  # (h,) widened
    shocks: FloatArray  # (h, shocks) what each unit shock does to each step, not widened
    paths: FloatArray | None  # (paths, h) for the bootstrap

    def bounds(self, level: float) -> tuple[FloatArray, FloatArray]:
        """Return the lower and upper bound of each step, (h,)."""
        if self.paths is None:
            z = self.widened.quantile(level) * self.widened.multipliers(len(self.median))
            low, high = (bound[0] for bound in self.mixture.bounds(z, LAST))
        else:
            low, high = np.quantile(self.paths, _tails(level), axis=0)
        return self.mixture.reached(low), self.mixture.reached(high)

    def bounds_of_sum(self, inside: slice, level: float) -> tuple[float, float]:
        if self.paths is None:
            half_width = np.array(self.widened.quantile(level) * self.error_of_sum(inside))
            low, high = self.mixture.bounds_of_sum(np.array(self.median[inside].sum()), half_width)
        else:
            low, high = np.quantile(self.paths[:, inside].sum(axis=1), _tails(level))
        return float(self.mixture.reached(low)), float(self.mixture.reached(high))

    def error_of_sum(self, inside: slice) -> float:
        """Return the standard error of a sum of steps: each shock does to it what it does to all of them."""
        return hypot(*self._errors[inside].sum(axis=0))

    @cached_property
    def _errors(self) -> FloatArray:
        """What each unit shock does to each step, (h, shocks), so that the steps have the standard errors that are told."""
        own = deviations(self.shocks)
        widened = np.divide(self.standard_error, own, out=np.zeros_like(own), where=own > 0)
        errors: FloatArray = self.shocks * widened[:, None]
        return errors


def told_rows(
    y: FloatArray, modelled: Mixture, choice: Choice, times: Calendar, spec: Spec, widened: Calibration
) -> tuple[tuple[Row, ...], tuple[Sum, ...]]:
    """Tell every step and every sum asked for. y: (n,) without gaps; standard errors are the model's, widened."""
    n, h = len(y), spec.h
    ahead = _ahead(y, modelled, spec, widened)
    bounds = {level: ahead.bounds(level) for level in spec.level}
    errors = np.where(np.isnan(ahead.median), np.nan, ahead.standard_error)
    w, inflations = _differenced(y, ahead, choice.lags)
    steps = provenance(n, choice.lags, h)
    rows = tuple(
        Row(
            h=i + 1,
            ds=times.at(n + i),
            mean=float(ahead.mean[i]),
            median=float(ahead.median[i]),
            se=float(errors[i]),
            lo={level: float(low[i]) for level, (low, _) in bounds.items()},
            hi={level: float(high[i]) for level, (_, high) in bounds.items()},
            w=float(w[i]),
            stack=steps[i],
            inflation=float(inflations[i]),
        )
        for i in range(h)
    )
    return rows, tuple(_sum(pair, ahead, spec.level) for pair in spec.aggregate)


def _ahead(y: FloatArray, modelled: Mixture, spec: Spec, widened: Calibration) -> _Ahead:
    return _Ahead(
        mixture=modelled,
        widened=widened,
        median=modelled.reached(modelled.median[0]),
        mean=modelled.reached(modelled.mean()),
        standard_error=modelled.standard_error[0] * widened.multipliers(spec.h),
        shocks=modelled.shocks(),
        paths=_paths(y, modelled, spec) if spec.interval == "bootstrap" else None,
    )


def _differenced(y: FloatArray, ahead: _Ahead, lags: Sequence[int]) -> tuple[FloatArray, FloatArray]:
    """Return the forecasts of the differenced series, (h,), and what undoing the differences does to their errors, (h,).

    A single form is differenced on its own scale, an average on that of y.
    """
    alone = ahead.mixture.alone
    power, shocks = (NONE, ahead.shocks) if alone is None else (alone.power, alone.shocks())
    w, _ = difference(power.forward(np.r_[y, ahead.median]), lags)
    return w[len(w) - len(ahead.median) :], inflation(shocks, lags)


def _sum(pair: tuple[int, int], ahead: _Ahead, levels: Sequence[float]) -> Sum:
    """Add steps up, the first and the last included."""
    inside = slice(pair[0] - 1, pair[1])
    median = float(ahead.median[inside].sum())
    bounds = {level: ahead.bounds_of_sum(inside, level) for level in levels}
    return Sum(
        first=pair[0],
        last=pair[1],
        mean=float(ahead.mean[inside].sum()),
        median=median,
        se=nan if isnan(median) else ahead.error_of_sum(inside),
        lo={level: low for level, (low, _) in bounds.items()},
        hi={level: high for level, (_, high) in bounds.items()},
    )


def _tails(level: float) -> list[float]:
    return [0.5 - level / 200, 0.5 + level / 200]


def _paths(y: FloatArray, modelled: Mixture, spec: Spec) -> FloatArray:
    """Simulate futures from the residuals, standardised and drawn with replacement: (PATHS, h).

    Residuals of a single form are those of its own scale; of an average, those of y.
    """
    power = NONE if modelled.alone is None else modelled.alone.power
    fitted = modelled.fitted()
    known = np.isfinite(fitted)
    residuals = power.forward(y[known]) - power.forward(fitted[known])
    residuals = residuals - residuals.mean() if len(residuals) else residuals
    spread = float(residuals.std())
    drawn = residuals / spread if spread > 0 else np.zeros(1)
    generator = np.random.default_rng(spec.seed)
    return modelled.paths(generator.choice(drawn, size=(PATHS, spec.h)), generator)


def told_fitted(modelled: Mixture, lags: Sequence[int], y: FloatArray) -> FloatArray:
    """Return the one-step forecasts, (n,): NaN for the first sum(lags), and where y is."""
    fitted = modelled.fitted()
    fitted[: sum(lags)] = np.nan
    fitted[np.isnan(y)] = np.nan
    return fitted
