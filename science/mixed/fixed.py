"""The table of fixed effects, with broom's names."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from science.table import FloatArray, IntArray


@dataclass(frozen=True)
class FixedEffects:
    """p coefficients; NaN where a column is aliased. df: NaN without a method for it."""

    terms: tuple[str, ...]  # as R prints them
    estimate: FloatArray
    std_error: FloatArray
    df: FloatArray
    statistic: FloatArray
    p_value: FloatArray
    conf_low: FloatArray
    conf_high: FloatArray
    covariance: FloatArray  # (k, k) of the kept ones
    aliased: tuple[str, ...]


def fixed_effects(
    terms: tuple[str, ...], kept: IntArray, beta: FloatArray, covariance: FloatArray, df: FloatArray | None, level: float
) -> FixedEffects:
    """Tabulate. df: (k,), infinite for the normal distribution; None: no p values, intervals by the normal distribution."""
    std_error = np.sqrt(covariance.diagonal())
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = beta / std_error
    width = std_error * _quantile(0.5 + level / 2.0, np.full(len(beta), np.inf) if df is None else df)
    p_value = np.full(len(beta), np.nan) if df is None else 2.0 * _tail(np.abs(statistic), df)

    def spread(values: FloatArray) -> FloatArray:
        whole = np.full(len(terms), np.nan)
        whole[kept] = values
        return whole

    present = set(kept.tolist())
    return FixedEffects(
        terms=terms,
        estimate=spread(beta),
        std_error=spread(std_error),
        df=spread(np.full(len(beta), np.nan) if df is None else df),
        statistic=spread(statistic),
        p_value=spread(p_value),
        conf_low=spread(beta - width),
        conf_high=spread(beta + width),
        covariance=covariance,
        aliased=tuple(name for column, name in enumerate(terms) if column not in present),
    )


def _quantile(probability: float, df: FloatArray) -> FloatArray:
    finite = np.isfinite(df)
    quantile: FloatArray = np.full(len(df), float(special.ndtri(probability)))
    quantile[finite] = special.stdtrit(df[finite], probability)
    return quantile


def _tail(statistic: FloatArray, df: FloatArray) -> FloatArray:
    finite = np.isfinite(df)
    tail: FloatArray = special.ndtr(-statistic)
    tail[finite] = special.stdtr(df[finite], -statistic[finite])
    return tail
