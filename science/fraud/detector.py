"""Several views of a row in one score: the harmonic mean of the probabilities that each gives a row as strange.

The harmonic mean (Wilson 2019, PNAS 116) is that of whichever view is surest, and holds however the views depend on one another.
What a view adds to the mean of 1 / P says how much it had to say of a row; the views' shares of their columns, weighted by it,
are the row's shares.

Views are given rows as (n, 1, p): every product is one row by a matrix, in the same order of sums whatever the batch. A product
of many rows is faster, but BLAS cuts it into tiles, and a row's last digits would depend on where in a tile it came to lie.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from science.fraud.nearest import Nearest
from science.fraud.network import Autoencoder
from science.fraud.rarity import Rarity, rarity_of
from science.fraud.tails import Tails
from science.fraud.whitening import Whitening
from science.table import FloatArray

View = Autoencoder | Whitening | Nearest | Tails

AT_ONCE = 1024  # rows: what is computed in between stays in the cache


@dataclass(frozen=True)
class Detector:
    """views, and how rare the energies of each are among legitimate rows."""

    views: tuple[View, ...]
    rarity: Rarity

    def scores(self, Z: np.ndarray) -> FloatArray:
        """Score rows Z (n, p) float32 in standard units: (n,), higher is stranger, 0 the most ordinary there is.

        A row's score is the same to the last bit whatever rows it comes with.
        """
        n = len(Z)
        scores = np.empty(n)
        for start in range(0, n, AT_ONCE):
            part = Z[start : start + AT_ONCE]
            scores[start : start + AT_ONCE] = self.blended(self.energies(part))
        return scores

    def energies(self, Z: np.ndarray) -> FloatArray:
        """Return the energy in each view: (n, p) to (n, v)."""
        return _energies(self.views, Z)

    def blended(self, energies: FloatArray) -> FloatArray:
        """Return the score of energies (n, v): log mean 1 / P."""
        rarity = self.rarity.of(energies)
        highest = rarity.max(-1)
        return np.asarray(highest + np.log(np.exp(rarity - highest[:, None]).sum(-1) / len(self.views)))

    def shares(self, Z: np.ndarray) -> FloatArray:
        """Return the share of each column (n, p) in the energies of rows Z (n, p); a row sums to one."""
        rows = Z if len(Z) == 1 else Z[:, None]
        parts = [view.contributions(rows).reshape(Z.shape).astype(np.float64) for view in self.views]
        energies = np.stack([part.sum(1) for part in parts], axis=1)
        rarity = self.rarity.of(energies)
        says = np.exp(rarity - rarity.max(1, keepdims=True))
        total = np.zeros(Z.shape)
        for part, whole, weight in zip(parts, energies.T[:, :, None], says.T, strict=True):
            total += weight[:, None] * np.where(whole > 0, part / np.where(whole > 0, whole, 1.0), 1.0 / Z.shape[1])
        return np.asarray(total / total.sum(1, keepdims=True))

    def expected(self, Z: np.ndarray) -> FloatArray:
        """Return what each column should be (n, p), by the autoencoder, or given the other columns where there is none."""
        view = next(view for view in self.views if isinstance(view, Autoencoder | Whitening))
        return np.asarray(view.expected(Z[:, None])[:, 0], np.float64)


def detector_of(views: tuple[View, ...], Z: np.ndarray, weight: FloatArray) -> Detector:
    """Learn what energies are rare from legitimate rows Z (n, p) of weight (n,) that the views were not learned from."""
    return Detector(views, rarity_of(_energies(views, Z), weight))


def _energies(views: tuple[View, ...], Z: np.ndarray) -> FloatArray:
    energies = np.empty((len(Z), len(views)))
    rows = Z if len(Z) == 1 else Z[:, None]  # one row is a product of one row as it is, and sooner done
    for v, view in enumerate(views):
        energies[:, v] = view.energies(rows).ravel()
    return energies
