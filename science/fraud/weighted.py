"""Quantiles and spreads of rows that stand for more than one."""

from __future__ import annotations

import numpy as np

from science.table import FloatArray


def quantile(values: FloatArray, weight: FloatArray, share: float) -> float:
    """Return the least value below or at which lies this share of the weight. values, weight: (n,)."""
    order = np.argsort(values, kind="stable")
    below = np.cumsum(weight[order])
    place = int(np.searchsorted(below, share * below[-1] * (1 - 1e-12)))
    return float(values[order[min(place, len(order) - 1)]])


def mean_sd(values: FloatArray, weight: FloatArray) -> tuple[float, float]:
    """Return the mean and the standard deviation, 1 where there is none."""
    mean = float(np.average(values, weights=weight))
    sd = float(np.sqrt(np.average((values - mean) ** 2, weights=weight)))
    return mean, sd if sd > 0 else 1.0
