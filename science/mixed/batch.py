"""Many small matrices at once: (J, q, q) arrays, J large and q small."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from science.table import FloatArray, IntArray


def inverse(K: FloatArray) -> tuple[FloatArray, float]:
    """Return the inverses and the sum of the log determinants of (J, q, q) positive definite matrices."""
    if K.shape[-1] == 1:
        return 1.0 / K, float(np.log(K).sum())
    if K.shape[-1] == 2:
        return _inverse_of_two(K)
    diagonals = np.linalg.cholesky(K).diagonal(axis1=1, axis2=2)
    return np.linalg.inv(K), 2.0 * float(np.log(diagonals).sum())


def product(left: FloatArray, right: FloatArray) -> FloatArray:
    """Multiply stacks (J, a, q) and (J, q, m); one of them may be a single matrix."""
    if left.shape[-1] == 1:
        return left * right
    if right.ndim == 2 and left.ndim == 3 and left.flags.c_contiguous:
        return (left.reshape(-1, left.shape[-1]) @ right).reshape(*left.shape[:2], right.shape[1])  # one product, not J
    result: FloatArray = left @ right
    return result


def transposed(stack: FloatArray) -> FloatArray:
    return stack.transpose(0, 2, 1)


def cross_products(codes: IntArray, count: int, left: FloatArray, right: FloatArray) -> FloatArray:
    """Sum left'right over the rows of each code. left: (n, a), right: (n, b). Returns (count, a, b)."""
    sums = np.empty((count, left.shape[1], right.shape[1]))
    for i in range(left.shape[1]):
        for j in range(right.shape[1]):
            sums[:, i, j] = np.bincount(codes, left[:, i] * right[:, j], count)
    return sums


def _inverse_of_two(K: FloatArray) -> tuple[FloatArray, float]:
    """By Cholesky's own arithmetic: as exact as LAPACK's factor, without a call for each matrix."""
    a, b = K[:, 0, 0], K[:, 1, 0]
    ratio = b / a
    rest = K[:, 1, 1] - b * ratio
    if not (a.min() > 0.0 and rest.min() > 0.0):
        raise np.linalg.LinAlgError("a block is not positive definite")
    inverted = np.empty_like(K)
    last = 1.0 / rest
    aside = -ratio * last
    inverted[:, 1, 1] = last
    inverted[:, 0, 1] = inverted[:, 1, 0] = aside
    inverted[:, 0, 0] = 1.0 / a - aside * ratio
    return inverted, float(np.log(a * rest).sum())


def block_diagonal(stack: FloatArray) -> sparse.csr_matrix:
    """Put (J, q, q) blocks along a sparse diagonal."""
    return block_rows(stack, np.arange(len(stack)), len(stack))


def block_rows(stack: FloatArray, columns: IntArray, count: int) -> sparse.csr_matrix:
    """Put (J, a, b) blocks one under another, each at its block column of `count`."""
    J, a, b = stack.shape
    return sparse.bsr_matrix((stack, columns, np.arange(J + 1)), shape=(J * a, count * b)).tocsr()


def bordered(S: FloatArray, border: FloatArray) -> FloatArray:
    """Put a new last row and column on a symmetric matrix."""
    changed = S.copy()
    changed[-1] = changed[:, -1] = border
    return changed
