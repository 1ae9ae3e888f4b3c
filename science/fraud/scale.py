"""Standard units, learned on the training rows: sums that absorb chunks and merge, and the scaling they give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from science.table import BoolArray, FloatArray

SKEWED = 2.0  # an exponential distribution's: an amount that leans more than that is told in logarithms
CONSTANT = 1e-12  # of a column's own size: what rounding leaves of a constant, in whatever unit it comes
FARTHEST = 1e6  # standard deviations: beyond that a row is as strange as can be, and squares still fit float32


@dataclass(frozen=True)
class Moments:
    """Weighted central sums of columns, a monoid. weight: a number; mean, second, third, least: (p,).

    Merging is Pébay's (2008, Sandia SAND2008-6212, eq. 2.1 and 2.2).
    """

    weight: float
    mean: FloatArray
    second: FloatArray
    third: FloatArray
    least: FloatArray

    @classmethod
    def empty(cls, columns: int) -> Moments:
        zeros = np.zeros(columns)
        return cls(0.0, zeros, zeros, zeros, np.full(columns, np.inf))

    def absorb(self, X: FloatArray, weight: FloatArray) -> Moments:
        """Add rows X (n, p) of weight (n,)."""
        if not len(X):
            return self
        total = float(weight.sum())
        mean = weight @ X / total
        D = X - mean
        return self.merge(Moments(total, mean, weight @ D**2, weight @ D**3, X.min(0)))

    def merge(self, other: Moments) -> Moments:
        a, b = self.weight, other.weight
        n = a + b
        if n == 0:
            return self
        d = other.mean - self.mean
        second = self.second + other.second + d**2 * (a * b / n)
        skew = d**3 * (a * b * (a - b) / n**2) + 3 * d * (a * other.second - b * self.second) / n
        return Moments(n, self.mean + d * (b / n), second, self.third + other.third + skew, np.minimum(self.least, other.least))

    @property
    def sd(self) -> FloatArray:
        """Standard deviations (p,); of a constant its own size, which is as good in any unit, and 1 of nothing but zeros."""
        sd, size = np.sqrt(self.second / self.weight), np.abs(self.mean)
        return np.where(sd > CONSTANT * size, sd, np.where(size > 0, size, 1.0))

    @property
    def skewness(self) -> FloatArray:
        skewness: FloatArray = self.third / self.weight / self.sd / self.sd / self.sd  # the cube of 1e-110 is zero
        return skewness


@dataclass(frozen=True)
class Scaling:
    """z = (x or log x - mean) / sd. logged: (p,) bool, mean and sd: (p,)."""

    logged: BoolArray
    mean: FloatArray
    sd: FloatArray

    def apply(self, X: FloatArray) -> np.ndarray:
        """Return X (n, p) in standard units, float32."""
        Z = X - self.mean
        amounts = self.logged.nonzero()[0]
        if len(amounts):
            Z[:, amounts] = logarithm(X[:, amounts]) - self.mean[amounts]
        Z /= self.sd
        np.minimum(Z, FARTHEST, out=Z)  # np.clip costs a single row three times as much
        return np.maximum(Z, -FARTHEST, out=Z).astype(np.float32)

    def undo(self, Z: FloatArray) -> FloatArray:
        """Return standard units (n, p) in those of the data."""
        X = Z * self.sd + self.mean
        amounts = self.logged.nonzero()[0]
        if len(amounts):
            X[:, amounts] = np.sign(X[:, amounts]) * np.expm1(np.abs(X[:, amounts]))
        return X


def logarithm(X: FloatArray) -> FloatArray:
    """Return log(1 + x), and its mirror image below zero."""
    return np.asarray(np.sign(X) * np.log1p(np.abs(X)))


def both_moments(X: FloatArray, weight: FloatArray) -> Moments:
    """Return the moments of the columns and, after them, of their logarithms: what scaling_of needs."""
    return Moments.empty(2 * X.shape[1]).absorb(np.hstack((X, logarithm(X))), weight)


def scaling_of(moments: Moments, amounts: Literal["auto"] | Sequence[str], columns: Sequence[str]) -> Scaling:
    """Choose which columns are amounts and return the scaling. moments: of both_moments, absorbed and merged."""
    p = len(columns)
    skewness = moments.skewness
    if amounts == "auto":
        logged = (moments.least[:p] >= 0) & (skewness[:p] > SKEWED) & (np.abs(skewness[p:]) < skewness[:p])
    else:
        logged = np.array([name in amounts for name in columns])
    chosen = np.arange(p) + p * logged
    return Scaling(logged, moments.mean[chosen], moments.sd[chosen])
