"""From a formula and a table to the arrays of a mixed model, with what makes the same columns of new rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from errors import FormulaError, InvalidInput
from science.design import Design, Recipe, build
from science.design.evaluate import evaluate
from science.design.factors import categories
from science.design.frame import Frame, unknown_column
from science.design.functions import FUNCTIONS
from science.formula import Formula, parse
from science.formula.tree import Name
from science.limits import Limits
from science.mixed.bars import RandomTerm, columns_needed, fixed_text, is_intercept, random_terms, response_text
from science.mixed.grouping import Term
from science.table import FloatArray, IntArray, Table

INTERCEPT = ("(Intercept)",)


@dataclass(frozen=True)
class TermRecipe:
    """How the columns of one random-effects term are made of new rows. recipe: None for the intercept alone."""

    group: str
    parts: tuple[str, ...]
    names: tuple[str, ...]
    recipe: Recipe | None


@dataclass(frozen=True)
class MixedDesign:
    fixed: Design
    terms: tuple[Term, ...]
    recipes: tuple[TermRecipe, ...]


def build_mixed(formula: str, table: Table, limits: Limits, *, missing: str, also: tuple[str, ...] = ()) -> MixedDesign:
    """Build the design of a formula with random effects.

    A row with a missing value in any variable, grouping factors and `also` included, is dropped and counted, or refused. Raises
    FormulaError pointing into the formula, InvalidInput naming the column, LimitExceeded.
    """
    tree = parse(formula, limits)
    response = response_text(tree)
    terms = random_terms(tree, table.names, limits)
    check_groups(terms, tree, table, limits)
    needed = (*columns_needed(terms), *also)
    fixed = build(fixed_text(tree), table, limits, missing="refuse" if missing == "refuse" else "drop", also=needed)
    kept = table if fixed.rows_dropped == 0 else table.take(fixed.rows)
    built = [_term(term, response, tree, kept, limits) for term in terms]
    return MixedDesign(fixed, tuple(term for term, _ in built), tuple(recipe for _, recipe in built))


def levels_of(parts: tuple[str, ...], table: Table, text: str, limits: Limits) -> tuple[IntArray, tuple[str, ...]]:
    """Code the combinations of columns that occur, in R's order (-1 where one is missing), and name them."""
    frame = Frame(table, text, limits, FUNCTIONS)
    codes = np.zeros(table.rows, dtype=np.intp)
    names: list[str] = [""]
    for number, part in enumerate(parts):
        node = Name(part, 0, 0)
        factor = categories(evaluate(node, frame), node, frame)
        crossed = np.where((codes < 0) | (factor.codes < 0), -1, codes * len(factor.levels) + factor.codes)
        present, codes = _present(crossed, len(names) * len(factor.levels))
        outer, inner = np.divmod(present, len(factor.levels))
        if number:
            names = [f"{names[a]}:{factor.levels[b]}" for a, b in zip(outer.tolist(), inner.tolist(), strict=True)]
        else:
            names = [factor.levels[b] for b in inner.tolist()]
    return codes, tuple(names)


def _present(codes: IntArray, count: int) -> tuple[IntArray, IntArray]:
    """Number the codes that occur, in their order; -1 stays."""
    if count > 4 * len(codes) + 1000:
        present, inverse = np.unique(codes[codes >= 0], return_inverse=True)
        recoded = np.full(len(codes), -1, dtype=np.intp)
        recoded[codes >= 0] = inverse
        return present, recoded
    seen = np.zeros(count + 1, dtype=np.bool_)
    seen[codes] = True  # -1 is the extra last one
    present = np.flatnonzero(seen[:-1])
    number = np.full(count + 1, -1, dtype=np.intp)
    number[present] = np.arange(len(present))
    return present, number[codes]


def check_groups(terms: tuple[RandomTerm, ...], tree: Formula, table: Table, limits: Limits) -> None:
    """Refuse a grouping factor that is no column of the data. Raises FormulaError."""
    for term in terms:
        for part in term.parts:
            if part not in table:
                node = term.bar.group
                raise unknown_column(Name(part, node.start, node.end), Frame(table, tree.text, limits, FUNCTIONS))


def _term(term: RandomTerm, response: str, tree: Formula, table: Table, limits: Limits) -> tuple[Term, TermRecipe]:
    codes, levels = levels_of(term.parts, table, tree.text, limits)
    if len(levels) < 2:
        what = f"the grouping factor {term.group} has one level only in the rows used; effects vary over two or more"
        raise FormulaError(what, formula=tree.text, position=term.bar.group.start)
    Z, names, recipe = _columns(term, response, table, limits)
    return Term(term.group, names, codes, levels, Z), TermRecipe(term.group, term.parts, names, recipe)


def _columns(term: RandomTerm, response: str, table: Table, limits: Limits) -> tuple[FloatArray, tuple[str, ...], Recipe | None]:
    if is_intercept(term.effects):
        return np.ones((table.rows, 1)), INTERCEPT, None
    design = build(f"{response} ~ {term.effects}", table, limits)
    if design.offset is not None:
        raise InvalidInput("an offset belongs beside the random effects, not inside their parentheses", field="formula")
    return design.X, design.columns, design.recipe
