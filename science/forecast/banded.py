"""The covariance of an ARMA process as a banded Cholesky factor: exact likelihood and exact finite-sample forecasts.

Ansley (1979): W_t = w_t for t <= m = max(p, q) and W_t = phi(B) w_t after has a covariance of bandwidth m, so its Cholesky factor
costs n m^2 and gives the innovations, their variances and, continued beyond n, the forecasts and their error covariance.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.linalg import lapack

from science.table import BoolArray, FloatArray, IntArray

KEPT = 8  # tables of places, of the orders that were last asked for: those of a long season are 14 MB each


@dataclass(frozen=True)
class Process:
    """An ARMA process with unit innovations over `length` times, as the factor L of the covariance of W."""

    phi: FloatArray  # (p,)
    start: int  # m, the times before the AR filter begins
    L: FloatArray  # (m + 1, length) lower band: L[i, t] is row t + i, column t

    @property
    def length(self) -> int:
        return int(self.L.shape[1])

    def innovations(self, w: FloatArray) -> FloatArray:
        """Return the standardised innovations of w: (n,) or (n, k), n at most `length`."""
        W = self.filtered(w)
        z, _ = lapack.dtbtrs(self.L[:, : len(W)], W.reshape(len(W), -1), uplo=b"L")
        return np.reshape(z, w.shape)

    def half_log_determinant(self, n: int) -> float:
        """Return half the log determinant of the covariance of the first n values."""
        return float(np.log(self.L[0, :n]).sum())

    def forecast(self, w: FloatArray, h: int) -> FloatArray:
        """Return the best linear forecasts of the h values after w, (h,) or (h, k), given w alone."""
        n = len(w)
        z = self.innovations(w).reshape(n, -1)
        W = np.zeros((h, z.shape[1]))
        for i in range(1, self.L.shape[0]):
            first = max(n - i, 0)
            last = min(n, n + h - i)
            if last > first:
                W[first + i - n : last + i - n] += self.L[i, first:last, None] * z[first:last]
        return self._unfiltered(W, w.reshape(n, -1)).reshape(h, *w.shape[1:])

    def shocks(self, n: int, h: int) -> FloatArray:
        """Return the lower triangular root (h, h) of the covariance of those forecasts' errors."""
        root = np.zeros((h, h))
        for i in range(min(self.L.shape[0], h)):
            root[np.arange(i, h), np.arange(h - i)] = self.L[i, n : n + h - i]
        return self._unfiltered(root, np.zeros((min(n, self.start), h)))  # no earlier value has a part in it

    def filtered(self, w: FloatArray) -> FloatArray:
        """Return W of w, (n,) or (n, k): the AR filter applied from its start on."""
        if not len(self.phi) or len(w) <= self.start:
            return w
        W = w.copy()
        for i in np.flatnonzero(self.phi) + 1:
            W[self.start :] -= self.phi[i - 1] * w[self.start - i : len(w) - i]
        return W

    def _unfiltered(self, W: FloatArray, past: FloatArray) -> FloatArray:
        """Continue `past` by the values whose filtered forms are W."""
        if not len(self.phi):
            return W
        n, p = len(past), len(self.phi)
        values = np.vstack([past, W])
        for t in range(max(n, self.start), len(values)):
            values[t] += self.phi @ values[t - p : t][::-1]
        return values[n:]


def process(phi: FloatArray, theta: FloatArray, length: int) -> Process | None:
    """Factor the covariance of `length` values; None when it is not positive definite (phi is not stationary)."""
    phi, theta = _trimmed(phi), _trimmed(theta)
    p, q = len(phi), len(theta)
    m = max(p, q)
    b = np.ones(m + 1)
    b[1 : q + 1], b[q + 1 :] = theta, 0.0
    band = np.empty((m + 1, length))
    band[:] = np.correlate(b, b, "full")[m:, None]  # the autocovariances of the moving average
    if p:
        # cross_k = cov(w_{t-k}, theta(B) e_t) for k = 0..m
        cross = np.zeros(m + 1)
        cross[: q + 1] = np.correlate(b[: q + 1], _psi(phi, b[: q + 1]), "full")[q:]
        gamma = _autocovariances(phi, cross, m)
        if gamma is None:
            return None
        head = min(m, length)
        band[:, :head] = cross[:, None]
        np.copyto(band[:m, :head], gamma[:, None], where=_above_diagonal(m, head))
    L, info = lapack.dpbtrf(band, lower=1, overwrite_ab=1)
    return None if info else Process(phi, m if p else 0, L)


def _trimmed(polynomial: FloatArray) -> FloatArray:
    length = len(polynomial)
    while length and polynomial[length - 1] == 0:
        length -= 1
    return polynomial[:length]


def _psi(phi: FloatArray, b: FloatArray) -> FloatArray:
    """Expand b / (1 - phi) to as many terms as b has."""
    return _recurred(_lags(phi, len(b)), b)


def _lags(phi: FloatArray, length: int) -> FloatArray:
    """Write 1 - phi(B) as the lower band of a unit triangular matrix."""
    band = np.empty((len(phi) + 1, length))
    band[0], band[1:] = 1.0, -phi[:, None]
    return band


def _recurred(band: FloatArray, x: FloatArray) -> FloatArray:
    solution, _ = lapack.dtbtrs(band, x[:, None], uplo=b"L", diag=b"U")
    recurred: FloatArray = solution[:, 0]
    return recurred


def _autocovariances(phi: FloatArray, cross: FloatArray, m: int) -> FloatArray | None:
    """Solve the Yule-Walker equations gamma_k - sum_i phi_i gamma_|k-i| = cross_k for lags 0..m-1."""
    p = len(phi)
    a = np.zeros(p + 2)  # the last stands for every coefficient that there is not
    a[0], a[1:-1] = 1.0, -phi
    below, above = _places(p)
    _, _, solution, info = lapack.dgesv(a[below] + a[above], cross[: p + 1])
    if info or not np.isfinite(solution).all():
        return None
    if solution[0] <= 0:
        return None
    if m <= p + 1:
        known: FloatArray = solution[:m]
        return known
    band = _lags(phi, m)
    for i in range(1, p + 1):
        band[i, : p + 1 - i] = 0.0  # the first p + 1 are there
    return _recurred(band, np.concatenate([solution, cross[p + 1 : m]]))


@lru_cache(maxsize=KEPT)
def _above_diagonal(m: int, head: int) -> BoolArray:
    """Tell of lag k, a row, and time t, a column, whether t + k comes before `head`."""
    above: BoolArray = np.arange(m)[:, None] + np.arange(head) < head
    return above


@lru_cache(maxsize=KEPT)
def _places(p: int) -> tuple[IntArray, IntArray]:
    """Which coefficients the equation of lag k, a row, has for gamma_j, a column: a_(k-j), and a_(k+j) for j > 0."""
    k, j = np.arange(p + 1)[:, None], np.arange(p + 1)
    below = np.where(k >= j, k - j, p + 1)
    above = np.where((k + j <= p) & (j > 0), k + j, p + 1)
    return below, above
