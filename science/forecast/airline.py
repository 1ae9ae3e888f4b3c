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


def airlines(x: FloatArray, season: int, lengths: Sequence[int], h: int) -> list[Airline]:
    """Forecast each row of x, (rows, n), from each of the lengths (longest first), all beyond 2 season + 2."""
    lost, ends = season + 1, np.array(lengths)
    errors = np.zeros((*x.shape, len(MA)))
    errors[:, lost:] = _filtered(np.diff(x[:, season:] - x[:, :-season]), season)
    counts = ends - lost
    sse = np.maximum(np.cumsum(errors**2, axis=1)[:, ends - 1], 1e-300)  # (rows, origins, sets)
    log_weight = -0.5 * counts[:, None] * np.log(sse)
    weights = np.exp(log_weight - log_weight.max(axis=2, keepdims=True))
    weights /= weights.sum(axis=2, keepdims=True)
    sigma = np.sqrt((weights * sse).sum(axis=2) / np.maximum(counts - 2, 1))
    means = _ahead(errors[:, ends[:, None] + np.arange(-lost, 0)], weights, season, h)
    anchors = x[:, ends[:, None] + np.arange(-lost, 0)]
    told = []
    for row in range(len(x)):
        ma, seasonal, psi, one_step = _first(x[row], errors[row], weights[row, 0], season, h)
        mean = undone(anchors[row], means[row], [season, 1])
        told.append(Airline(mean, sigma[row], psi, ma, seasonal, one_step))
    return told


def _filtered(w: FloatArray, season: int) -> FloatArray:
    """Return the residuals of w, (rows, n), given none before it, by every pair of the grid: (rows, n, pairs)."""
    rows, n = w.shape
    cycles = -(-n // season)
    short = np.stack([lfilter([1.0], [1.0, -value], w) for value in GRID], axis=2)
    pairs = np.zeros((rows, cycles * season, len(GRID), len(GRID)))
    pairs[:, :n] = short[:, :, :, None]
    by_cycle = pairs.reshape(rows, cycles, season, len(GRID), len(GRID))
    for cycle in range(1, cycles):
        by_cycle[:, cycle] += by_cycle[:, cycle - 1] * GRID
    residuals: FloatArray = pairs.reshape(rows, -1, len(MA))[:, :n]
    return residuals


def _ahead(past: FloatArray, weights: FloatArray, season: int, h: int) -> FloatArray:
    """Forecast the differenced rows, (rows, origins, h), from their last residuals, (rows, origins, season + 1, sets)."""
    both, seasonal, short = (np.einsum("ros,rots->rot", weights * factor, past) for factor in (MA * SEASONAL, SEASONAL, MA))
    means = np.zeros((*weights.shape[:2], max(h, season + 1)))
    means[:, :, : season + 1] = both
    means[:, :, :season] += seasonal[:, :, 1:]
    means[:, :, 0] += short[:, :, -1]
    return means[:, :, :h]


def _first(
    x: FloatArray, errors: FloatArray, weights: FloatArray, season: int, h: int
) -> tuple[float, float, FloatArray, FloatArray]:
    """Average what the first origin says of a row: both coefficients, psi weights and one-step forecasts."""
    lost, ma, seasonal = season + 1, float(weights @ MA), float(weights @ SEASONAL)
    theta = np.zeros(lost)
    theta[[0, season - 1]] += ma, seasonal
    theta[season] += float(weights @ (MA * SEASONAL))
    one_step = np.full(len(x), np.nan)
    one_step[lost:] = x[lost:] - errors[lost:] @ weights
    return ma, seasonal, psi_weights(np.zeros(0), theta, [season, 1], h), one_step
