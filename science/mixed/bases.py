"""Coordinates for the effects in which the columns of each term are orthogonal and of length sqrt(n).

The criterion does not care (a term's covariance is free within its block), but the search does: in years or in
micrometres the effects' scales and correlations would be far from one. u_scaled = T u, Z_scaled T = Z.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from science.mixed.grouping import Grouping
from science.mixed.triangle import triangle
from science.table import FloatArray

DEPENDENT = 1e-10  # what is left of a column beside those before it: then the columns are scaled only


@dataclass(frozen=True)
class Bases:
    """T (q, q) for each factor, upper triangular blocks along the diagonal."""

    T: tuple[FloatArray, ...]

    def inward(self, covariances: Sequence[FloatArray]) -> list[FloatArray]:
        """Return T S T' for covariances of effects in the units of the data."""
        return [T @ S @ T.T for T, S in zip(self.T, covariances, strict=True)]

    def outward(self, covariances: Sequence[FloatArray]) -> list[FloatArray]:
        """Return T^-1 S T^-T for covariances (q, q), or stacks of them, of scaled effects."""
        return [inverse @ S @ inverse.T for inverse, S in zip(self.inverses, covariances, strict=True)]

    def effects(self, scaled: Sequence[FloatArray]) -> list[FloatArray]:
        """Return the effects (J, q) for scaled ones."""
        return [u @ inverse.T for inverse, u in zip(self.inverses, scaled, strict=True)]

    @cached_property
    def inverses(self) -> list[FloatArray]:
        return [np.linalg.inv(T) for T in self.T]


def whitened(groupings: Sequence[Grouping]) -> tuple[tuple[Grouping, ...], Bases]:
    """Change to orthogonal columns."""
    bases = [_basis(grouping) for grouping in groupings]
    changed = tuple(
        grouping if np.array_equal(T, np.eye(len(T))) else replace(grouping, Z=grouping.Z @ np.linalg.inv(T))
        for grouping, T in zip(groupings, bases, strict=True)
    )
    return changed, Bases(tuple(bases))


def _basis(grouping: Grouping) -> FloatArray:
    T = np.zeros((grouping.width, grouping.width))
    start = 0
    for size in grouping.sizes:
        block = slice(start, start + size)
        T[block, block] = _triangular(grouping.Z[:, block])
        start += size
    return T


def _triangular(Z: FloatArray) -> FloatArray:
    n, q = Z.shape
    if q == 1:
        length = float(np.linalg.norm(Z)) / np.sqrt(n)
        return np.array([[length or 1.0]])
    R = triangle(Z) / np.sqrt(n)
    lengths = np.sqrt((R**2).sum(0))
    if (np.abs(R.diagonal()) <= DEPENDENT * lengths).any():
        return np.diag(np.where(lengths > 0.0, lengths, 1.0))
    signed: FloatArray = R * np.sign(R.diagonal())[:, None]
    return signed
