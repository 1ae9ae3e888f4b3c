"""The weights a stack of differences gives: psi weights of shocks, and of forecasts of w."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.signal import lfilter

from science.table import FloatArray

ONE = np.ones(1)


def difference_polynomial(lags: Sequence[int]) -> FloatArray:
    """Multiply out D(B) = prod (1 - B^lag). Returns its coefficients, (sum(lags) + 1,), from B^0 up."""
    polynomial = np.ones(1)
    for lag in lags:
        grown = np.zeros(len(polynomial) + lag)
        grown[: len(polynomial)] = polynomial
        grown[lag:] -= polynomial
        polynomial = grown
    return polynomial


def psi_weights(ar: FloatArray, ma: FloatArray, lags: Sequence[int], h: int) -> FloatArray:
    """Expand theta(B) / (phi(B) D(B)) to h terms.

    ar: phi_1..phi_p, ma: theta_1..theta_q, signs as in R: (1 - phi_1 B - ...) w = (1 + theta_1 B + ...) e.
    """
    impulse = np.zeros(h)
    impulse[0] = 1.0
    psi: FloatArray = lfilter(np.concatenate([ONE, ma]), np.concatenate([ONE, -ar]), impulse)
    return undo_shocks(psi, lags)


def undo_shocks(shocks: FloatArray, lags: Sequence[int]) -> FloatArray:
    """Carry what a shock does to w on to y: divide by D(B) along the first axis."""
    for lag in lags:
        if lag < len(shocks):
            shocks = _repeated(shocks, lag)
    return shocks


def _repeated(shocks: FloatArray, lag: int) -> FloatArray:
    """Add to each the one `lag` before it, what was added to that included."""
    cycles = -(-len(shocks) // lag)
    whole = np.zeros((cycles * lag, *shocks.shape[1:]))
    whole[: len(shocks)] = shocks
    repeated: FloatArray = np.cumsum(whole.reshape(cycles, lag, *shocks.shape[1:]), axis=0).reshape(whole.shape)
    return repeated[: len(shocks)]


def forecast_weights(lags: Sequence[int], h: int) -> FloatArray:
    """Return c, (h,): how often the forecast of w made j steps earlier is counted in a forecast of y."""
    return psi_weights(np.zeros(0), np.zeros(0), lags, h)


def inflation(shocks: FloatArray, lags: Sequence[int]) -> FloatArray:
    """Return S(h): the standard deviation of the errors in y over that in the differenced series, which is what stacking costs.

    shocks: (h, shocks) what each shock, of equal variance, does to each step of y; 1 where no shock does anything.
    """
    D = difference_polynomial(lags)
    in_w = np.zeros_like(shocks)
    for lag in np.flatnonzero(D[: len(shocks)]):
        in_w[lag:] += D[lag] * shocks[: len(shocks) - lag]
    above, below = deviations(shocks), deviations(in_w)
    return np.divide(above, below, out=np.ones_like(above), where=below > 0)


def deviations(shocks: FloatArray) -> FloatArray:
    """Return the standard deviation of each step, (h,), of what unit shocks do to it, (h, shocks)."""
    unit = np.abs(shocks).max() or 1.0  # in which squares neither overflow nor vanish
    lengths: FloatArray = unit * np.sqrt(((shocks / unit) ** 2).sum(axis=1))
    return lengths
