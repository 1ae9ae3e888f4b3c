"""Several views of a row in one score: their log energies, each in its own units, in a mean that leans to the highest.

The score's slope in each log energy says how much a view had to say of a row; the views' shares of their columns, weighted by
it, are the row's shares.

Views are given rows as (n, 1, p): every product is one row by a matrix, in the same order of sums whatever the batch. A product
of many rows is faster, but BLAS cuts it into tiles, and a row's last digits would depend on where in a tile it came to lie.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from science.fraud.nearest import Nearest
from science.fraud.network import Autoencoder
from science.fraud.tails import Tails
from science.fraud.weighted import mean_sd
from science.fraud.whitening import Whitening
from science.table import FloatArray

View = Autoencoder | Whitening | Nearest | Tails

AT_ONCE = 1024  # rows: what is computed in between stays in the cache
LEAN = (
    0.5  # of the mean of exp(LEAN z): towards 0 it is the plain mean, which one view that is sure cannot move, far up the maximum
)
FLOOR = 0.05  # of the mean energy, added: the logarithm of a row that equals a legitimate one is of no interest


@dataclass(frozen=True)
class Detector:
    """views, and of each the floor, the mean and the standard deviation of its log energy on legitimate rows: (v,)."""

    views: tuple[View, ...]
    floor: FloatArray
    mean: FloatArray
    sd: FloatArray

    def scores(self, Z: np.ndarray) -> FloatArray:
        """Score rows Z (n, p) float32 in standard units: (n,), higher is stranger, 0 an average legitimate row.

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
        energies = np.empty((len(Z), len(self.views)))
        rows = Z if len(Z) == 1 else Z[:, None]  # one row is a product of one row as it is, and sooner done
        for v, view in enumerate(self.views):
            energies[:, v] = view.energies(rows).ravel()
        return energies

    def blended(self, energies: FloatArray) -> FloatArray:
        """Return the score of energies (n, v): log mean exp(LEAN z) / LEAN of z, the log energies in their units."""
        z = self._units(energies)
        highest = z.max(-1)
        return np.asarray(highest + np.log(np.exp(LEAN * (z - highest[:, None])).sum(-1) / len(self.views)) / LEAN)

    def shares(self, Z: np.ndarray) -> FloatArray:
        """Return the share of each column (n, p) in the energies of rows Z (n, p); a row sums to one."""
        rows = Z if len(Z) == 1 else Z[:, None]
        parts = [view.contributions(rows).reshape(Z.shape).astype(np.float64) for view in self.views]
        energies = np.stack([part.sum(1) for part in parts], axis=1)
        z = self._units(energies)
        slopes = np.exp(LEAN * (z - z.max(1, keepdims=True))) / self.sd
        total = np.zeros(Z.shape)
        for part, whole, slope in zip(parts, energies.T[:, :, None], slopes.T, strict=True):
            total += slope[:, None] * np.where(whole > 0, part / np.where(whole > 0, whole, 1.0), 1.0 / Z.shape[1])
        return np.asarray(total / total.sum(1, keepdims=True))

    def _units(self, energies: FloatArray) -> FloatArray:
        return np.asarray((np.log(energies + self.floor) - self.mean) / self.sd)

    def expected(self, Z: np.ndarray) -> FloatArray:
        """Return what each column should be (n, p), by the autoencoder, or given the other columns where there is none."""
        view = next(view for view in self.views if isinstance(view, Autoencoder | Whitening))
        return np.asarray(view.expected(Z[:, None])[:, 0], np.float64)


def detector_of(views: tuple[View, ...], Z: np.ndarray, weight: FloatArray) -> Detector:
    """Bring views to common units on legitimate rows Z (n, p) of weight (n,) that they were not learned from."""
    plain = Detector(views, np.zeros(len(views)), np.zeros(len(views)), np.ones(len(views)))
    energies = plain.energies(Z)
    floor = np.maximum(FLOOR * np.average(energies, axis=0, weights=weight), 1e-12)
    spread = np.array([mean_sd(column, weight) for column in np.log(energies + floor).T])
    return Detector(views, floor, spread[:, 0], spread[:, 1])
