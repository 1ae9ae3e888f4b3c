"""How far out each value lies in its own column: -log of the two-sided tail probability, counted on legitimate rows.

The columns' tables stand in one sorted array, each in an interval of its own, so that one search serves a whole row.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from science.table import FloatArray

EXTREMES = 48  # of a column's distinct values are kept at each end
BETWEEN = 160  # spread over the others


@dataclass(frozen=True)
class Tails:
    """keys: (k,) increasing, 2 j + z / (1 + |z|) of the values kept of column j; heights: (k + 1,) float32, of what lies
    between the key before and the next one."""

    columns: int
    keys: FloatArray
    heights: np.ndarray

    def deviations(self, B: np.ndarray) -> np.ndarray:
        """Return the height of each value; beyond all that were seen it is the greatest. Shape of B."""
        places = self.keys.searchsorted(_keys(B.astype(np.float64), self.columns).ravel(), "right")
        return np.asarray(self.heights.take(places).reshape(B.shape))

    def energies(self, D: np.ndarray) -> np.ndarray:
        """Return the sum of heights over columns: (..., p) to (...)."""
        return np.asarray(D.sum(-1))

    def contributions(self, D: np.ndarray) -> np.ndarray:
        """Return the heights themselves."""
        return D


def tails_of(Z: np.ndarray, weight: FloatArray) -> Tails:
    """Learn the tails of rows Z (n, p) float32 of weight (n,), in standard units."""
    half = weight.sum() / len(weight) / 2  # of an average row: no probability is zero
    beyond = float(np.log(weight.sum() / (2 * half) + 1))
    keys, heights = [], [np.array([beyond])]
    for column in _keys(Z.astype(np.float64), Z.shape[1]).T:
        values, height = _column(column, weight, half)
        keys += [values, np.nextafter(values[-1:], np.inf)]  # after the greatest value begins what was never seen
        heights += [height, np.array([beyond])]
    return Tails(Z.shape[1], np.concatenate(keys), np.concatenate(heights).astype(np.float32))


def _keys(Z: FloatArray, columns: int) -> FloatArray:
    """Bring each column (..., p) into its interval by sums and a quotient, whose last digits are the same everywhere."""
    return np.asarray(Z / (1 + np.abs(Z)) + np.arange(0.0, 2 * columns, 2))


def _column(values: FloatArray, weight: FloatArray, half: float) -> tuple[FloatArray, FloatArray]:
    """Return the values kept (k,), distinct and increasing, and their heights (k,)."""
    distinct, place = np.unique(values, return_inverse=True)
    weights = np.bincount(place, weight)
    lower = np.cumsum(weights) + half
    upper = np.cumsum(weights[::-1])[::-1] + half
    share = np.minimum(lower, upper) / (weights.sum() + 2 * half)
    kept = _kept(len(distinct))
    return distinct[kept], -np.log(np.minimum(1.0, 2 * share[kept]))


def _kept(count: int) -> np.ndarray:
    ends = np.concatenate((np.arange(min(EXTREMES, count)), np.arange(max(0, count - EXTREMES), count)))
    return np.unique(np.concatenate((ends, np.linspace(0, count - 1, BETWEEN).round().astype(np.intp))))
