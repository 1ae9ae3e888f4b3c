"""Least squares in whole numbers: fraction-free elimination of the normal equations (Bareiss 1968)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from operator import mul

from errors import InvalidInput
from science.deadline import Deadline

LIMB = 30  # bits of a digit of Python's whole numbers
READING = 5_000  # nanoseconds from a double of 16 digits to a fraction
MOST_NANOSECONDS = 5_000_000_000  # of an elimination, by the estimate below

Rows = list[list[int]]  # of an upper triangle: row i has the columns from i on


@dataclass(frozen=True)
class Elimination:
    """The exact solution of the columns that are kept; `determinant` is that of their cross-products G."""

    kept: list[int]
    determinant: int
    estimate: list[int]  # over the determinant
    variance: list[int]  # the diagonal of inv(G), over the determinant
    residual_squares: int  # over the determinant
    root: Rows  # column by column of the upper triangular factor with root root' = inv(G) ...
    squares: list[int]  # ... each over the square root of this


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


def eliminate(sums: Rows, tolerance: float, deadline: Deadline) -> Elimination:
    """Solve [G c; c' s] for least squares, leaving out each column that depends on those before it.

    sums: (p + 1, p + 1), the cross-products of [X y] as whole numbers. A column depends when what is left of its
    sum of squares is at most tolerance**2 of it; with a tolerance of 0 that is decided exactly.
    """
    p = len(sums) - 1
    kept, upper = _reduced([row[i:] for i, row in enumerate(sums)], tolerance, deadline)
    rows = [[upper[i][k - i] for k in kept[a:]] for a, i in enumerate(kept)]
    pivots = [1, *(row[0] for row in rows)]
    root = [_column_of_root(rows, pivots, b) for b in range(len(kept))]
    return Elimination(
        kept=kept,
        determinant=pivots[-1],
        estimate=_estimate(rows, [upper[i][p - i] for i in kept], pivots[-1]),
        variance=_variance(root, pivots),
        residual_squares=upper[p][0],
        root=root,
        squares=[a * b for a, b in zip(pivots[1:], pivots, strict=False)],
    )


def _reduced(upper: Rows, tolerance: float, deadline: Deadline) -> tuple[list[int], Rows]:
    """Return the kept columns and the triangle: every entry a minor of the matrix, so every division comes out even."""
    above, below = _squared(tolerance)
    p, previous = len(upper) - 1, 1
    wholes = [row[0] for row in upper]
    kept: list[int] = []
    for j in range(p):
        deadline.check()
        row = upper[j]
        pivot = row[0]
        if not pivot or pivot * below <= above * previous * wholes[j]:
            continue
        kept.append(j)
        for i in range(j + 1, p + 1):
            tail = row[i - j :]
            factor = tail[0]
            upper[i] = [(a * pivot - factor * b) // previous for a, b in zip(upper[i], tail, strict=True)]
        previous = pivot
    return kept, upper


@lru_cache(maxsize=2)
def _squared(tolerance: float) -> tuple[int, int]:
    return (Fraction(tolerance) ** 2).as_integer_ratio()


def _estimate(rows: Rows, right: list[int], determinant: int) -> list[int]:
    estimate: list[int] = []  # from the last on
    for row, number in zip(reversed(rows), reversed(right), strict=True):
        rest = sum(map(mul, row[1:], reversed(estimate)))
        estimate.append((determinant * number - rest) // row[0])
    return estimate[::-1]


def _column_of_root(rows: Rows, pivots: list[int], b: int) -> list[int]:
    column = [pivots[b]]  # from the diagonal upwards
    for a in range(b - 1, -1, -1):
        row = rows[a]
        column.append(-sum(map(mul, row[1:], reversed(column))) // row[0])
    return column[::-1]


def _variance(root: Rows, pivots: list[int]) -> list[int]:
    """Add up the squares of the root's rows; before each step they are over the pivot before."""
    variance: list[int] = []
    for column, pivot, previous in zip(root, pivots[1:], pivots, strict=False):
        variance.append(0)
        variance = [(a * pivot + y * y) // previous for a, y in zip(variance, column, strict=True)]
    return variance
