"""How the effects of the largest factor touch those of the others: M -> sum of C_i' M_i C_i, and its adjoint.

Both are linear, so where the levels meet few others (InstEval: a student rates some 24 lecturers) their coefficients are
gathered once and each use is a product of a sparse matrix and a vector.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from scipy import sparse

from science.mixed.batch import block_diagonal, product, transposed
from science.table import FloatArray, IntArray

MOST_COEFFICIENTS = 6_000_000  # of 12 bytes; above, products are formed again at every theta
SMALL_CELLS = 50_000  # of C: below, it is kept dense
MIRROR_BLOCK = 64  # rows that stay in the cache while they are turned
CHUNK_CELLS = 4_000_000  # of a dense piece of the streamed products: 32 MB


class Coupling(Protocol):
    """C: (J q, r), the cross-products Z1'Z2 of the first factor's effects with the r of all others."""

    def gather(self, M: FloatArray) -> FloatArray:
        """Return the sum of C_i' M_i C_i, dense (r, r). M: (J, q, q) symmetric."""

    def scatter(self, G: FloatArray) -> FloatArray:
        """Return C_i G C_i' for each level (J, q, q). G: (r, r) symmetric."""

    def times(self, right: FloatArray) -> FloatArray:
        """Return C right."""

    def transposed_times(self, right: Any) -> Any:
        """Return C' right, sparse for a sparse matrix."""

    def sparse(self) -> sparse.csr_matrix:
        """Return C itself."""


def mirrored(lower: FloatArray) -> FloatArray:
    """Fill the upper triangle, zero so far, from the lower one, in place."""
    for first in range(0, len(lower), MIRROR_BLOCK):
        last = first + MIRROR_BLOCK
        lower[:first, first:last] = lower[first:last, :first].T
        block = lower[first:last, first:last]
        diagonal = block.diagonal().copy()
        block += block.T.copy()
        np.fill_diagonal(block, diagonal)
    return lower


def coupling_of(C: sparse.csr_matrix, width: int) -> Coupling:
    """Choose the form for C, whose rows come in groups of `width` per level."""
    if C.shape[0] * C.shape[1] <= SMALL_CELLS:
        return DenseCoupling(C.toarray(), width)
    per_level = np.diff(C.indptr[::width]).astype(np.float64)  # entries: columns times width
    coefficients = float((per_level * (per_level + width)).sum()) / 2.0
    return gathered(C, width) if coefficients <= MOST_COEFFICIENTS else StreamedCoupling(C, width)


@dataclass(frozen=True)
class DenseCoupling:
    """For small models, where calling a sparse routine costs more than all its products."""

    C: FloatArray
    width: int

    def gather(self, M: FloatArray) -> FloatArray:
        weighted = product(M, self.C.reshape(len(M), self.width, -1)).reshape(self.C.shape)
        sums: FloatArray = self.C.T @ weighted
        return sums

    def scatter(self, G: FloatArray) -> FloatArray:
        shape = (-1, self.width, self.C.shape[1])
        blocks: FloatArray = (self.C @ G).reshape(shape) @ transposed(self.C.reshape(shape))
        return blocks

    def times(self, right: FloatArray) -> FloatArray:
        result: FloatArray = self.C @ right
        return result

    def transposed_times(self, right: Any) -> Any:
        return sparse.csr_matrix(self.C.T) @ right if sparse.issparse(right) else self.C.T @ right

    def sparse(self) -> sparse.csr_matrix:
        return sparse.csr_matrix(self.C)


@dataclass(frozen=True)
class StreamedCoupling:
    """For products that would be too many to keep, or are needed once."""

    C: sparse.csr_matrix
    width: int

    @cached_property
    def CT(self) -> sparse.csr_matrix:  # noqa: N802
        return self.C.T.tocsr()

    def gather(self, M: FloatArray) -> FloatArray:
        weighted = block_diagonal(M) @ self.C
        dense: FloatArray = (self.CT @ weighted).toarray()
        return dense

    def scatter(self, G: FloatArray) -> FloatArray:
        rows, r = self.C.shape
        q = self.width
        blocks = np.empty((rows // q, q, q))
        step = max(1, CHUNK_CELLS // (r * q))
        for first in range(0, rows // q, step):
            last = min(first + step, rows // q)
            piece = self.C[first * q : last * q]
            dense = (piece @ G).reshape(last - first, q, r)
            blocks[first:last] = dense @ transposed(piece.toarray().reshape(last - first, q, r))
        return blocks

    def times(self, right: FloatArray) -> FloatArray:
        result: FloatArray = self.C @ right
        return result

    def transposed_times(self, right: Any) -> Any:
        return self.CT @ right

    def sparse(self) -> sparse.csr_matrix:
        return self.C


@dataclass(frozen=True)
class GatheredCoupling(StreamedCoupling):
    """For levels that meet few others."""

    coefficients: sparse.csr_matrix  # (r r, J q q), of the lower triangle
    adjoint: sparse.csr_matrix  # its transpose
    diagonal: IntArray  # where the diagonal stands among the r r

    def gather(self, M: FloatArray) -> FloatArray:
        r = self.C.shape[1]
        lower = (self.coefficients @ M.reshape(-1)).reshape(r, r)
        return mirrored(lower)

    def scatter(self, G: FloatArray) -> FloatArray:
        doubled = (2.0 * G).reshape(-1)
        doubled[self.diagonal] *= 0.5
        blocks = (self.adjoint @ doubled).reshape(-1, self.width, self.width)
        symmetric: FloatArray = 0.5 * (blocks + transposed(blocks))
        return symmetric


def gathered(C: sparse.csr_matrix, width: int) -> GatheredCoupling:
    """Enumerate the pairs of entries (i, a, c), (i, b, c') with c >= c' of each level i."""
    r, q2 = C.shape[1], width * width
    starts = C.indptr[::width].astype(np.int32)
    counts = np.diff(starts)
    effect = np.repeat((np.arange(C.shape[0]) % width).astype(np.int32), np.diff(C.indptr))
    level = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    partners = counts[level]
    first = np.repeat(np.arange(C.nnz, dtype=np.int32), partners)
    offsets = starts[level] - (np.cumsum(partners) - partners).astype(np.int32)
    second = np.arange(len(first), dtype=np.int32)
    second += np.repeat(offsets, partners)
    lower = C.indices[first] >= C.indices[second]
    first, second = first[lower], second[lower]
    values = C.data[first] * C.data[second]
    target = C.indices[first] * np.int32(r) + C.indices[second]
    source = level[first] * np.int32(q2) + effect[first] * np.int32(width) + effect[second]
    del first, second, lower
    coefficients = sparse.csr_matrix((values, (target, source)), shape=(r * r, len(counts) * q2))
    return GatheredCoupling(C, width, coefficients, coefficients.T, np.arange(r) * (r + 1))
