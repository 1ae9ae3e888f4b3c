"""A formula and a table to the design of a model: X, y, and everything R's model.matrix tells about them."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Literal

import numpy as np

from errors import FormulaError, InvalidInput
from science.design.blocks import Block, assembled, block, overflow, part_names, term_names
from science.design.coding import Part, coding
from science.design.evaluate import COMPARISONS, LOGIC
from science.design.frame import Frame, listed
from science.design.functions import FUNCTIONS
from science.design.ingredient import Ingredient
from science.design.learned import width
from science.design.plain import FORMULAS, Plain, plain_of, question_of
from science.design.recipe import Recipe
from science.design.values import Categories, Columns, Numbers, either, taken
from science.design.variables import Evaluated, checked, learned, variable
from science.formula import Terms, expand, parse
from science.formula.spelling import quoted_name
from science.formula.tree import Call, Chain, Group, Node, names
from science.limits import Limits
from science.notice import Notice
from science.recent import Recent
from science.table import BoolArray, FloatArray, IntArray, Table

Missing = Literal["drop", "refuse"]

PLAIN: Recent[Hashable, tuple[Plain, Design]] = Recent(FORMULAS)
NOTHING: FloatArray = np.empty(0)
NO_ROWS: IntArray = np.empty(0, dtype=np.intp)
TRUTHS = {*COMPARISONS, *LOGIC}  # what gives true or false
TRUE_OR_FALSE = "true or false; as.numeric() makes 1 and 0 of it"


@dataclass(frozen=True)
class Design:
    """The matrix of a model. Row i of X is row rows[i] of the table.

    X: (n, p), Fortran order. X_low: what rounding X to double lost, None when nothing was lost. y, offset: (n,).
    columns: R's names of the coefficients. assign: the term of each column, 0 for the intercept, then terms[assign - 1].
    """

    X: FloatArray
    y: FloatArray
    X_low: FloatArray | None
    columns: tuple[str, ...]
    assign: tuple[int, ...]
    terms: tuple[str, ...]
    intercept: bool
    offset: FloatArray | None
    rows: IntArray
    rows_total: int
    rows_dropped: int
    warnings: tuple[Notice, ...]
    recipe: Recipe


def build(formula: str, table: Table, limits: Limits, *, missing: Missing = "drop", also: tuple[str, ...] = ()) -> Design:
    """Build the design of a formula, with the columns, names and codings of R's model.matrix.

    A row with a missing value in any variable, or in a column named by `also`, is dropped and counted, or refused.
    Raises FormulaError pointing into the formula, InvalidInput naming the column, and LimitExceeded; terms, columns
    and cells are counted before anything of their size is made.
    """
    question = question_of(formula, table, limits)
    design = None if also else _copied(question, table, limits)
    return design or _built(question, formula, table, limits, missing, also)


def _copied(question: Hashable, table: Table, limits: Limits) -> Design | None:
    """Make a plain design from its columns, if one was made of this formula before."""
    known = PLAIN.find(question)
    copied = known and known[0].copied(table, limits)
    if not known or not copied:
        return None
    (X, y), n = copied, table.rows
    return replace(known[1], X=X, y=y, rows=np.arange(n), rows_total=n)


def _built(question: Hashable, formula: str, table: Table, limits: Limits, missing: Missing, also: tuple[str, ...]) -> Design:
    tree = parse(formula, limits)
    terms = expand(tree, table.names if tree.has_dot else (), limits)
    frame = Frame(table, formula, limits, FUNCTIONS)
    check_terms(terms, frame)
    _check_least_size(terms, frame)
    with np.errstate(all="ignore"):
        values = [variable(one.node, frame) for one in terms.variables]
        rows = _kept(terms, values, also, missing, frame)
        if rows is not None:
            values = [taken(value, rows) for value in values]
        for one, value in zip(terms.variables, values, strict=True):
            checked(one.node, value, rows, frame)
        design = _design(terms, values, rows, frame)
    plain = plain_of(terms, table)
    if plain is not None:
        PLAIN.note(question, (plain, replace(design, X=NOTHING, y=NOTHING, rows=NO_ROWS, rows_dropped=0)))
    return design


def _design(terms: Terms, values: list[Evaluated], rows: IntArray | None, frame: Frame) -> Design:
    n = frame.table.rows if rows is None else len(rows)
    needed = dict.fromkeys(index for term in terms.terms for index in term)
    ingredients: dict[int, Ingredient] = {}
    for index in needed:
        one = terms.variables[index]
        ingredients[index], values[index] = learned(one.node, one.label, values[index], frame)
    codes = coding(terms.terms, lambda index: ingredients[index].levels is not None, terms.intercept)
    _check_levels(codes, ingredients, frame)
    counts = _check_size(codes, ingredients, terms, n, frame)
    blocks: dict[Part, Block] = {}

    def block_of(part: Part) -> Block:
        if part not in blocks:
            blocks[part] = block(ingredients[part[0]], values[part[0]], part[1])
        return blocks[part]

    matrix = assembled(codes, terms.intercept, sum(counts) + terms.intercept, n, block_of)
    columns = _columns(codes, ingredients, terms.intercept)
    beyond = overflow(matrix.X, codes)
    if beyond is not None:
        row = beyond[0] if rows is None else int(rows[beyond[0]])
        raise frame.data_error(f"{columns[beyond[1]]} is not a finite number in row {row + 1}")
    return Design(
        X=matrix.X,
        y=_response(terms, values[0], frame),
        X_low=matrix.low,
        columns=columns,
        assign=_assign(counts, terms.intercept),
        terms=terms.labels,
        intercept=terms.intercept,
        offset=_offset(terms, values),
        rows=np.arange(n) if rows is None else rows,
        rows_total=frame.table.rows,
        rows_dropped=frame.table.rows - n,
        warnings=(*terms.warnings, *frame.warnings),
        recipe=_recipe(terms, columns, codes, ingredients, values, frame),
    )


def check_terms(terms: Terms, frame: Frame) -> None:
    """Refuse what is no linear model, whatever the data. Raises FormulaError."""
    if terms.bars:
        reason = "random effects such as (1 | group) belong to /mixed; this endpoint fits fixed effects"
        raise FormulaError(reason, formula=frame.text, position=terms.bars[0].start)
    if terms.formula.response is None:
        raise response_missing(frame.text)
    if isinstance(terms.formula.response, Chain) and terms.formula.response.rest[0][0] in TRUTHS:
        raise _no_number(terms, TRUE_OR_FALSE, frame)  # known without computing it
    if not terms.terms and not terms.intercept:
        raise frame.error("nothing is left to fit: neither an intercept nor a term", terms.formula.predictors)


def response_missing(formula: str) -> FormulaError:
    return FormulaError("the response is missing: a column or an expression to the left of ~", formula=formula)


def _check_least_size(terms: Terms, frame: Frame) -> None:
    """Count the columns that there will be at least, from the text alone."""
    widths = [_least_width(one.node, frame) for one in terms.variables]
    least = terms.intercept + sum(prod(widths[index] for index in term) for term in terms.terms)
    _check_counts(max(least, sum(widths)), frame.table.rows, frame)


def _least_width(node: Node, frame: Frame) -> int:
    while isinstance(node, Group) or (isinstance(node, Call) and node.function == "I" and len(node.arguments) == 1):
        node = node.inner if isinstance(node, Group) else node.arguments[0].value
    return width(node, frame) if isinstance(node, Call) else 1


def _check_counts(p: int, n: int, frame: Frame) -> None:
    frame.limits.check("max_design_columns", p, f"the formula makes {p} columns", field="formula")
    frame.limits.check("max_cells", n * p, f"the formula makes {n} x {p} cells", field="formula")


def _kept(terms: Terms, values: Sequence[Evaluated], also: tuple[str, ...], missing: Missing, frame: Frame) -> IntArray | None:
    """Find the rows without a missing value; None is all of them."""
    gaps: list[tuple[str, BoolArray]] = []
    for one, value in zip(terms.variables, values, strict=True):
        if value.missing is not None:
            gaps.append((one.label, value.missing))
    for name in also:
        if name not in frame.table:
            raise InvalidInput(f"the data has no column {quoted_name(name)}; there are {listed(frame.table.names)}", field="data")
        if frame.table[name].missing.any():
            gaps.append((quoted_name(name), frame.table[name].missing))
    dropped: BoolArray | None = None
    for label, gap in gaps:
        if missing == "refuse":
            raise InvalidInput(f"{label} is missing in row {int(np.argmax(gap)) + 1}", field="data")
        dropped = either(dropped, gap)
    if dropped is None:
        return None
    rows = np.flatnonzero(~dropped)
    if not len(rows):
        raise frame.data_error(f"no row is left: every one has a missing value in one of {listed(label for label, _ in gaps)}")
    return rows


def _check_levels(codes: Sequence[tuple[Part, ...]], ingredients: dict[int, Ingredient], frame: Frame) -> None:
    for index, full in (part for term in codes for part in term):
        levels = ingredients[index].levels
        if levels is not None and len(levels) < 2 and not full:
            label = ingredients[index].label
            raise frame.data_error(f"the factor {label} has one level only in the rows used; a contrast needs two or more")


def _check_size(
    codes: Sequence[tuple[Part, ...]], ingredients: dict[int, Ingredient], terms: Terms, n: int, frame: Frame
) -> list[int]:
    counts = [prod(_width(ingredients[index], full) for index, full in term) for term in codes]
    _check_counts(sum(counts) + terms.intercept, n, frame)
    return counts


def _width(ingredient: Ingredient, full: bool) -> int:
    return len(ingredient.names) if ingredient.levels is None else len(ingredient.levels) - (not full)


def _columns(codes: Sequence[tuple[Part, ...]], ingredients: dict[int, Ingredient], intercept: bool) -> tuple[str, ...]:
    columns = ["(Intercept)"] if intercept else []
    for term in codes:
        columns += term_names([part_names(ingredients[index], full) for index, full in term])
    return tuple(columns)


def _assign(counts: Sequence[int], intercept: bool) -> tuple[int, ...]:
    of_terms = (term for term, count in enumerate(counts, 1) for _ in range(count))
    return (0, *of_terms) if intercept else tuple(of_terms)


def _response(terms: Terms, value: Evaluated, frame: Frame) -> FloatArray:
    response = terms.formula.response
    assert response is not None
    if isinstance(value, Columns):
        raise frame.error("the response must be one column", response)
    if isinstance(value, Categories):
        raise _no_number(terms, TRUE_OR_FALSE if value.logical else "a factor", frame)
    return np.ascontiguousarray(value.values)


def _no_number(terms: Terms, kind: str, frame: Frame) -> InvalidInput:
    assert terms.formula.response is not None
    return frame.error(f"the response must be numeric and {terms.variables[0].label} is {kind}", terms.formula.response)


def _offset(terms: Terms, values: Sequence[Evaluated]) -> FloatArray | None:
    total: FloatArray | None = None
    for index in terms.offsets:
        value = values[index]
        assert isinstance(value, Numbers)
        total = value.values if total is None else total + value.values
    return total


def _recipe(
    terms: Terms,
    columns: tuple[str, ...],
    codes: Sequence[tuple[Part, ...]],
    ingredients: dict[int, Ingredient],
    values: Sequence[Evaluated],
    frame: Frame,
) -> Recipe:
    place = {index: at for at, index in enumerate(ingredients)}
    offsets = [terms.variables[index] for index in terms.offsets]
    used = [terms.variables[index].node for index in (*ingredients, *terms.offsets)]
    needed = dict.fromkeys(name.text for node in used for name in names(node) if name.text in frame.table)
    return Recipe(
        response=terms.variables[0].label,
        variables=tuple(needed),
        columns=columns,
        intercept=terms.intercept,
        terms=tuple(tuple((place[index], full) for index, full in term) for term in codes),
        ingredients=tuple(ingredients.values()),
        offsets=tuple(
            learned(one.node, one.label, values[index], frame)[0] for one, index in zip(offsets, terms.offsets, strict=True)
        ),
    )
