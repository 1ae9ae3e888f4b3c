"""Least squares in rational arithmetic: the data are the decimals they were written as, and nothing is rounded but the answer.

Columns, sums, products, quotients and whole powers of columns are exact; what is not arithmetic (log, splines) counts
as the double it is.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from science.deadline import Deadline
from science.design import Design
from science.limits import Limits
from science.regress.eliminate import check_work, eliminate
from science.regress.exact_columns import exact_columns
from science.regress.rank import RANK_TOLERANCE
from science.regress.rational import of_decimals, reduced
from science.regress.sample import Sample
from science.regress.solution import Solution
from science.regress.unrounded import solution_of_elimination
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
    sums = (whole.T @ weighted).tolist()
    elimination = eliminate(sums, RANK_TOLERANCE if rounded else 0.0, deadline)
    scale = [Fraction(2) ** -int(e) for e in sample.exponents]
    units = [(part[1] * two).as_integer_ratio() for part, two in zip(parts, scale, strict=True)]
    weight = weight_unit.as_integer_ratio()
    return solution_of_elimination(elimination, sums, units, weight, sample.exponents, intercept=design.intercept)
