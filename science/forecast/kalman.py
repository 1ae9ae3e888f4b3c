"""R's own Kalman filter for ARIMA, with its diffuse start of variance 1e6: for whoever needs the digits of R's arima.

Exact forecasts come from banded.py; R's differ from them by what a start of finite variance leaves (5e-7 of the forecasts of
USAccDeaths, whose level is 30 standard deviations of its shocks), and so do its likelihood and forecast::Arima's variance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log, pi

import numpy as np

from science.deadline import Deadline
from science.forecast.weights import difference_polynomial
from science.table import FloatArray

KAPPA = 1e6  # R's arima(kappa = 1e6)
DIFFUSE_GAIN = 1e4  # R counts no observation whose prediction variance is above it
DOUBLINGS = 20.0  # numbers touched per value of r**3, r the coefficients' reach: some fifteen products of matrices
LEAST_GAIN = 0.5  # a prediction's variance is at least that of its shock, 1: where rounding leaves less, nothing is learned
OFTEN = 256  # values between two looks at the deadline


@dataclass(frozen=True)
class Filtered:
    """What R's filter has after the last value."""

    log_likelihood: float
    sigma2: float  # as stats::arima tells it
    residuals: FloatArray  # (n,) standardised, as residuals(arima(...)); NaN at gaps
    errors: FloatArray  # (n,) of the one-step forecasts; NaN at gaps, and where nothing was known to forecast from
    mean: FloatArray  # (h,)
    std_error: FloatArray  # (h,) at sigma2 = 1
    nobs: int

    def sigma2_forecast(self, count: int) -> float:
        """Return the variance as forecast::Arima tells it, for `count` coefficients."""
        squares: float = np.nansum(self.residuals**2)
        return squares / (self.nobs - count)


def work(length: int, reach: int, lags: Sequence[int]) -> float:
    """Return how many numbers filtered() touches: its state, squared, for each of `length` values and steps, and its start.

    reach: of the coefficients, max(p, q + 1).
    """
    return length * float(reach + sum(lags)) ** 2 + DOUBLINGS * float(reach) ** 3


def filtered(y: FloatArray, phi: FloatArray, theta: FloatArray, lags: Sequence[int], h: int, deadline: Deadline) -> Filtered:
    """Filter y (NaN where missing) and forecast h values, as R's arima and predict do at given coefficients.

    Raises DeadlineExceeded; what it costs is work().
    """
    state = _State(phi, theta, -difference_polynomial(lags)[1:], deadline)
    residuals, errors = np.full((2, len(y)), np.nan)
    squares, logs, counted = 0.0, 0.0, 0
    for t, value in enumerate(y):
        if not t % OFTEN:
            deadline.check()
        if t:
            state.move()
        if np.isnan(value):
            continue
        error, gain = state.corrected(value)
        residuals[t] = error / gain**0.5
        if gain < DIFFUSE_GAIN:
            errors[t] = error
            squares, logs, counted = squares + error**2 / gain, logs + log(gain), counted + 1
    used = int(np.isfinite(y).sum()) - sum(lags)
    sigma2 = max(squares / max(counted, 1), np.finfo(float).tiny)
    value = -0.5 * used * (log(2 * pi * sigma2) + 1 + logs / max(counted, 1))
    mean, variance = np.empty(h), np.empty(h)
    for step in range(h):
        if not step % OFTEN:
            deadline.check()
        state.move()
        mean[step], variance[step] = state.predicted()
    return Filtered(value, sigma2, residuals, errors, mean, np.sqrt(np.maximum(variance, LEAST_GAIN)), used)


class _State:
    """The state of R's makeARIMA, a, and its covariance, P: r numbers of the ARMA and the last d values of the series.

    The transition T shifts both parts: but for p rows, that gain phi times the first, and for the newest value, which is Z a.
    So T P T' costs a few times the entries of P, where the product of matrices costs as many times their rows.
    """

    def __init__(self, phi: FloatArray, theta: FloatArray, delta: FloatArray, deadline: Deadline) -> None:
        r, d = max(len(phi), len(theta) + 1), len(delta)
        self.phi, self.r, self.size = phi, r, r + d
        self.used = np.r_[0, r + np.flatnonzero(delta)]  # where Z is not zero
        self.Z = np.r_[1.0, delta[delta != 0]]
        R = np.r_[1.0, theta, np.zeros(r - 1 - len(theta))]
        self.V = np.outer(R, R)
        self.a, self.P, self.moved = np.zeros(r + d), np.zeros((r + d, r + d)), np.zeros((r + d, r + d))
        self.P[:r, :r] = _stationary_covariance(phi, self.V, deadline)
        self.P[np.arange(r, r + d), np.arange(r, r + d)] = KAPPA

    def predicted(self) -> tuple[float, float]:
        """Return the mean of the value at this time, and its variance."""
        return float(self.Z @ self.a[self.used]), float(self.Z @ self.P[np.ix_(self.used, self.used)] @ self.Z)

    def corrected(self, value: float) -> tuple[float, float]:
        """Learn the value at this time. Returns what was wrong with its prediction, and that one's variance."""
        M = self.Z @ self.P[self.used]
        gain = float(M[self.used] @ self.Z)
        error = value - float(self.Z @ self.a[self.used])
        if gain < LEAST_GAIN:
            return error, LEAST_GAIN
        self.a += M * (error / gain)
        learned = M / gain**0.5
        self.P -= np.multiply.outer(learned, learned, out=self.moved)
        return error, gain

    def move(self) -> None:
        """Go on to the next time: a <- T a, P <- T P T' + V."""
        self.a = self._shifted(self.a, np.empty(self.size))
        self._shifted(self.P, self.moved)
        self._shifted(self.moved.T, self.P.T)
        self.P[: self.r, : self.r] += self.V

    def _shifted(self, x: FloatArray, out: FloatArray) -> FloatArray:
        """Return T x, x: (size,) or (size, columns)."""
        r, p = self.r, len(self.phi)
        out[: r - 1] = x[1:r]
        out[r - 1] = 0.0
        out[:p] += np.multiply.outer(self.phi, x[0])
        if self.size > r:
            out[r] = self.Z @ x[self.used]
            out[r + 1 :] = x[r:-1]
        return out


def _stationary_covariance(phi: FloatArray, V: FloatArray, deadline: Deadline) -> FloatArray:
    """Solve P = T P T' + V by doubling, T the ARMA's own part of the transition."""
    r = len(V)
    step = np.zeros((r, r))
    step[: len(phi), 0] = phi
    step[np.arange(r - 1), np.arange(1, r)] = 1.0
    P = V
    while np.abs(step).max() > 1e-20:
        deadline.check()
        P = P + step @ P @ step.T
        step = step @ step
    return P
