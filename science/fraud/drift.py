"""How far new rows have moved from those a model was trained on: the population stability index of each column and the score."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from science.fraud.weighted import quantile
from science.table import FloatArray

BINS = 10
EMPTY = 1e-4  # the share that a bin without rows is given: its logarithm has to be finite
WARN, ACT = 0.1, 0.25  # the usual reading: below .1 stable, from .25 shifted


@dataclass(frozen=True)
class Histograms:
    """Counts of columns in bins whose edges the training rows gave, a monoid. edges: (p, BINS - 1), counts: (p, BINS)."""

    edges: FloatArray
    counts: FloatArray

    def empty(self) -> Histograms:
        """The same bins, with nothing counted."""
        return Histograms(self.edges, np.zeros_like(self.counts))

    def absorb(self, X: FloatArray, weight: FloatArray) -> Histograms:
        """Count rows X (n, p) of weight (n,). NaN is not counted."""
        counts = [_counted(column, weight, edges) for column, edges in zip(X.T, self.edges, strict=True)]
        return Histograms(self.edges, self.counts + np.array(counts))

    def merge(self, other: Histograms) -> Histograms:
        """Add counts in the same bins."""
        return Histograms(self.edges, self.counts + other.counts)


def histograms_of(X: FloatArray, weight: FloatArray) -> Histograms:
    """Choose bins of equal weight for columns X (n, p) and count these rows."""
    shares = np.arange(1, BINS) / BINS
    edges = np.array([[quantile(column, weight, share) for share in shares] for column in X.T])
    return Histograms(edges, np.zeros((X.shape[1], BINS))).absorb(X, weight)


def stability(expected: Histograms, actual: Histograms) -> FloatArray:
    """Return the index of each column (p,): the sum over bins of (a - e) log(a / e); NaN where nothing was counted."""
    e, a = (_shares(each.counts) for each in (expected, actual))
    return np.asarray(((a - e) * np.log(a / e)).sum(1))


def _counted(column: FloatArray, weight: FloatArray, edges: FloatArray) -> FloatArray:
    known = ~np.isnan(column)
    return np.bincount(np.searchsorted(edges, column[known], "left"), weight[known], BINS)


def _shares(counts: FloatArray) -> FloatArray:
    total = counts.sum(1, keepdims=True)
    return np.maximum(counts / np.where(total > 0, total, np.nan), EMPTY)
