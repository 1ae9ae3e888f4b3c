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
from science.forecast.bordered import DEPENDENT, Bordered, Local
from science.table import FloatArray

FEW = 20  # gaps, up to which they are columns like those of regressors
QUICK = 2e6  # multiplications of a likelihood, up to which it is climbed whole from every start: 1 ms
CYCLES, SHORT = 6, 2_000  # of the coefficients' reach, and values: enough to tell about where a dearer one's peaks are


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

    @cached_property
    def local(self) -> Local:
        """The gaps without the zeros around what they add."""
        there = self.gaps != 0
        first = there.argmax(axis=0)
        width = int((len(there) - there[::-1].argmax(axis=0) - first).max())
        rows = first + np.arange(width)[:, None]
        inside = rows < len(there)
        return Local(first, np.where(inside, np.take_along_axis(self.gaps, np.where(inside, rows, 0), axis=0), 0.0))

    def shortened(self, reach: int) -> Sample:
        """Return a sample of about the same coefficients that is quick to evaluate: itself, if it is and has few columns.

        Else it has no gaps and no regressors, which are taken out by least squares, and of a sample that is too long it is the
        part with the fewest gaps, the last of them. reach: of the coefficients, max(p, q).
        """
        n, k = self.gaps.shape
        length, columns = quick_length(n, reach), k + self.X.shape[1]
        if length == n and k <= FEW and n * columns**2 <= 2 * QUICK:
            return self
        bridged = self.w - _regressed(np.column_stack([self.gaps, self.X]), self.w)
        touched = np.concatenate([[0], np.cumsum((self.gaps != 0).any(axis=1))])
        first = n - length - int(np.argmin((touched[length:] - touched[: n - length + 1])[::-1]))
        part = bridged[first : first + length]
        if not part.any():
            part = bridged[n - length :] if bridged[n - length :].any() else self.w
        return Sample(part, np.zeros((len(part), 0)), np.zeros((len(part), 0)))


def quick_length(n: int, reach: int) -> int:
    """Return how many of n values are enough to tell where the likelihood's peaks are."""
    return n if n * reach**2 <= QUICK else min(n, max(SHORT, CYCLES * reach))


@dataclass(frozen=True)
class Profile:
    """The likelihood at given coefficients, and what maximises it beside them."""

    log_likelihood: float
    sigma2: float  # of the innovations, by maximum likelihood: divided by nobs
    missing: FloatArray  # (k,) what to add to the numbers in the gaps
    beta: FloatArray  # (r,)
    z: FloatArray  # (n,) standardised innovations, in units of the data


@dataclass(frozen=True)
class _Solved:
    """What is left of w at given coefficients, and what was taken out."""

    rest: FloatArray  # (n,)
    missing: FloatArray  # (k,)
    beta: FloatArray  # (r,)
    log_determinant: float  # half that of the gaps' precision, (k, k)


def profile(process: Process, sample: Sample) -> Profile:
    """Evaluate the exact log-likelihood of a sample."""
    solved = _solved(process, sample)
    sigma2 = max(float(solved.rest @ solved.rest) / sample.nobs, np.finfo(float).tiny)
    half = process.half_log_determinant(len(sample.w)) + solved.log_determinant
    value = -0.5 * sample.nobs * (log(2 * pi * sigma2) + 1) - half
    return Profile(value, sigma2, solved.missing, solved.beta, solved.rest)


def deviations(process: Process, sample: Sample) -> FloatArray:
    """Return (n,) numbers whose sum of squares is exp(-2 log-likelihood / nobs), but for a constant factor.

    So maximum likelihood is a problem of nonlinear least squares: the innovations, in units of the geometric mean of their
    standard deviations and of the sample.
    """
    solved = _solved(process, sample)
    half = process.half_log_determinant(len(sample.w)) + solved.log_determinant
    scaled: FloatArray = solved.rest * exp(half / sample.nobs)
    return scaled / sample.unit


def missing_root(process: Process, sample: Sample) -> FloatArray:
    """Return the (k, k) root of the covariance of the missing values, over sigma2."""
    R = np.linalg.qr(process.innovations(sample.gaps), mode="r")
    root: FloatArray = lapack.dtrtri(R)[0]
    return root


def _solved(process: Process, sample: Sample) -> _Solved:
    k = sample.gaps.shape[1]
    if k > FEW:
        bordered = Bordered.of(process, sample.local, len(sample.w))
        if bordered.reach < k:
            return _solved_locally(process, sample, bordered)
    rest, solution, R = _least_squares(process.innovations(sample.columns))
    return _Solved(rest, -solution[:k], solution[k:], float(np.log(np.abs(np.diag(R)[:k])).sum()) if k else 0.0)


def _solved_locally(process: Process, sample: Sample, bordered: Bordered) -> _Solved:
    """Solve for many gaps by what is near each of them; then as without gaps."""
    columns = np.column_stack([sample.w, sample.X])
    missing, log_determinant = bordered.solved(process, columns)
    bridged = columns + sample.gaps @ missing
    rest, beta, _ = _least_squares(process.innovations(bridged))
    return _Solved(rest, missing[:, 0] - missing[:, 1:] @ beta, beta, log_determinant)


def _regressed(columns: FloatArray, y: FloatArray) -> FloatArray:
    """Scale the columns, and return what they explain of y: by cross-products, precise enough for a start and quick."""
    if not columns.size:
        return np.zeros(len(y))
    lengths = np.linalg.norm(columns, axis=0)
    columns /= np.where(lengths > 0, lengths, 1.0)
    explained: FloatArray = columns @ np.linalg.lstsq(columns.T @ columns, columns.T @ y, rcond=DEPENDENT)[0]
    return explained


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
