"""Many gaps in a series at once: what is missing and the covariance of the rest in one banded system."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import lapack

from science.forecast.banded import Process
from science.table import FloatArray, IntArray

DEPENDENT = 1e-10  # of a pivot, or a column's length: what is left of one that depends on those before it


@dataclass(frozen=True)
class Local:
    """Columns that are zero but for a few neighbouring rows."""

    first: IntArray  # (k,) the row of the first number of each
    values: FloatArray  # (width, k) from there on; zero behind the last row


@dataclass(frozen=True)
class Bordered:
    """Many gaps: the unknowns and the covariance in one banded system, in the order of time.

    With W = W_0 + G x, of any numbers in the gaps, and S the covariance of W, the x of the highest likelihood solves

        S v + G x = -W_0,    G' v = 0

    S has the bandwidth of the process and a column of G the few rows that a missing value touches. With each x among its rows
    the whole has a band, and its factor costs n times the band squared, however many gaps there are. Its determinant is, but
    for the sign, that of S times that of G' S^-1 G.
    """

    local: Local  # gaps, as rows of W or of w
    rows: IntArray  # (n,) the place of each time
    unknowns: IntArray  # (k,) the place of each gap
    reach: int

    @classmethod
    def of(cls, process: Process, local: Local, n: int) -> Bordered:
        """Lay the system out for n values."""
        p, m, (width, k) = len(process.phi), process.L.shape[0] - 1, local.values.shape
        middle = np.minimum(local.first + (width + p) // 2, n)
        order = np.argsort(middle, kind="stable")
        rows = np.arange(n) + np.searchsorted(middle[order], np.arange(n), side="right")
        unknowns = np.empty(k, int)
        unknowns[order] = middle[order] + np.arange(k)
        last = np.minimum(local.first + width + p, n) - 1
        near = max(int((unknowns - rows[local.first]).max()), int((rows[last] - unknowns).max()))
        return cls(local, rows, unknowns, max(near, int((rows[m:] - rows[: n - m]).max(initial=0)) if m else 0))

    def solved(self, process: Process, w: FloatArray) -> tuple[FloatArray, float]:
        """Return what to add in the gaps, (k, columns), for each column of w, (n, columns), and half the log determinant of
        the gaps' precision. Raises LinAlgError where the values leave a gap open."""
        n, k = len(self.rows), len(self.unknowns)
        band = self._band(process)
        factor, pivots, info = lapack.dgbtrf(band, self.reach, self.reach, overwrite_ab=1)
        pivot = np.abs(factor[2 * self.reach])
        if info or pivot.min() < DEPENDENT:
            raise np.linalg.LinAlgError("nothing tells a missing value")
        right = np.zeros((n + k, w.shape[1]))
        right[self.rows] = -process.filtered(w)
        found, _ = lapack.dgbtrs(factor, self.reach, self.reach, right, pivots, overwrite_b=1)
        return found[self.unknowns], float(np.log(pivot).sum()) / 2 - process.half_log_determinant(n)

    def _band(self, process: Process) -> FloatArray:
        """Fill the system, as dgbtrf wants it: entry (i, j) in row 2 reach + i - j, column j."""
        n, k, diagonal = len(self.rows), len(self.unknowns), 2 * self.reach
        band = np.zeros((3 * self.reach + 1, n + k), order="F")
        covariance = _covariance(process, n)
        for lag in range(min(len(covariance), n)):
            i, j, values = self.rows[lag:], self.rows[: n - lag], covariance[lag, : n - lag]
            band[diagonal + i - j, j] = values
            band[diagonal + j - i, i] = values
        values = np.pad(self.local.values, ((0, len(process.phi)), (0, 0)))
        at = self.local.first + np.arange(len(values))[:, None]
        values, inside = _filtered(process, at, values), at < n
        i, j = self.rows[np.where(inside, at, 0)][inside], np.broadcast_to(self.unknowns, at.shape)[inside]
        band[diagonal + i - j, j] = values[inside]
        band[diagonal + j - i, i] = values[inside]
        return band


def _covariance(process: Process, n: int) -> FloatArray:
    """Return the lower band of the covariance of W, (m + 1, n): that of its first times, then the same at all."""
    m = process.L.shape[0] - 1
    head = min(2 * m + 1, process.length)
    L = np.zeros((head, head))
    for lag in range(min(m + 1, head)):
        L[np.arange(lag, head), np.arange(head - lag)] = process.L[lag, : head - lag]
    whole = L @ L.T
    band = np.zeros((m + 1, n))
    for lag in range(min(m + 1, head)):
        known = np.diagonal(whole, -lag)[: min(m + 1, n)]
        band[lag, : len(known)] = known
        band[lag, len(known) :] = known[-1]
    return band


def _filtered(process: Process, at: IntArray, values: FloatArray) -> FloatArray:
    """Filter columns of neighbouring numbers, of which it is told in which row they are, as W is filtered."""
    filtered = values.copy()
    for lag in np.flatnonzero(process.phi) + 1:
        filtered[lag:] -= process.phi[lag - 1] * values[:-lag]
    return np.where(at >= process.start, filtered, values)
