"""Least squares in whole numbers: fraction-free Gauss-Jordan elimination of the normal equations (Bareiss 1968)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from errors import InvalidInput
from science.deadline import Deadline
from science.regress.gram import Integers
from science.table import FloatArray

LIMB = 30  # bits of a digit of Python's whole numbers
MOST_NANOSECONDS = 5_000_000_000  # of an elimination, by the estimate below


@dataclass(frozen=True)
class Elimination:
    """The exact solution of the columns that are kept, each number a fraction."""

    kept: list[int]
    estimate: list[Fraction]
    variance: list[Fraction]  # diagonal of inv(G)
    residual_squares: Fraction
    R: FloatArray  # (rank, rank) triangular factor of the kept columns, rounded


def check_work(rows: int, columns: int, bits: int) -> None:
    """Raise InvalidInput, naming `precision`, for what would take too long.

    A product of k limbs takes about 40 + 0.7 k**2 ns; step j of the elimination has entries of j times the bits.
    """
    limbs = bits / LIMB + 1
    gram = rows * columns**2 * (40.0 + 0.7 * limbs**2)
    elimination = 6.0 * columns**2 * (40.0 * columns + limbs**2 * columns**3)
    if gram + elimination > MOST_NANOSECONDS:
        raise InvalidInput(
            f"{rows} rows and {columns} columns of {bits} bits are too many for exact arithmetic; use precision double",
            field="precision",
        )


def eliminate(sums: Integers, tolerance: float, deadline: Deadline) -> Elimination:
    """Solve [G c; c' s] for least squares, leaving out each column that depends on those before it.

    sums: (p + 1, p + 1), the cross-products of [X y] as whole numbers. A column depends when what is left of its
    sum of squares is at most tolerance**2 of it; with a tolerance of 0 that is decided exactly.
    """
    p = len(sums) - 1
    work = np.hstack([sums, np.diag(np.array([1] * p + [0], dtype=object))[:, :p]])
    previous, kept, rows = 1, [], []
    for j in range(p):
        deadline.check()
        pivot = work[j, j]
        if pivot == 0 or pivot <= Fraction(tolerance) ** 2 * previous * sums[j, j]:
            continue
        kept.append(j)
        rows.append([_over_root(number, pivot, previous) for number in work[j, :p]])
        row = work[j].copy()
        work = (work * pivot - work[:, [j]] * row) // previous
        work[j] = row
        previous = pivot
    return Elimination(
        kept=kept,
        estimate=[Fraction(work[j, p], previous) for j in kept],
        variance=[Fraction(work[j, p + 1 + j], previous) for j in kept],
        residual_squares=Fraction(work[p, p], previous),
        R=np.array(rows, dtype=np.float64).reshape(len(kept), p)[:, kept],
    )


def _over_root(number: int, pivot: int, previous: int) -> float:
    """Return number / sqrt(pivot * previous), whatever their size."""
    square = Fraction(number * number, pivot * previous)
    shift = (square.numerator.bit_length() - square.denominator.bit_length()) // 2
    root = float(square / Fraction(4) ** shift) ** 0.5
    return float(np.ldexp(root if number > 0 else -root, shift))
