"""The table of coefficients: standard errors, t statistics, p-values and intervals."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.special import stdtr, stdtrit

from science.regress.solution import Solution
from science.table import FloatArray

QUANTILES = 1_000  # kept in a process: tables of one length are asked about again and again


@dataclass(frozen=True)
class Coefficients:
    """Arrays (p,), one number per column of X, NaN where a column is aliased."""

    estimate: FloatArray
    std_error: FloatArray
    statistic: FloatArray
    p_value: FloatArray
    conf_low: FloatArray
    conf_high: FloatArray


def coefficients_of(solution: Solution, df_residual: int, level: float) -> Coefficients:
    """Test each coefficient against zero. All but the estimates are NaN where there are no residual degrees of freedom."""
    kept, p = solution.kept, len(solution.exponents) - 1
    exponents = solution.exponents[p] - solution.exponents[kept]
    variance = solution.residual_squares / df_residual if df_residual else np.nan
    scaled_error = np.sqrt(solution.variance * variance)
    statistic = solution.estimate / scaled_error
    estimate, std_error = np.ldexp(solution.estimate, exponents), np.ldexp(scaled_error, exponents)
    half = quantile(df_residual, level) * std_error
    p_value = 2.0 * stdtr(df_residual, -np.abs(statistic))
    columns = (estimate, std_error, statistic, p_value, estimate - half, estimate + half)
    return Coefficients(*(columns if len(kept) == p else [_spread(column, solution) for column in columns]))


@lru_cache(QUANTILES)
def quantile(df_residual: int, level: float) -> float:
    """Return the t quantile of a two-sided interval, NaN without degrees of freedom."""
    return float(stdtrit(df_residual, 0.5 + 0.5 * level)) if df_residual else float("nan")


def _spread(values: FloatArray, solution: Solution) -> FloatArray:
    spread = np.full(len(solution.exponents) - 1, np.nan)
    spread[solution.kept] = values
    return spread
