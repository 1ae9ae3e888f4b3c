"""Formulas whose terms are columns of numbers as they are: read once, they make the same design of every such table."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from science.formula import Terms
from science.formula.tree import Name
from science.limits import Limits
from science.table import FloatArray, Numeric, Table

FORMULAS = 256  # kept in a process, some kB each
WIDEST = 64  # columns of a table whose formulas are kept: names may be long, and all are part of the question


@dataclass(frozen=True)
class Plain:
    """The columns to copy: a response, and one for each term."""

    response: str
    predictors: tuple[str, ...]
    intercept: bool

    def copied(self, table: Table, limits: Limits) -> tuple[FloatArray, FloatArray] | None:
        """Give X (n, p) in Fortran order and y (n,); None for too many cells, and where a row lacks a value."""
        n, p = table.rows, self.intercept + len(self.predictors)
        if not n or n * p > limits.max_cells:
            return None
        rows = copied((*self.predictors, self.response), table, intercept=self.intercept)
        return None if rows is None else (rows[:p].T, rows[p])


def copied(names: Sequence[str], table: Table, *, intercept: bool) -> FloatArray | None:
    """Copy columns, (k, n), behind one of ones if there is an intercept; None where one lacks a value, or holds no numbers."""
    columns = [table.columns.get(name) for name in names]
    rows = np.empty((intercept + len(columns), table.rows))
    rows[: int(intercept)] = 1.0
    for place, column in enumerate(columns, int(intercept)):
        if not isinstance(column, Numeric):
            return None
        rows[place] = column.values
    return None if np.isnan(rows).any() else rows


def plain_of(terms: Terms, table: Table) -> Plain | None:
    """Tell which columns a model copies; None when it does more than that, and for a table too wide to be kept."""
    if len(table.columns) > WIDEST or terms.offsets or any(len(term) > 1 for term in terms.terms):
        return None
    names = [one.node.text for one in terms.variables if isinstance(one.node, Name) and one.node.text in table]
    taken_out = len(terms.variables) - len({0, *(index for term in terms.terms for index in term)})  # their gaps count, in R
    if taken_out or len(names) < len(terms.variables) or not all(isinstance(table[name], Numeric) for name in names):
        return None
    return Plain(names[0], tuple(names[index] for (index,) in terms.terms), terms.intercept)


def question_of(formula: str, table: Table, limits: Limits) -> Hashable:
    """Name what decides how a formula is read: its text, the columns, which of them hold numbers, and the limits."""
    numeric = tuple([isinstance(column, Numeric) for column in table.columns.values()])
    return formula, table.names, numeric, limits
