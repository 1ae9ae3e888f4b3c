"""Least squares in whole numbers: fraction-free Gauss-Jordan elimination of the normal equations (Bareiss 1968)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from errors import InvalidInput
from science.deadline import Deadline
from science.regress.gram import Integers

LIMB = 30  # bits of a digit of Python's whole numbers
READING = 5_000  # nanoseconds from a double of 16 digits to a fraction
MOST_NANOSECONDS = 5_000_000_000  # of an elimination, by the estimate below


@dataclass(frozen=True)
class Row:
    """A row of the triangular factor R: the numbers over the square root of `square`."""

    numbers: Integers  # (p,)
    square: int

    def scaled(self, column: int, unit: Fraction) -> float:
        """Return the number of a column times the square root of `unit`, rounded once all are multiplied."""
        number = self.numbers[column]
        value = Fraction(number**2, self.square) * unit
        shift = (value.numerator.bit_length() - value.denominator.bit_length()) // 2
        root = math.sqrt(value / Fraction(4) ** shift)
        return math.ldexp(root if number > 0 else -root, shift)


@dataclass(frozen=True)
class Elimination:
    """The exact solution of the columns that are kept, each number a fraction."""

    kept: list[int]
    estimate: list[Fraction]
    variance: list[Fraction]  # diagonal of inv(G)
    residual_squares: Fraction
    rows: list[Row]  # of the triangular factor


def check_work(rows: int, columns: int, bits: int) -> None:
    """Raise InvalidInput, naming `precision`, for what would take too long.

    To read a number takes about READING ns, a product of k limbs 40 + 0.7 k**2; step j of the elimination has
    entries of j times the bits.
    """
    limbs = bits / LIMB + 1
    gram = rows * columns**2 * (40.0 + 0.7 * limbs**2)
    elimination = 6.0 * columns**2 * (40.0 * columns + limbs**2 * columns**3)
    if READING * rows * columns + gram + elimination > MOST_NANOSECONDS:
        raise InvalidInput(
            f"{rows} rows and {columns} columns of about {bits} bits are too many for exact arithmetic; use precision double",
            field="precision",
        )


def eliminate(sums: Integers, tolerance: float, deadline: Deadline) -> Elimination:
    """Solve [G c; c' s] for least squares, leaving out each column that depends on those before it.

    sums: (p + 1, p + 1), the cross-products of [X y] as whole numbers. A column depends when what is left of its
    sum of squares is at most tolerance**2 of it; with a tolerance of 0 that is decided exactly.
    """
    p = len(sums) - 1
    work = np.hstack([sums, np.diag(np.array([1] * p + [0], dtype=object))[:, :p]])
    previous = 1
    kept: list[int] = []
    rows: list[Row] = []
    for j in range(p):
        deadline.check()
        pivot = work[j, j]
        if pivot == 0 or pivot <= Fraction(tolerance) ** 2 * previous * sums[j, j]:
            continue
        kept.append(j)
        row = work[j].copy()
        rows.append(Row(row[:p], pivot * previous))
        work = (work * pivot - work[:, [j]] * row) // previous
        work[j] = row
        previous = pivot
    return Elimination(
        kept=kept,
        estimate=[Fraction(work[j, p], previous) for j in kept],
        variance=[Fraction(work[j, p + 1 + j], previous) for j in kept],
        residual_squares=Fraction(work[p, p], previous),
        rows=rows,
    )
