"""Iterative refinement against exact cross-products: residuals of the normal equations without rounding.

The factor R comes from Householder QR of the rows, so a step gains log10(1 / (eps cond(X))) digits, not
log10(1 / (eps cond(X)**2)) (Björck 1987 on the corrected seminormal equations); since the residuals are exact, the
steps go on until estimates, variances and the residual sum of squares are right to the last digit of a double.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from science.deadline import Deadline
from science.regress.gram import Gram, Integers, gram_of, merge, whole_numbers
from science.regress.kernel import BLOCK_ROWS
from science.regress.ratio import ratio
from science.regress.sample import Sample
from science.regress.solution import Solution
from science.table import FloatArray, IntArray

STEPS = 8  # RANK_TOLERANCE leaves at least 4 digits a step
FRACTION_BITS = 128  # of the fixed-point unknowns below their largest
TINY = np.finfo(np.float64).tiny
ENOUGH = 2.0**-60  # relative error of an unknown that no double shows
NOTHING = 110  # bits: a residual sum of squares so far below the total is what refinement leaves of zero
VARIANCES = 60  # columns; with more the p**3 whole-number products cost more than the digits are worth


def cross_products(sample: Sample, deadline: Deadline) -> Gram:
    """Return the exact cross-products of all rows, block by block."""
    gram = gram_of(sample.block(0, BLOCK_ROWS))
    for start in range(BLOCK_ROWS, len(sample), BLOCK_ROWS):
        deadline.check()
        gram = merge(gram, gram_of(sample.block(start, start + BLOCK_ROWS)))
    return gram


def refined(solution: Solution, sample: Sample, deadline: Deadline, *, intercept: bool) -> Solution:
    """Return the solution with every number as right as a double can be. Costs some 10 times the factor itself."""
    gram = cross_products(sample, deadline)
    kept, last = solution.kept, len(solution.exponents) - 1
    G, c, total = gram.sums[kept[:, None], kept], gram.sums[kept, last], gram.sums[last, last]
    unit = _units(gram, solution.exponents)
    outward = _outward(unit[kept], unit[last])
    bits = FRACTION_BITS + max(0, -math.frexp(outward.min())[1])
    B = _unknowns(G, c, solution, unit[kept], outward, bits, deadline)
    b = B[:, 0]
    residual = (total << (2 * bits)) - b @ (2 * (c << bits) - G @ b)
    residual = residual if residual >> (2 * bits - NOTHING) > total else 0
    model, count = _model_squares(G, c, total, bits, intercept=intercept)
    two = [a - e for a, e in zip(gram.two, solution.exponents.tolist(), strict=True)]
    return replace(
        solution,
        estimate=np.array([ratio(b[i], 1, two[last] - two[j] - bits, gram.ten[j] - gram.ten[last]) for i, j in enumerate(kept)]),
        variance=_variance(B, kept, two, gram.ten, bits) if B.shape[1] > 1 else solution.variance,
        residual_squares=ratio(residual, 1, 2 * (two[last] - bits), -2 * gram.ten[last]),
        model_squares=ratio(model - count * residual, count, 2 * (two[last] - bits), -2 * gram.ten[last]),
    )


def _units(gram: Gram, exponents: IntArray) -> FloatArray:
    """Return what one unit of each whole-number column is in the sample's columns, about."""
    units: FloatArray = np.ldexp(10.0 ** -np.array(gram.ten, dtype=np.float64), np.array(gram.two) - exponents)
    return units


def _outward(unit: FloatArray, unit_y: float) -> FloatArray:
    """Return the factors (p, 1 or 1 + p) from the unknowns [b V] of the sample's columns to those of the whole numbers."""
    across = np.append(1.0 / unit_y, unit) if len(unit) <= VARIANCES else np.array([1.0 / unit_y])
    outward: FloatArray = unit[:, None] * across
    return outward


def _unknowns(
    G: Integers, c: Integers, solution: Solution, unit: FloatArray, outward: FloatArray, bits: int, deadline: Deadline
) -> Integers:
    """Solve G [b V] = [c I] for b and V = inv(G), as whole numbers of 2**-bits, by steps with the factor's inverse."""
    root = solution.root
    start, right = np.empty(outward.shape), np.zeros(outward.shape, dtype=object)
    start[:, 0], right[:, 0] = solution.estimate, c << bits
    if outward.shape[1] > 1:
        start[:, 1:] = root @ root.T
        right.flat[1 :: len(c) + 2] = 1 << bits
    scale = np.ldexp(outward, bits)
    inward = unit[:, None] ** 2 / scale
    size = np.abs(start)
    size = size + ENOUGH * size.max(axis=0) + TINY
    B = whole_numbers(start * scale)
    rate = 0.0
    for _ in range(STEPS):
        deadline.check()
        step = root @ (root.T @ ((right - G @ B).astype(np.float64) * inward))
        B += whole_numbers(step * scale)
        change = float((np.abs(step) / size).max())
        rate = max(rate, change)
        if change * rate <= ENOUGH:
            break
    return B


def _variance(B: Integers, kept: IntArray, two: list[int], ten: tuple[int, ...], bits: int) -> FloatArray:
    return np.array([ratio(B[i, i + 1], 1, -bits - 2 * two[j], 2 * ten[j]) for i, j in enumerate(kept)])


def _model_squares(G: Integers, c: Integers, total: int, bits: int, *, intercept: bool) -> tuple[int, int]:
    """Return a and count with a / count, in units of 2**-2bits, the sum of squares of y, about its mean with an intercept."""
    if not intercept:
        return total << (2 * bits), 1
    return (total * G[0, 0] - c[0] * c[0]) << (2 * bits), G[0, 0]
