"""How far out each value lies in its own column: -log of the two-sided tail probability, read from a table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from science.fraud.weighted import quantile
from science.table import FloatArray

NODES = 257
REACH = 16.0  # of the table, in asinh units: asinh(4e6)
STEP = np.float32(2 * REACH / (NODES - 1))
NARROWEST = 0.01  # of a column's scale, in its standard deviations: some columns are constant but for a few rows
TAIL = 0.02  # of each side: beyond it the probability falls exponentially in asinh units, a power of the distance
FLATTEST, STEEPEST = 0.02, 5.0  # of the mean excess in asinh units


@dataclass(frozen=True)
class Tails:
    """centre, scale: (p,) float32; heights: (p, NODES) float32, -log tail probability at nodes of asinh((z - centre) / scale)."""

    centre: np.ndarray
    scale: np.ndarray
    heights: np.ndarray

    def energies(self, B: np.ndarray) -> np.ndarray:
        """Return the sum over columns: (..., p) to (...)."""
        return np.asarray(self.contributions(B).sum(-1))

    def contributions(self, B: np.ndarray) -> np.ndarray:
        """Return the height of each value, between nodes along a line. Shape of B."""
        place = np.arcsinh((B - self.centre) / self.scale)
        place += np.float32(REACH)
        place /= STEP
        left = np.clip(place, 0, NODES - 2).astype(np.int32)
        place -= left  # beyond the table this is more than one step: the last line goes on
        left += np.arange(len(self.centre), dtype=np.int32) * np.int32(NODES)
        heights = self.heights.ravel()
        low = heights.take(left)
        left += np.int32(1)
        return np.asarray(low + place * (heights.take(left) - low))


def tails_of(Z: np.ndarray, weight: FloatArray) -> Tails:
    """Learn the tails of rows Z (n, p) of weight (n,), in standard units."""
    columns = [_column(Z[:, j].astype(float), weight) for j in range(Z.shape[1])]
    centre, scale, heights = (np.array(part, np.float32) for part in zip(*columns, strict=True))
    return Tails(centre, scale, heights)


def _column(z: FloatArray, weight: FloatArray) -> tuple[float, float, FloatArray]:
    centre, low, high = (quantile(z, weight, share) for share in (0.5, 0.25, 0.75))
    scale = max((high - low) / 2, NARROWEST)
    u = np.arcsinh((z - centre) / scale)
    nodes = np.linspace(-REACH, REACH, NODES)
    upper = _survival(u, weight, nodes)
    lower = _survival(-u, weight, -nodes[::-1])[::-1]
    return centre, scale, -np.log(2) - np.minimum(np.minimum(np.log(upper), np.log(lower)), -np.log(2))


def _survival(u: FloatArray, weight: FloatArray, nodes: FloatArray) -> FloatArray:
    """Return P(U >= node): counted up to the outer share TAIL, exponential beyond."""
    order = np.argsort(u, kind="stable")
    u, weight = u[order], weight[order]
    half = weight.sum() / len(u) / 2  # of an average row: no probability is zero
    above = np.concatenate((np.cumsum(weight[::-1])[::-1], [0.0]))
    counted = (above[np.searchsorted(u, nodes, "left")] + half) / (weight.sum() + 2 * half)
    start = quantile(u, weight, 1 - TAIL)
    beyond = u > start
    excess = float(np.average(u[beyond] - start, weights=weight[beyond])) if beyond.any() else 0.0
    share = (weight[beyond].sum() + half) / (weight.sum() + 2 * half)
    tail = share * np.exp(-np.maximum(nodes - start, 0.0) / np.clip(excess, FLATTEST, STEEPEST))
    return np.maximum(np.where(nodes > start, tail, counted), 1e-300)
