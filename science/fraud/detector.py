"""Several views of a row in one score: the weighted harmonic mean of the probabilities that each gives a row as strange.

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
from science.fraud.rarity import LEAST, Rarity, rarity_of
from science.fraud.tails import Tails
from science.fraud.whitening import Whitening
from science.table import FloatArray

View = Autoencoder | Whitening | Nearest | Tails

AT_ONCE = 1024  # rows: what is computed in between stays in the cache
BY_ITSELF = 2.0  # the weight of the one view that sees columns each by itself, where three others see them together


@dataclass(frozen=True)
class Seen:
    """What a detector makes of rows. scores: (n,); shares: (n, p) of each column in the energies, a row sums to one;
    expected: (n, p) what each column should be, by the autoencoder, or given the other columns where there is none."""

    scores: FloatArray
    shares: FloatArray
    expected: FloatArray


@dataclass(frozen=True)
class Detector:
    """views, how rare the energies of each are among legitimate rows, and weights (v,), which sum to one.

    A view tells of rows B their deviations D, and of these the energies, what each column adds to them, and perhaps what was
    expected: the dear part is done once.
    """

    views: tuple[View, ...]
    rarity: Rarity
    weights: FloatArray

    def scores(self, Z: np.ndarray) -> FloatArray:
        """Score rows Z (n, p) float32 in standard units: (n,), higher is stranger, 0 the most ordinary there is.

        A row's score is the same to the last bit whatever rows it comes with.
        """
        scores = np.empty(len(Z))
        for start in range(0, len(Z), AT_ONCE):
            part = slice(start, start + AT_ONCE)
            scores[part] = self.blended(self.energies(Z[part]))
        return scores

    def energies(self, Z: np.ndarray) -> FloatArray:
        """Return the energy in each view: (n, p) to (n, v)."""
        return energies_of(self.views, Z)

    def blended(self, energies: FloatArray) -> FloatArray:
        """Return the scores (n,) of rows with these energies (n, v)."""
        return self._says(energies)[0]

    def seen(self, Z: np.ndarray) -> Seen:
        """Score rows Z (n, p), and tell what moved them. Give it AT_ONCE rows at most: it keeps what is computed in between."""
        deviations = _deviations(self.views, Z)
        energies = _energies(self.views, deviations, len(Z))
        scores, says = self._says(energies)
        says /= energies + LEAST
        return Seen(scores, self._shares(Z.shape, deviations, says), self._expected(Z, deviations))

    def _says(self, energies: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the scores (n,) of energies (n, v), log mean 1 / P, and in proportion what each view adds to that (n, v)."""
        rarity = self.rarity.of(energies)
        highest = rarity.max(1, keepdims=True)
        rarity -= highest
        says = np.exp(rarity, out=rarity)
        says *= self.weights
        return highest[:, 0] + np.log(says.sum(1)), says

    def _shares(self, shape: tuple[int, ...], deviations: list[np.ndarray], says: FloatArray) -> FloatArray:
        """Add what each column contributes to each view, says (n, v) times: (n, p), a row sums to one."""
        n, p = shape
        parts = [view.contributions(D).reshape(n, 1, p) for view, D in zip(self.views, deviations, strict=True)]
        shares = (says[:, None] @ np.concatenate(parts, axis=1))[:, 0]  # in float64: says is
        whole = shares.sum(1, keepdims=True)
        if whole.min() <= 0:  # a row without any energy: all columns alike
            nothing = whole[:, 0] <= 0
            shares[nothing], whole[nothing] = 1.0, p
        shares /= whole
        return np.asarray(shares)

    def _expected(self, Z: np.ndarray, deviations: list[np.ndarray]) -> FloatArray:
        both = zip(self.views, deviations, strict=True)
        view, D = next((view, D) for view, D in both if isinstance(view, Autoencoder | Whitening))
        return view.expected(Z.reshape(D.shape), D).reshape(Z.shape).astype(np.float64)


def detector_of(views: tuple[View, ...], energies: FloatArray, weight: FloatArray) -> Detector:
    """Learn what energies are rare from those (n, v) of legitimate rows of weight (n,) that such views were not learned from."""
    weights = np.array([BY_ITSELF if isinstance(view, Tails) else 1.0 for view in views])
    return Detector(views, rarity_of(energies, weight), weights / weights.sum())


def energies_of(views: tuple[View, ...], Z: np.ndarray) -> FloatArray:
    """Return the energy of rows Z (n, p) in each view: (n, v)."""
    energies = np.empty((len(Z), len(views)))
    for start in range(0, len(Z), AT_ONCE):
        part = Z[start : start + AT_ONCE]
        energies[start : start + AT_ONCE] = _energies(views, _deviations(views, part), len(part))
    return energies


def _deviations(views: tuple[View, ...], Z: np.ndarray) -> list[np.ndarray]:
    rows = Z if len(Z) == 1 else Z[:, None]  # one row is a product of one row as it is, and sooner done
    return [view.deviations(rows) for view in views]


def _energies(views: tuple[View, ...], deviations: list[np.ndarray], n: int) -> FloatArray:
    energies = np.empty((n, len(views)))
    for v, (view, D) in enumerate(zip(views, deviations, strict=True)):
        energies[:, v] = view.energies(D).ravel()
    return energies
