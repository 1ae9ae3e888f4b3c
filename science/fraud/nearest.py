"""The distance to the nearest of a few hundred legitimate rows: what is local, which one covariance cannot see."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from science.table import FloatArray

MOST_PROTOTYPES = 512  # 1 us a row with 29 columns; 1,000 gain nothing that could be told from chance


@dataclass(frozen=True)
class Nearest:
    """prototypes: (m, p) float32, legitimate rows in standard units; halves: (m,), half of their squared lengths."""

    prototypes: np.ndarray
    halves: np.ndarray

    def deviations(self, B: np.ndarray) -> np.ndarray:
        """Return rows (..., p) less the prototype nearest to each."""
        closeness = B @ self.prototypes.T
        closeness -= self.halves
        return np.asarray(B - self.prototypes[closeness.argmax(-1)])

    def energies(self, D: np.ndarray) -> np.ndarray:
        """Return the squared distance: (..., p) to (...)."""
        return np.asarray(np.vecdot(D, D))

    def contributions(self, D: np.ndarray) -> np.ndarray:
        """Return the squared difference in each column. Shape of D."""
        return np.square(D)


def nearest_of(Z: np.ndarray, weight: FloatArray, rng: np.random.Generator) -> Nearest:
    """Draw prototypes from rows Z (n, p) with the chance that their weight (n,) gives them."""
    count = min(MOST_PROTOTYPES, len(Z))
    drawn = rng.choice(len(Z), count, replace=False, p=weight / weight.sum(), shuffle=False)
    prototypes = np.ascontiguousarray(Z[np.sort(drawn)], np.float32)
    return Nearest(prototypes, np.square(prototypes).sum(1) / np.float32(2.0))
