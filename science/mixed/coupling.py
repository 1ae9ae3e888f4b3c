"""How the effects of the largest factor touch those of the others: M -> sum of C_i' M_i C_i, and its adjoint.

Both are linear, so where the levels meet few others (InstEval: a student rates some 24 lecturers) their coefficients are
gathered once and each use is a product of a sparse matrix and a vector.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy import sparse

from science.mixed.batch import transposed
from science.table import FloatArray, IntArray

MOST_COEFFICIENTS = 6_000_000  # of 12 bytes; above, products are formed again at every theta
MIRROR_BLOCK = 64  # rows that stay in the cache while they are turned
CHUNK_CELLS = 4_000_000  # of a dense piece of the streamed products: 32 MB


class Coupling(Protocol):
    """C: (J q, r), the cross-products Z1'Z2 of the first factor's effects with the r of all others."""

    @property
    def C(self) -> sparse.csr_matrix: ...  # noqa: N802

    def gather(self, M: FloatArray) -> FloatArray:
        """Return the sum of C_i' M_i C_i, dense (r, r). M: (J, q, q) symmetric."""

    def scatter(self, G: FloatArray) -> FloatArray:
        """Return C_i G C_i' for each level (J, q, q). G: (r, r) symmetric."""


def mirrored(lower: FloatArray) -> FloatArray:
    """Fill the upper triangle, zero so far, from the lower one, in place."""
    for first in range(0, len(lower), MIRROR_BLOCK):
        last = first + MIRROR_BLOCK
        lower[:first, first:last] = lower[first:last, :first].T
        block = lower[first:last, first:last]
        block += np.tril(block, -1).T
    return lower


def coupling_of(C: sparse.csr_matrix, width: int) -> Coupling:
    """Choose the form for C, whose rows come in groups of `width` per level."""
    per_level = np.diff(C.indptr[::width]).astype(np.float64)  # entries: columns times width
    coefficients = float((per_level * (per_level + width)).sum()) / 2.0
    return _gathered(C, width) if coefficients <= MOST_COEFFICIENTS else StreamedCoupling(C, width)


@dataclass(frozen=True)
class GatheredCoupling:
    C: sparse.csr_matrix
    width: int
    coefficients: sparse.csr_matrix  # (r r, J q q), of the lower triangle
    diagonal: IntArray  # where the diagonal stands among the r r

    def gather(self, M: FloatArray) -> FloatArray:
        r = self.C.shape[1]
        lower = (self.coefficients @ M.reshape(-1)).reshape(r, r)
        return mirrored(lower)

    def scatter(self, G: FloatArray) -> FloatArray:
        doubled = (2.0 * G).reshape(-1)
        doubled[self.diagonal] *= 0.5
        blocks = (self.coefficients.T @ doubled).reshape(-1, self.width, self.width)
        symmetric: FloatArray = 0.5 * (blocks + transposed(blocks))
        return symmetric


@dataclass(frozen=True)
class StreamedCoupling:
    C: sparse.csr_matrix
    width: int

    def gather(self, M: FloatArray) -> FloatArray:
        J, q, _ = M.shape
        if q == 1:
            weighted = self.C.multiply(M.reshape(-1, 1)).tocsr()
        else:
            weighted = sparse.bsr_matrix((M, np.arange(J), np.arange(J + 1)), shape=(J * q, J * q)).tocsr() @ self.C
        dense: FloatArray = (self.C.T @ weighted).toarray()
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


def _gathered(C: sparse.csr_matrix, width: int) -> GatheredCoupling:
    """Enumerate the pairs of entries (i, a, c), (i, b, c') with c >= c' of each level i."""
    r = C.shape[1]
    starts = C.indptr[::width].astype(np.int64)
    counts = np.diff(starts)
    effect = np.repeat(np.arange(C.shape[0]) % width, np.diff(C.indptr))
    level = np.repeat(np.arange(len(counts)), counts)
    partners = counts[level]
    first = np.repeat(np.arange(C.nnz), partners)
    within = np.arange(len(first)) - np.repeat(np.cumsum(partners) - partners, partners)
    second = starts[level[first]] + within
    lower = C.indices[first] >= C.indices[second]
    first, second = first[lower], second[lower]
    target = C.indices[first].astype(np.int64) * r + C.indices[second]
    source = level[first] * (width * width) + effect[first] * width + effect[second]
    values = C.data[first] * C.data[second]
    shape = (r * r, len(counts) * width * width)
    coefficients = sparse.csr_matrix((values, (target, source)), shape=shape)
    return GatheredCoupling(C, width, coefficients, np.arange(r) * (r + 1))
