"""R's own Kalman filter for ARIMA, with its diffuse start of variance 1e6: for whoever needs the digits of R's arima.

Exact forecasts come from banded.py; R's differ from them by what a start of finite variance leaves (5e-7 of the forecasts of
USAccDeaths, whose level is 30 standard deviations of its shocks), and so do its likelihood and forecast::Arima's variance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log, pi

import numpy as np

from science.forecast.weights import difference_polynomial
from science.table import FloatArray

KAPPA = 1e6  # R's arima(kappa = 1e6)
DIFFUSE_GAIN = 1e4  # R counts no observation whose prediction variance is above it


@dataclass(frozen=True)
class Filtered:
    """What R's filter has after the last value."""

    log_likelihood: float
    sigma2: float  # as stats::arima tells it
    residuals: FloatArray  # (n,) standardised, as residuals(arima(...)); NaN at gaps
    mean: FloatArray  # (h,)
    std_error: FloatArray  # (h,) at sigma2 = 1
    nobs: int

    def sigma2_forecast(self, count: int) -> float:
        """Return the variance as forecast::Arima tells it, for `count` coefficients."""
        squares: float = np.nansum(self.residuals**2)
        return squares / (self.nobs - count)


def filtered(y: FloatArray, phi: FloatArray, theta: FloatArray, lags: Sequence[int], h: int) -> Filtered:
    """Filter y (NaN where missing) and forecast h values, as R's arima and predict do at given coefficients."""
    T, V, Z, P = _state_space(phi, theta, -difference_polynomial(lags)[1:])
    a = np.zeros(len(Z))
    residuals = np.full(len(y), np.nan)
    squares, logs, counted = 0.0, 0.0, 0
    for t, value in enumerate(y):
        if t:
            a = T @ a
            P = T @ P @ T.T + V
        if np.isnan(value):
            continue
        M = P @ Z
        gain = float(Z @ M)
        error = float(value - Z @ a)
        residuals[t] = error / gain**0.5
        if gain < DIFFUSE_GAIN:
            squares, logs, counted = squares + error**2 / gain, logs + log(gain), counted + 1
        a = a + M * (error / gain)
        P = P - np.outer(M, M) / gain
    used = int(np.isfinite(y).sum()) - sum(lags)
    sigma2 = squares / counted
    value = -0.5 * used * (log(2 * pi * sigma2) + 1 + logs / counted)
    mean, variance = np.empty(h), np.empty(h)
    for step in range(h):
        a = T @ a
        P = T @ P @ T.T + V
        mean[step], variance[step] = Z @ a, Z @ P @ Z
    return Filtered(value, sigma2, residuals, mean, np.sqrt(variance), used)


def _state_space(phi: FloatArray, theta: FloatArray, delta: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Build T, V, Z and the first P of R's makeARIMA."""
    r, d = max(len(phi), len(theta) + 1), len(delta)
    T = np.zeros((r + d, r + d))
    T[: len(phi), 0] = phi
    T[np.arange(r - 1), np.arange(1, r)] = 1.0
    Z = np.r_[1.0, np.zeros(r - 1), delta]
    if d:
        T[r] = Z
        T[np.arange(r + 1, r + d), np.arange(r, r + d - 1)] = 1.0
    R = np.r_[1.0, theta, np.zeros(r + d - 1 - len(theta))]
    V = np.outer(R, R)
    P = np.zeros((r + d, r + d))
    P[:r, :r] = _stationary_covariance(T[:r, :r], V[:r, :r])
    P[np.arange(r, r + d), np.arange(r, r + d)] = KAPPA
    return T, V, Z, P


def _stationary_covariance(T: FloatArray, V: FloatArray) -> FloatArray:
    """Solve P = T P T' + V by doubling."""
    P, step = V, T
    while np.abs(step).max() > 1e-20:
        P = P + step @ P @ step.T
        step = step @ step
    return P
