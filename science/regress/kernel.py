"""The kernel as a monoid: the triangular factor of [X y], which rows are absorbed into and which merges with another.

Householder QR in blocks of rows (TSQR: Demmel, Grigori, Hoemmen and Langou 2012). Q is never formed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from scipy.linalg import lapack

from science.deadline import Deadline, no_deadline
from science.regress.rank import independent
from science.regress.sample import Sample
from science.regress.solution import Solution
from science.table import FloatArray, IntArray

BLOCK_ROWS = 4096  # a block of ten columns stays in a 512 kB cache
PANEL = 32  # columns that LAPACK reflects at once
NEVER = no_deadline()


@dataclass(frozen=True)
class Triangle:
    """What is kept of the rows seen: R'R = [X y]'[X y], in the powers of two of its columns."""

    R: FloatArray  # (k, p + 1) upper triangular, k at most p + 1
    exponents: IntArray  # (p + 1,)
    rows: int = 0
    log_weights: float = 0.0


def empty(p: int) -> Triangle:
    """Return the factor of no rows."""
    return Triangle(np.zeros((0, p + 1)), np.zeros(p + 1, dtype=np.intp))


def absorb(triangle: Triangle, sample: Sample, deadline: Deadline = NEVER) -> Triangle:
    """Return the factor of the rows seen and those of `sample`, asking the deadline before each block of them."""
    for start in range(0, len(sample), BLOCK_ROWS):
        deadline.check()
        triangle = merge(triangle, _triangle_of(sample.block(start, start + BLOCK_ROWS)))
    log_weights = triangle.log_weights + sample.log_weights
    return triangle if log_weights == triangle.log_weights else replace(triangle, log_weights=log_weights)


def merge(a: Triangle, b: Triangle) -> Triangle:
    """Return the factor of the rows of both."""
    if a.rows == 0 or b.rows == 0:
        return b if a.rows == 0 else a
    exponents = np.maximum(a.exponents, b.exponents)
    R = _upper(np.vstack([_in_units(a, exponents), _in_units(b, exponents)]))
    return Triangle(R, exponents, a.rows + b.rows, a.log_weights + b.log_weights)


def solve(triangle: Triangle, *, intercept: bool) -> Solution:
    """Return the least-squares solution that the factor holds, as right as double precision makes it.

    A column that depends on those before it takes no part. `intercept` says that the first column is the constant.
    """
    kept, R = independent(_square(triangle.R))
    rank = len(kept)
    root = lapack.dtrtri(R[:rank, :rank])[0]  # of the order p: every use is a product with few columns
    projections = R[:rank, rank]
    return Solution(
        kept=kept,
        root=root,
        exponents=triangle.exponents,
        estimate=root @ projections,
        variance=np.einsum("ij,ij->i", root, root),
        residual_squares=float(R[rank, rank] ** 2),
        model_squares=float((projections[int(intercept) :] ** 2).sum()),
    )


def _triangle_of(sample: Sample) -> Triangle:
    return Triangle(_upper(sample.columns), sample.exponents, len(sample))


def _upper(rows: FloatArray) -> FloatArray:
    q = rows.shape[1]
    factor: FloatArray = lapack.dgeqrf(rows, lwork=PANEL * q)[0]
    return factor[:q] * _mask(min(len(rows), q), q)


@lru_cache(maxsize=16)
def _mask(rows: int, columns: int) -> FloatArray:
    return np.triu(np.ones((rows, columns)))


def _square(R: FloatArray) -> FloatArray:
    missing = R.shape[1] - len(R)
    return np.vstack([R, np.zeros((missing, R.shape[1]))]) if missing else R


def _in_units(triangle: Triangle, exponents: IntArray) -> FloatArray:
    scaled: FloatArray = np.ldexp(triangle.R, triangle.exponents - exponents)
    return scaled
