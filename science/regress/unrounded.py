"""An exact solution in whole numbers → the doubles nearest to it, in the units of a Sample."""

from __future__ import annotations

import math

import numpy as np

from science.deadline import Deadline
from science.regress.eliminate import Elimination, Rows, eliminate
from science.regress.gram import Gram
from science.regress.rank import RANK_TOLERANCE
from science.regress.ratio import quotient
from science.regress.solution import Solution
from science.table import FloatArray, IntArray

Unit = tuple[int, int]  # what one of a column's whole numbers is in the sample's column: above / below


def solution_of_gram(gram: Gram, exponents: IntArray, deadline: Deadline, *, intercept: bool) -> Solution:
    """Solve the normal equations whose sums are exact, leaving out a column within RANK_TOLERANCE of those before it."""
    sums = gram.sums.tolist()
    units = [_unit(two - e, ten) for two, ten, e in zip(gram.two, gram.ten, exponents.tolist(), strict=True)]
    elimination = eliminate(sums, RANK_TOLERANCE, deadline)
    return solution_of_elimination(elimination, sums, units, (1, 1), exponents, intercept=intercept)


def solution_of_elimination(
    elimination: Elimination, sums: Rows, units: list[Unit], weight: Unit, exponents: IntArray, *, intercept: bool
) -> Solution:
    """Round each number of the solution once. sums: of [X y], in the units. weight: the unit of the rows' weights."""
    determinant = elimination.determinant
    above, below = units[-1]
    squares = (above * above * weight[0], below * below * weight[1])  # one unit of a sum of squares of y
    chosen = [units[j] for j in elimination.kept]
    model, over = _model_squares(elimination, sums, intercept=intercept)
    return Solution(
        kept=np.array(elimination.kept, dtype=np.intp),
        root=_root(elimination, chosen, weight),
        exponents=exponents,
        estimate=np.array(
            [quotient(x * above * b, determinant * below * a) for x, (a, b) in zip(elimination.estimate, chosen, strict=True)]
        ),
        variance=np.array(
            [
                quotient(x * b * b * weight[1], determinant * a * a * weight[0])
                for x, (a, b) in zip(elimination.variance, chosen, strict=True)
            ]
        ),
        residual_squares=quotient(elimination.residual_squares * squares[0], determinant * squares[1]),
        model_squares=quotient(model * squares[0], over * squares[1]),
    )


def _unit(two: int, ten: int) -> Unit:
    """Return 2**two / 10**ten."""
    return (1 << two, 10**ten) if two > 0 else (1, 10**ten << -two)


def _model_squares(elimination: Elimination, sums: Rows, *, intercept: bool) -> tuple[int, int]:
    """Return the fit's sum of squares, about the mean where there is an intercept, as a quotient."""
    total, residual, determinant = sums[-1][-1], elimination.residual_squares, elimination.determinant
    if not intercept:
        return total * determinant - residual, determinant
    count, first = sums[0][0], sums[0][-1]
    return (total * count - first * first) * determinant - residual * count, determinant * count


def _root(elimination: Elimination, units: list[Unit], weight: Unit) -> FloatArray:
    rank = len(units)
    root = np.zeros((rank, rank), order="F")
    for j, (column, square) in enumerate(zip(elimination.root, elimination.squares, strict=True)):
        for i, (y, (a, b)) in enumerate(zip(column, units, strict=False)):
            size = math.sqrt(quotient(y * y * b * b * weight[1], square * a * a * weight[0]))
            root[i, j] = size if y > 0 else -size
    return root
