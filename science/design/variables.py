"""The variables of a formula, evaluated over a table: values, where they are missing, and what was learned."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import numpy as np

from errors import InvalidInput
from science.design.contrasts import POLYNOMIAL, TREATMENT
from science.design.evaluate import evaluate
from science.design.factors import logical_categories, used_levels
from science.design.frame import Frame, listed
from science.design.ingredient import Ingredient
from science.design.values import Categories, Columns, Numbers, Vector
from science.formula.spelling import quoted_name, spelled
from science.formula.tree import Call, Chain, Name, Node, Power, Unary, children
from science.table import IntArray

MOST_PARTS = 200  # of an expression, looked through for the one to blame

Evaluated = Numbers | Categories | Columns


def variable(node: Node, frame: Frame) -> Evaluated:
    """Evaluate one variable over all rows. TRUE and FALSE become a factor, as in R's model.matrix."""
    value = evaluate(node, frame)
    if isinstance(value, Vector) or (isinstance(value, Numbers) and value.values.ndim == 0):
        raise frame.error(f"{spelled(node)} is a constant; a term is made of columns, whose names stand without quotes", node)
    if isinstance(value, Numbers) and value.logical:
        value = logical_categories(value)
    if value.missing is not None and value.missing.all():
        raise frame.data_error(f"{spelled(node)} has no values: all of them are missing")
    return value


def checked(node: Node, value: Evaluated, rows: IntArray | None, frame: Frame) -> None:
    """Refuse a number that is not finite in a row that is kept, naming the part that made it so."""
    if isinstance(value, Categories) or (isinstance(value, Numbers) and not value.computed):
        return
    finite = np.isfinite(value.values)
    if finite.all():
        return
    finite = finite if finite.ndim == 1 else finite.all(axis=0)
    finite = finite if value.missing is None else finite | value.missing
    if finite.all():
        return
    at = int(np.argmin(finite))
    row = at if rows is None else int(rows[at])
    raise frame.data_error(f"{_culprit(node, row, frame)} is not a finite number in row {row + 1}")


def learned(node: Node, label: str, value: Evaluated, frame: Frame) -> tuple[Ingredient, Evaluated]:
    """Keep what makes the same columns of other rows. Levels that no kept row has are dropped, as in R's lm."""
    source = quoted_name(node.text) if isinstance(node, Name) else frame.key(node)
    states = tuple((key, frame.states[key]) for key in _keys(node, frame)) if frame.states else ()
    match value:
        case Numbers():
            return Ingredient(label, source, states=states), value
        case Columns():
            return Ingredient(label, source, names=value.names, states=states), value
    value = used_levels(value)
    contrast = value.contrast or (POLYNOMIAL if value.ordered else TREATMENT)
    return Ingredient(label, source, levels=value.levels, contrast=contrast, states=states), value


def remade(ingredient: Ingredient, node: Node, frame: Frame) -> Evaluated:
    """Evaluate a learned variable over new rows; its categories get the learned codes.

    Raises InvalidInput naming the row and the column of a level that was not there, and the known ones.
    """
    value = evaluate(node, frame)
    assert not isinstance(value, Vector)
    if isinstance(value, Numbers) and value.logical:
        value = logical_categories(value)
    if ingredient.levels is None:
        if isinstance(value, Categories):
            raise frame.data_error(f"{ingredient.label} was numeric in the fit and is not in the rows to predict")
        return value
    if isinstance(value, Numbers) and value.missing is not None and value.missing.all():
        value = Categories(np.full(frame.table.rows, -1), ingredient.levels, missing=value.missing)
    if not isinstance(value, Categories):
        raise frame.data_error(f"{ingredient.label} was a factor in the fit and is not in the rows to predict")
    return _recoded(ingredient, ingredient.levels, value, frame)


def _recoded(ingredient: Ingredient, levels: tuple[str, ...], value: Categories, frame: Frame) -> Categories:
    place = {level: code for code, level in enumerate(levels)}
    codes = np.array([*(place.get(level, -1) for level in value.levels), -1], dtype=np.intp)[value.codes]
    unseen = (codes < 0) & (value.codes >= 0)
    if unseen.any():
        row = int(np.argmax(unseen)) + 1
        detail = f"row {row} has a level of {ingredient.label} that the fit never saw; it knows {listed(levels)}"
        raise InvalidInput(detail, field=frame.field)
    return Categories(codes, levels, missing=value.missing)


def _keys(node: Node, frame: Frame) -> list[str]:
    return [
        key for key in dict.fromkeys(frame.key(call) for call in _parts(node) if isinstance(call, Call)) if key in frame.states
    ]


def _parts(node: Node) -> Iterator[Node]:
    for child in children(node):
        yield from _parts(child)
    yield node


def _culprit(node: Node, row: int, frame: Frame) -> str:
    """Find the innermost part that is not finite in a row, with what was learned from all of them."""
    one = replace(frame, table=frame.table.take(np.array([row])), learning=False)
    for part in islice(_parts(node), MOST_PARTS):
        if isinstance(part, Call | Chain | Power | Unary) and _fails(part, one):
            return spelled(part)
    return spelled(node)


def _fails(part: Node, frame: Frame) -> bool:
    try:
        value = evaluate(part, frame)
    except (InvalidInput, KeyError):  # an argument that is no expression of its own, such as a name of contrasts
        return False
    return isinstance(value, Numbers) and value.missing is None and not np.isfinite(value.values).all()
