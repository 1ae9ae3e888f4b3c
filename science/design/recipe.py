"""What a design learned: it makes the same columns of new rows, and travels as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from errors import InvalidInput
from science.design.blocks import Block, assembled, block, overflow
from science.design.coding import Part
from science.design.evaluate import numbers
from science.design.frame import Frame
from science.design.functions import FUNCTIONS
from science.design.ingredient import Ingredient
from science.design.plain import copied
from science.design.values import either, of_length
from science.design.variables import Evaluated, checked, remade
from science.formula.parser import parse_expression
from science.formula.tree import Name
from science.limits import Limits
from science.table import BoolArray, FloatArray, Table

FORMAT = 1
UNBOUNDED = Limits(max_formula_length=100_000, max_formula_depth=100)  # sources were bounded when they were learned


@dataclass(frozen=True)
class NewRows:
    """The design of new rows. X: (m, p), NaN in a row where a needed value is missing; missing: (m,) tells which."""

    X: FloatArray
    offset: FloatArray | None
    missing: BoolArray


@dataclass(frozen=True)
class Recipe:
    """response: its label. variables: the columns that new rows need. parts of a term: (ingredient, all levels?)."""

    response: str
    variables: tuple[str, ...]
    columns: tuple[str, ...]
    intercept: bool
    terms: tuple[tuple[Part, ...], ...]
    ingredients: tuple[Ingredient, ...]
    offsets: tuple[Ingredient, ...]

    def matrix(self, table: Table, limits: Limits) -> NewRows:
        """Make the columns of new rows.

        A missing value gives a row of NaN. Raises InvalidInput (field "predict") for a missing column, a level that
        the fit never saw, or an expression that is not a finite number; LimitExceeded for too many cells.
        """
        n, p = table.rows, len(self.columns)
        limits.check("max_cells", n * p, f"the rows to predict need {n} x {p} cells", field="predict")
        rows = None if self._sources is None else copied(self._sources, table, intercept=self.intercept)
        if rows is not None:
            return NewRows(rows.T, None, np.zeros(n, dtype=np.bool_))
        with np.errstate(all="ignore"):
            values = [_remade(ingredient, table, limits) for ingredient in self.ingredients]
            offset, missing = self._offset(table, limits)
        for value in values:
            missing = either(missing, value.missing)
        missing = np.zeros(n, dtype=np.bool_) if missing is None else missing
        X = self._assembled(values, n)
        X[missing] = np.nan
        beyond = overflow(X, self.terms)
        if beyond is not None:
            detail = f"{self.columns[beyond[1]]} is not a finite number in row {beyond[0] + 1}"
            raise InvalidInput(detail, field="predict")
        return NewRows(X, offset, missing)

    @cached_property
    def _sources(self) -> tuple[str, ...] | None:
        """The columns that the terms are copies of; None when one of the terms is something else."""
        if self.offsets or any(len(term) > 1 for term in self.terms) or any(one.levels for one in self.ingredients):
            return None
        nodes = [parse_expression(self.ingredients[place].source, UNBOUNDED) for ((place, _),) in self.terms]
        names = tuple(node.text for node in nodes if isinstance(node, Name))
        return names if len(names) == len(nodes) else None

    def _assembled(self, values: Sequence[Evaluated], n: int) -> FloatArray:
        blocks: dict[Part, Block] = {}

        def block_of(part: Part) -> Block:
            if part not in blocks:
                blocks[part] = block(self.ingredients[part[0]], values[part[0]], part[1])
            return blocks[part]

        with np.errstate(all="ignore"):
            return assembled(self.terms, self.intercept, len(self.columns), n, block_of).X

    def _offset(self, table: Table, limits: Limits) -> tuple[FloatArray | None, BoolArray | None]:
        total: FloatArray | None = None
        missing: BoolArray | None = None
        for ingredient in self.offsets:
            frame = _frame(ingredient, table, limits)
            node = parse_expression(ingredient.source, UNBOUNDED)
            value = of_length(numbers(node, frame), table.rows)
            total = value.values if total is None else total + value.values
            missing = either(missing, value.missing)
        return total, missing

    def to_json(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "response": self.response,
            "variables": list(self.variables),
            "columns": list(self.columns),
            "intercept": self.intercept,
            "terms": [[[index, full] for index, full in term] for term in self.terms],
            "ingredients": [ingredient.to_json() for ingredient in self.ingredients],
            "offsets": [ingredient.to_json() for ingredient in self.offsets],
        }

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Recipe:
        return cls(
            response=document["response"],
            variables=tuple(document["variables"]),
            columns=tuple(document["columns"]),
            intercept=document["intercept"],
            terms=tuple(tuple((index, full) for index, full in term) for term in document["terms"]),
            ingredients=tuple(map(Ingredient.from_json, document["ingredients"])),
            offsets=tuple(map(Ingredient.from_json, document["offsets"])),
        )


def _frame(ingredient: Ingredient, table: Table, limits: Limits) -> Frame:
    return Frame(table, ingredient.source, limits, FUNCTIONS, learning=False, states=dict(ingredient.states))


def _remade(ingredient: Ingredient, table: Table, limits: Limits) -> Evaluated:
    frame = _frame(ingredient, table, limits)
    node = parse_expression(ingredient.source, UNBOUNDED)
    value = remade(ingredient, node, frame)
    checked(node, value, None, frame)
    return value
