"""The columns of one variable, and their products: the assembly of a matrix."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

import numpy as np

from science.design import extended
from science.design.coding import Part
from science.design.contrasts import contrast_matrix, contrast_names
from science.design.extended import Extended
from science.design.ingredient import Ingredient
from science.design.values import Categories, Columns, Numbers
from science.table import FloatArray

PLAIN = frozenset({"treatment", "SAS", "sum"})


class Matrix(NamedTuple):
    X: FloatArray  # (n, p), Fortran order
    low: FloatArray | None  # (n, p), what rounding lost


@dataclass(frozen=True, slots=True)
class Block:
    """values: (k, n). plain: only -1, 0 and 1, so that products with it are exact."""

    values: FloatArray
    low: FloatArray | None
    plain: bool

    def column(self, j: int) -> Extended:
        return Extended(self.values[j], None if self.low is None else self.low[j])


def part_names(ingredient: Ingredient, full: bool) -> list[str]:
    """Name the columns of one variable in one coding."""
    if ingredient.levels is None:
        return [ingredient.label + name for name in ingredient.names]
    names = ingredient.levels if full else contrast_names(ingredient.contrast, ingredient.levels)
    return [ingredient.label + name for name in names]


def term_names(parts: Sequence[list[str]]) -> list[str]:
    """Name the products of several variables' columns; the first varies fastest, as in R."""
    return [":".join(reversed(names)) for names in product(*reversed(parts))]


def block(ingredient: Ingredient, value: Numbers | Categories | Columns, full: bool) -> Block:
    """Make the columns of one variable. A missing category gives NaN."""
    match value:
        case Numbers():
            return Block(value.values[None, :], None if value.low is None else value.low[None, :], value.logical)
        case Columns():
            return Block(value.values, value.low, False)
    assert ingredient.levels is not None
    count = len(ingredient.levels)
    rows = np.eye(count) if full else contrast_matrix(ingredient.contrast, count)
    return Block(np.take(rows, value.codes, axis=1), None, full or ingredient.contrast.kind in PLAIN)


def assembled(terms: Sequence[tuple[Part, ...]], intercept: bool, p: int, n: int, block_of: Callable[[Part], Block]) -> Matrix:
    """Put the intercept and the columns of every term side by side."""
    columns = np.empty((p, n))
    low: FloatArray | None = None
    at = 0
    if intercept:
        columns[0] = 1.0
        at = 1
    for term in terms:
        blocks = [block_of(part) for part in term]
        for chosen in product(*(range(len(one.values)) for one in reversed(blocks))):
            column = _multiplied(blocks, chosen[::-1])
            columns[at] = column.values
            if column.low is not None:
                low = np.zeros((p, n)) if low is None else low
                low[at] = column.low
            at += 1
    return Matrix(columns.T, None if low is None else low.T)


def overflow(X: FloatArray, terms: Sequence[tuple[Part, ...]]) -> tuple[int, int] | None:
    """Find the first row and column where a product of finite columns left double's range."""
    if all(len(term) < 2 for term in terms):
        return None
    infinite = np.isinf(X)
    if not infinite.any():
        return None
    row, column = np.argwhere(infinite)[0].tolist()
    return row, column


def _multiplied(blocks: Sequence[Block], chosen: Sequence[int]) -> Extended:
    result = blocks[0].column(chosen[0])
    plain = blocks[0].plain
    for one, j in zip(blocks[1:], chosen[1:], strict=True):
        factor = one.column(j)
        result = _scaled(result, factor) if plain or one.plain else extended.multiply(result, factor)
        plain = plain and one.plain
    return result


def _scaled(a: Extended, b: Extended) -> Extended:
    """Multiply where one of the two is -1, 0 or 1 everywhere: nothing is rounded."""
    low = a.low * b.values if a.low is not None else a.values * b.low if b.low is not None else None
    return Extended(a.values * b.values, low)
