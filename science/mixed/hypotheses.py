"""Type III hypotheses of the terms of a design, as SAS and lmerTest's anova: what each term adds, averaged over the others.

The estimable functions of the design that has a column for every level of every factor, each term's made orthogonal to
those of the terms that contain it. With all cells filled they are what sum contrasts test.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod

import numpy as np
from scipy.linalg import solve_triangular

from science.deadline import Deadline
from science.design import Recipe
from science.design.blocks import part_names, term_names
from science.design.coding import Part
from science.design.contrasts import TREATMENT
from science.limits import Limits
from science.mixed.triangle import triangle
from science.regress.rank import independent
from science.table import FloatArray, IntArray, Table

ROUNDING = 1e-9  # of the largest coefficient: what is below is zero


@dataclass(frozen=True)
class Hypothesis:
    """L beta = 0. L: (q, k) over the kept columns; dependent rows are possible."""

    term: str
    L: FloatArray


def type_three(
    recipe: Recipe, X: FloatArray, kept: IntArray, table: Table, limits: Limits, deadline: Deadline
) -> list[Hypothesis]:
    """List a hypothesis for each term but the intercept. X: (n, p); kept: its (k,) independent columns; table: its n rows.

    A term of which no coefficient is left has L of no rows. Raises LimitExceeded for too many cells of factors,
    DeadlineExceeded.
    """
    labels = [":".join(recipe.ingredients[index].label for index, _ in term) for term in recipe.terms]
    owners = _owners(recipe)[kept]
    if len(labels) == 1:
        return [Hypothesis(labels[0], np.eye(len(kept))[owners == 0])]
    everything = _recoded(recipe, [tuple((index, True) for index, _ in term) for term in recipe.terms])
    plain = _recoded(recipe, recipe.terms)
    cells = len(X) * (len(everything.columns) + len(plain.columns))
    limits.check("max_cells", cells, f"the tests of all terms need {cells} cells", field="f_tests")
    reference = plain.matrix(table, limits).X
    independent_ones = _independent(reference)
    reference = reference[:, independent_ones]
    deadline.check()
    regressed = _coefficients(reference, np.hstack([everything.matrix(table, limits).X, X[:, kept]]))
    deadline.check()
    functions, outward = regressed[:, : len(everything.columns)].T, regressed[:, len(everything.columns) :]
    functions = _orthogonal(functions, _owners(plain)[independent_ones], recipe, deadline)
    own = functions[_rows_of(plain, everything)[independent_ones]]
    found = []
    for number, label in enumerate(labels):
        L = own[:, _owners(plain)[independent_ones] == number].T
        found.append(Hypothesis(label, L[np.abs(L).sum(1) > ROUNDING] @ outward))
    return found


def _recoded(recipe: Recipe, terms: Sequence[tuple[Part, ...]]) -> Recipe:
    """Return the recipe with R's default contrasts and these codings of its terms."""
    ingredients = tuple(replace(ingredient, contrast=TREATMENT) for ingredient in recipe.ingredients)
    columns = ["(Intercept)"] if recipe.intercept else []
    for term in terms:
        columns += term_names([part_names(ingredients[index], full) for index, full in term])
    return replace(recipe, terms=tuple(terms), ingredients=ingredients, columns=tuple(columns))


def _owners(recipe: Recipe) -> IntArray:
    """Tell of every column which term it is of; -1 is the intercept."""
    owners = [-1] if recipe.intercept else []
    for number, term in enumerate(recipe.terms):
        owners += [number] * prod(len(part_names(recipe.ingredients[index], full)) for index, full in term)
    return np.array(owners, dtype=np.intp)


def _rows_of(plain: Recipe, everything: Recipe) -> IntArray:
    """Find each column of the one design, by term and name, in the other."""
    place = {key: at for at, key in enumerate(zip(_owners(everything).tolist(), everything.columns, strict=True))}
    keys = zip(_owners(plain).tolist(), plain.columns, strict=True)
    return np.array([place[key] for key in keys], dtype=np.intp)


def _independent(X: FloatArray) -> IntArray:
    return independent(triangle(np.column_stack([X, np.ones(len(X))])))[0]


def _coefficients(X: FloatArray, Y: FloatArray) -> FloatArray:
    """Regress the columns of Y on those of X, which are independent."""
    sizes, lengths = np.linalg.norm(X, axis=0), np.linalg.norm(Y, axis=0)
    lengths = np.where(lengths > 0.0, lengths, 1.0)
    Q, R = np.linalg.qr(X / sizes)
    solved = solve_triangular(R, Q.T @ (Y / lengths))
    return _rounded(solved) * lengths / sizes[:, None]


def _orthogonal(functions: FloatArray, owners: IntArray, recipe: Recipe, deadline: Deadline) -> FloatArray:
    """Make the functions of each term orthogonal to those of the terms that contain it, the highest orders first."""
    changed = functions.copy()
    for number in sorted(range(len(recipe.terms)), key=lambda one: -len(recipe.terms[one])):
        containing = [other for other in range(len(recipe.terms)) if _contains(recipe, other, number)]
        if containing:
            deadline.check()
            around, own = changed[:, np.isin(owners, containing)], owners == number
            changed[:, own] = _rounded(changed[:, own] - around @ np.linalg.lstsq(around, changed[:, own], rcond=None)[0])
    return changed


def _contains(recipe: Recipe, outer: int, inner: int) -> bool:
    """Tell whether one term has all variables of another, further factors, and the same numbers."""
    large, small = ({index for index, _ in recipe.terms[one]} for one in (outer, inner))
    numbers = {index for index in large if recipe.ingredients[index].levels is None and recipe.ingredients[index].names == ("",)}
    return small < large and numbers <= small


def _rounded(values: FloatArray) -> FloatArray:
    return np.where(np.abs(values) > ROUNDING * np.abs(values).max(initial=0.0), values, 0.0)
