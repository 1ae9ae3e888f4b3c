"""The whitened energy d' P d of rows around their mean, P the inverse of a covariance that sums can be merged into."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cholesky, solve_triangular

from science.fraud.weighted import quantile
from science.table import BoolArray, FloatArray

RIDGE = 1e-4  # on the diagonal, in standard units: no direction is trusted to vary less than a hundredth
STEPS = 1  # of trimming: a second pass changes little (FRAUD: one pass at 5 % reaches what MCD does)


@dataclass(frozen=True)
class Comoments:
    """Weighted sums of products around the mean, a monoid. mean: (p,), products: (p, p)."""

    weight: float
    mean: FloatArray
    products: FloatArray

    @classmethod
    def empty(cls, columns: int) -> Comoments:
        return cls(0.0, np.zeros(columns), np.zeros((columns, columns)))

    def absorb(self, D: FloatArray, weight: FloatArray) -> Comoments:
        """Add rows D (n, p) of weight (n,)."""
        if not len(D):
            return self
        total = float(weight.sum())
        mean = weight @ D / total
        centred = D - mean
        return self.merge(Comoments(total, mean, (centred * weight[:, None]).T @ centred))

    def merge(self, other: Comoments) -> Comoments:
        n = self.weight + other.weight
        if n == 0:
            return self
        d = other.mean - self.mean
        products = self.products + other.products + np.outer(d, d) * (self.weight * other.weight / n)
        return Comoments(n, self.mean + d * (other.weight / n), products)


@dataclass(frozen=True)
class Whitening:
    """mean: (p,), root: (p, p) upper, P = root root'; both float32."""

    mean: np.ndarray
    root: np.ndarray

    def deviations(self, B: np.ndarray) -> np.ndarray:
        """Return d, rows (..., p) less their mean."""
        return np.asarray(B - self.mean)

    def energies(self, D: np.ndarray) -> np.ndarray:
        """Return d' P d of deviations: (..., p) to (...)."""
        W = D @ self.root
        return np.asarray(np.vecdot(W, W))

    def contributions(self, D: np.ndarray) -> np.ndarray:
        """Return d_j (P d)_j of each column, which sum to the energy; one may be negative. Shape of D."""
        return np.asarray(D * (D @ self.root @ self.root.T))

    def expected(self, B: np.ndarray, D: np.ndarray) -> np.ndarray:
        """Return the mean of each column of rows B given the others: x_j - (P d)_j / P_jj."""
        root = self.root
        return np.asarray(B - D @ root @ root.T / np.square(root).sum(1))


def whitening_of(sums: Comoments) -> Whitening:
    covariance = sums.products / sums.weight + RIDGE * np.eye(len(sums.mean))
    L = cholesky(covariance, lower=True)
    root = solve_triangular(L, np.eye(len(L)), lower=True).T
    return Whitening(sums.mean.astype(np.float32), np.ascontiguousarray(root, np.float32))


def whitened(D: FloatArray, weight: FloatArray) -> Whitening:
    """Return the whitening of rows D (n, p)."""
    return whitening_of(Comoments.empty(D.shape[1]).absorb(D, weight))


def kept(D: FloatArray, weight: FloatArray, trim: float) -> BoolArray:
    """Mark the rows (n,) that stay when the share `trim` of the weight with the highest energy goes."""
    keep = np.ones(len(D), bool)
    for _ in range(STEPS if trim else 0):
        around = whitened(D[keep], weight[keep])
        energy = around.energies(around.deviations(D.astype(np.float32))).astype(float)
        keep = energy <= quantile(energy, weight, 1.0 - trim)
    return keep
