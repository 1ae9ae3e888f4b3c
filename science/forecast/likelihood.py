"""The exact Gaussian likelihood of an ARMA with regressors and gaps, its variance and its regression concentrated out.

A missing value of y is an unknown of the differenced series, integrated over (exactly what a Kalman filter with an exact diffuse
start does with gaps); the coefficients of regressors are maximised over, as in R's arima.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import exp, frexp, ldexp, log, pi

import numpy as np
from scipy.linalg import lapack

from science.forecast.banded import Process
from science.table import FloatArray

DEPENDENT = 1e-10  # of a column's length, whatever its unit: what the columns before it leave of one that depends on them


@dataclass(frozen=True)
class Sample:
    """What an ARMA is fitted to, after differencing."""

    w: FloatArray  # (n,) with any number in the gaps
    gaps: FloatArray  # (n, k): what one unit of each missing value of y adds to w
    X: FloatArray  # (n, r) regressors

    @property
    def nobs(self) -> int:
        return len(self.w) - int(self.gaps.shape[1])

    @cached_property
    def unit(self) -> float:
        """The power of two above all of w: in it nothing depends on the unit of y, and no digit changes."""
        return ldexp(1.0, frexp(float(np.abs(self.w).max()))[1])

    @cached_property
    def columns(self) -> FloatArray:
        """(n, 1 + k + r): w, the gaps and the regressors."""
        columns: FloatArray = np.column_stack([self.w, self.gaps, self.X])
        return columns


@dataclass(frozen=True)
class Profile:
    """The likelihood at given coefficients, and what maximises it beside them."""

    log_likelihood: float
    sigma2: float  # of the innovations, by maximum likelihood: divided by nobs
    missing: FloatArray  # (k,) what to add to the numbers in the gaps
    missing_root: FloatArray  # (k, k) root of their covariance / sigma2
    beta: FloatArray  # (r,)
    z: FloatArray  # (n,) standardised innovations, in units of the data


def profile(process: Process, sample: Sample) -> Profile:
    """Evaluate the exact log-likelihood of a sample."""
    n, k = sample.gaps.shape
    rest, solution, R = _least_squares(process.innovations(sample.columns))
    sigma2 = max(float(rest @ rest) / sample.nobs, np.finfo(float).tiny)
    value = -0.5 * sample.nobs * (log(2 * pi * sigma2) + 1) - process.half_log_determinant(n) - _log_determinant(R, k)
    root = lapack.dtrtri(R[:k, :k])[0] if k else np.zeros((0, 0))
    return Profile(value, sigma2, -solution[:k], root, solution[k:], rest)


def deviations(process: Process, sample: Sample) -> FloatArray:
    """Return (n,) numbers whose sum of squares is exp(-2 log-likelihood / nobs), but for a constant factor.

    So maximum likelihood is a problem of nonlinear least squares: the innovations, in units of the geometric mean of their
    standard deviations and of the sample.
    """
    n, k = sample.gaps.shape
    rest, _, R = _least_squares(process.innovations(sample.columns))
    scaled: FloatArray = rest * exp((process.half_log_determinant(n) + _log_determinant(R, k)) / sample.nobs)
    return scaled / sample.unit


def _log_determinant(R: FloatArray, k: int) -> float:
    return float(np.log(np.abs(np.diag(R)[:k])).sum()) if k else 0.0


def _least_squares(z: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Regress the first column on the others. Returns residuals, coefficients and the triangular factor."""
    count = z.shape[1] - 1
    if not count:
        return z[:, 0], np.zeros(0), np.zeros((0, 0))
    Q, R = np.linalg.qr(z[:, 1:])
    left = np.abs(np.diag(R))  # of each column, beside those before it
    if not (left > DEPENDENT * np.linalg.norm(R, axis=0)).all():
        raise np.linalg.LinAlgError("the regressors are not independent")
    projected = Q.T @ z[:, 0]
    solution, _ = lapack.dtrtrs(R, projected)
    return z[:, 0] - Q @ projected, solution, R
