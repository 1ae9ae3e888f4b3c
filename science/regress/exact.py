"""Least squares in rational arithmetic: the data are the decimals they were written as, and nothing is rounded but the answer.

Columns, sums, products, quotients and whole powers of columns are exact; what is not arithmetic (log, splines) counts
as the double it is.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from scipy.linalg import lapack

from errors import InvalidInput
from science.deadline import Deadline
from science.design import Design
from science.limits import Limits
from science.regress.eliminate import Elimination, check_work, eliminate
from science.regress.exact_columns import exact_columns
from science.regress.gram import Integers
from science.regress.rank import RANK_TOLERANCE, TOO_CLOSE
from science.regress.ratio import nearest
from science.regress.rational import of_decimals, reduced
from science.regress.sample import Sample
from science.regress.solution import Solution
from science.table import FloatArray, IntArray, Table

LEAST_BITS = 8  # of any data, before they are read


def exact_solution(
    formula: str,
    design: Design,
    table: Table,
    sample: Sample,
    weights: FloatArray | None,
    used: IntArray | None,
    limits: Limits,
    deadline: Deadline,
) -> Solution:
    """Solve exactly for the rows `used` (all when None), in the powers of two of `sample`, the same rows in doubles.

    A column is aliased when it depends on those before it exactly, or within RANK_TOLERANCE where a column was rounded.
    Raises InvalidInput, naming `precision`, for more work than a request may ask.
    """
    check_work(len(design.rows), design.X.shape[1] + 1, LEAST_BITS)
    columns, rounded = exact_columns(formula, design, table, limits)
    n = len(design.rows)
    parts = [reduced(column, n) for column in columns]
    whole = np.column_stack([part[0] for part in parts])
    weighted, weight_unit = whole, Fraction(1)
    if weights is not None:
        numbers, weight_unit = reduced(of_decimals(weights), n)
        weighted = whole * numbers[:, None]
    if used is not None:
        whole, weighted = whole[used], weighted[used]
    bits = max(int(number).bit_length() for number in np.ravel(weighted))
    check_work(len(whole), whole.shape[1], 2 * bits)
    deadline.check()
    sums = whole.T @ weighted
    elimination = eliminate(sums, RANK_TOLERANCE if rounded else 0.0, deadline)
    units = [part[1] * Fraction(2) ** -int(e) for part, e in zip(parts, sample.exponents, strict=True)]
    return _solution(elimination, sums, units, weight_unit, sample.exponents, intercept=design.intercept)


def _solution(
    elimination: Elimination, sums: Integers, units: list[Fraction], weight: Fraction, exponents: IntArray, *, intercept: bool
) -> Solution:
    kept, unit_y = elimination.kept, units[-1]
    squares = elimination.residual_squares
    model = Fraction(sums[-1, -1]) - squares
    if intercept:
        model -= Fraction(sums[0, -1] ** 2, sums[0, 0])
    R = np.zeros((len(kept), len(kept)))
    for i, row in enumerate(elimination.rows):
        R[i, i:] = [row.scaled(j, units[j] ** 2 * weight) for j in kept[i:]]
    root, singular = lapack.dtrtri(R)
    if singular:
        raise InvalidInput(TOO_CLOSE, field="formula")
    return Solution(
        kept=np.array(kept, dtype=np.intp),
        root=root,
        exponents=exponents,
        estimate=np.array([nearest(b * unit_y / units[j]) for b, j in zip(elimination.estimate, kept, strict=True)]),
        variance=np.array([nearest(v / (units[j] ** 2 * weight)) for v, j in zip(elimination.variance, kept, strict=True)]),
        residual_squares=nearest(squares * unit_y**2 * weight),
        model_squares=nearest(model * unit_y**2 * weight),
    )
