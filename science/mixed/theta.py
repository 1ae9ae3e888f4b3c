"""theta: the free entries of the relative covariance factors, in lme4's order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from science.table import FloatArray, IntArray


@dataclass(frozen=True)
class Place:
    """Where one term's block stands: in theta and in its factor's Lambda."""

    grouping: int
    start: int  # row and column in Lambda
    size: int
    entries: slice  # of theta: the lower triangle, column by column


@dataclass(frozen=True)
class Pattern:
    """How theta fills the Lambda of each factor: lower triangles along the diagonal, a block per term."""

    widths: tuple[int, ...]
    places: tuple[Place, ...]
    flat: tuple[tuple[slice, IntArray], ...]  # per factor: its part of theta, and where that goes in the flat (q, q) Lambda

    @property
    def length(self) -> int:
        return int(self.places[-1].entries.stop)

    def lambdas(self, theta: FloatArray) -> list[FloatArray]:
        """Return Lambda (q, q) for each factor: its relative covariance is Lambda Lambda'."""
        filled = []
        for width, (part, index) in zip(self.widths, self.flat, strict=True):
            Lambda = np.zeros(width * width)
            Lambda[index] = theta[part]
            filled.append(Lambda.reshape(width, width))
        return filled

    def collected(self, gradients: Sequence[FloatArray]) -> FloatArray:
        """Read the entries of theta out of one (q, q) matrix per factor: the adjoint of lambdas()."""
        return np.concatenate([gradient.ravel()[index] for gradient, (_, index) in zip(gradients, self.flat, strict=True)])

    def identity(self) -> FloatArray:
        return self.collected([np.eye(width) for width in self.widths])

    def diagonal(self) -> FloatArray:
        """Tell by 1.0 which entries of theta stand on a diagonal."""
        return self.identity()

    @cached_property
    def heads(self) -> IntArray:
        """For each entry of theta the entry of the diagonal in its column of Lambda."""
        found = []
        for place in self.places:
            columns, rows = np.triu_indices(place.size)
            found.append(place.entries.start + np.flatnonzero(rows == columns)[columns])
        return np.concatenate(found)

    def factor(self, covariances: Sequence[FloatArray]) -> FloatArray:
        """Return the theta of given relative covariances, one (q, q) per factor (blocks that no term has are ignored)."""
        theta = np.zeros(self.length)
        for place in self.places:
            block = slice(place.start, place.start + place.size)
            triangle = semidefinite_factor(covariances[place.grouping][block, block])
            theta[place.entries] = triangle.T[np.triu_indices(place.size)]
        return theta


@lru_cache(maxsize=64)
def pattern_of(sizes: tuple[tuple[int, ...], ...]) -> Pattern:
    """Lay out theta for factors in this order. sizes: the columns of each term of each factor."""
    places: list[Place] = []
    flat: list[tuple[slice, IntArray]] = []
    position = 0
    for number, terms in enumerate(sizes):
        first, start, index, width = position, 0, [], sum(terms)
        for size in terms:
            columns, rows = np.triu_indices(size)  # the lower triangle by columns
            index.append((rows + start) * width + columns + start)
            places.append(Place(number, start, size, slice(position, position + len(rows))))
            position += len(rows)
            start += size
        flat.append((slice(first, position), np.concatenate(index)))
    return Pattern(tuple(sum(terms) for terms in sizes), tuple(places), tuple(flat))


def semidefinite_factor(S: FloatArray) -> FloatArray:
    """Return a lower triangular L with L L' = S for S positive semidefinite, with a diagonal of no sign below zero."""
    values, vectors = np.linalg.eigh(S)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    R = np.linalg.qr(root.T, mode="r")
    signs = np.where(np.diagonal(R) < 0, -1.0, 1.0)
    L: FloatArray = (R * signs[:, None]).T
    return L
