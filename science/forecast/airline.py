"""The airline form: differences at [season, 1] and an MA(1) times a seasonal MA(1), averaged over a grid of both.

With additive seasons it is what Holt-Winters without its damping is (Box and Jenkins 1970); the residuals are conditional, so one
pass gives them at every origin.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.signal import lfilter

from science.forecast.autoregression import undone
from science.forecast.weights import psi_weights
from science.table import FloatArray

GRID = (0.0, 0.2, 0.4, 0.6, 0.8, 0.95)
MA, SEASONAL = (axis.reshape(-1) for axis in np.meshgrid(-np.array(GRID), -np.array(GRID), indexing="ij"))


@dataclass(frozen=True)
class Airline:
    """The averaged form at every origin asked for."""

    mean: FloatArray  # (origins, h)
    sigma: FloatArray  # (origins,)
    psi: FloatArray  # (h,)
    ma: float
    seasonal: float
    fitted: FloatArray  # (n,)


def airline(x: FloatArray, season: int, lengths: Sequence[int], h: int) -> Airline:
    """Forecast x, (n,), from each of the lengths (longest first), all beyond 2 season + 2."""
    lost = season + 1
    w = np.diff(x[season:] - x[:-season])
    both = MA * SEASONAL
    errors = np.vstack([np.zeros((lost, len(MA))), _filtered(w, season)])
    squares = np.cumsum(errors**2, axis=0)
    ends = np.array(lengths)
    counts = ends - lost
    sse = np.maximum(squares[ends - 1], 1e-300)
    log_weight = -0.5 * counts[:, None] * np.log(sse)
    weights = np.exp(log_weight - log_weight.max(axis=1, keepdims=True))
    weights /= weights.sum(axis=1, keepdims=True)
    past = np.stack([errors[end - lost : end] for end in lengths])  # (origins, lost, sets)
    means = np.zeros((len(ends), h))
    for step in range(min(h, lost)):
        known = SEASONAL * past[:, step + 1] if step < season else 0.0
        known = known + both * past[:, step] + (MA * past[:, -1] if step == 0 else 0.0)
        means[:, step] = (weights * known).sum(axis=1)
    sigma = np.sqrt((weights * sse).sum(axis=1) / np.maximum(counts - 2, 1))
    ma, seasonal = float(weights[0] @ MA), float(weights[0] @ SEASONAL)
    theta = np.zeros(lost)
    theta[[0, season - 1]] += ma, seasonal
    theta[season] += float(weights[0] @ both)
    psi = psi_weights(np.zeros(0), theta, [season, 1], h)
    one_step = np.full(len(x), np.nan)
    one_step[lost:] = x[lost:] - errors[lost:] @ weights[0]
    return Airline(undone(x, means, [season, 1], lengths), sigma, psi, ma, seasonal, one_step)


def _filtered(w: FloatArray, season: int) -> FloatArray:
    """Return the conditional residuals of w by every pair of the grid, (len(w), pairs): one factor undone after the other."""
    short = np.stack([lfilter([1.0], [1.0, -value], w) for value in GRID], axis=1)
    polynomials = [np.r_[1.0, np.zeros(season - 1), -value] for value in GRID]
    pairs = np.stack([lfilter([1.0], polynomial, short, axis=0) for polynomial in polynomials], axis=2)
    residuals: FloatArray = pairs.reshape(len(w), -1)
    return residuals
