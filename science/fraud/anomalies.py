"""Anomalies made from legitimate rows, for judging where there are too few labels."""

from __future__ import annotations

import numpy as np

COUNT = 200
SWAPPED = 0.3  # of a row's columns take another row's values: all of them would be too easy, one too hard to see
PREVALENCE = 0.01  # that the made ones are given among the legitimate rows: average precision depends on it


def anomalies_of(X: np.ndarray, rng: np.random.Generator, count: int = COUNT) -> np.ndarray:
    """Make `count` rows out of X (n, p), each a row with some columns taken from other rows; returns (count, p).

    Every column keeps its own distribution: only what belongs together is torn apart.
    """
    n, p = X.shape
    swap = rng.random((count, p)) < SWAPPED
    swap[np.arange(count), rng.integers(0, p, count)] = True
    made = X[rng.integers(0, n, count)]
    other = X[rng.integers(0, n, (count, p)), np.arange(p)]
    return np.asarray(np.where(swap, other, made))
