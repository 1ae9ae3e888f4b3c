"""How rare an energy is among legitimate rows: -log P(energy as high), in pieces of a line over the logarithm of the energy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from science.fraud.weighted import quantile
from science.table import FloatArray

COUNTED = (1.0, 0.75, 0.5, 0.25, 0.1, 0.05, 0.02, 0.01)  # down to the rate of alerts that few go below; beyond is the tail
FEWEST_IN_TAIL = 30  # rows: with fewer the tail begins at a greater probability
LEAST = 1e-30  # energy: a row that equals a legitimate one has a logarithm too
CLOSEST = 1e-3  # of two knots: what one processor's float32 sees of a logarithm and another's does not must not matter
SHORTEST = 0.01  # mean excess in the tail: no energy's tail is taken for steeper than its hundredth power


@dataclass(frozen=True)
class Rarity:
    """Of each view the knots, logarithms of energies, and by how much the line is steeper from there on: (v, k) both.

    Beyond the last knot u the probability is a power of the energy, P(u) (e / u)^-a, a by Hill (1975, Annals of Statistics 3).
    """

    knots: FloatArray
    gains: FloatArray

    def of(self, energies: FloatArray) -> FloatArray:
        """Return -log P of energies (n, v): (n, v), 0 for the least that was seen, and growing without end."""
        reach = np.log(energies + LEAST)[:, :, None] - self.knots
        np.maximum(reach, 0.0, out=reach)
        reach *= self.gains
        return np.asarray(reach.sum(-1))

    def middles(self) -> FloatArray:
        """Return the logarithm of each view's median energy (v,)."""
        slopes = np.cumsum(self.gains, axis=1)[:, :-1]
        heights = np.pad(np.cumsum(slopes * np.diff(self.knots, axis=1), axis=1), ((0, 0), (1, 0)))
        return np.array([np.interp(np.log(2.0), *view) for view in zip(heights, self.knots, strict=True)])


def rarity_of(energies: FloatArray, weight: FloatArray) -> Rarity:
    """Learn it from energies (n, v) of legitimate rows of weight (n,)."""
    lines = [_line(column, weight) for column in np.log(energies + LEAST).T]
    return Rarity(*(np.array(part) for part in zip(*lines, strict=True)))


def _line(logs: FloatArray, weight: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return knots and gains (k,) of one view; those that are not needed repeat the last knot and add nothing."""
    tail = min(0.5, max(COUNTED[-1], FEWEST_IN_TAIL / len(logs)))
    knots, heights = _distinct(logs, weight, [*(each for each in COUNTED if each > tail), tail])
    beyond = logs > knots[-1]
    excess = float(np.average(logs[beyond] - knots[-1], weights=weight[beyond])) if beyond.any() else 1.0
    slopes = np.append(np.diff(heights) / np.diff(knots), 1 / max(excess, SHORTEST))
    spare = len(COUNTED) - len(knots)
    return np.pad(knots, (0, spare), mode="edge"), np.pad(np.diff(slopes, prepend=0.0), (0, spare))


def _distinct(logs: FloatArray, weight: FloatArray, probabilities: list[float]) -> tuple[FloatArray, FloatArray]:
    """Return where each probability is reached, and -log of it; of places that coincide, the first."""
    found: list[tuple[float, float]] = []
    for probability in probabilities:
        place = quantile(logs, weight, 1 - probability)
        if not found or place > found[-1][0] + CLOSEST:
            found.append((place, -float(np.log(probability))))
    knots, heights = np.array(found).T
    return knots, heights
