"""The shape of a table: what is known of it before it is read, and enough to say what a question about it may cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from science.table import Factor, Table


@dataclass(frozen=True)
class Shape:
    """How many rows; and of each column how many levels, or None for numbers."""

    rows: int
    levels: Mapping[str, int | None]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.levels)


Shapes = Mapping[str, Shape]  # "data", and "predict" when new rows came along


def shape_of(table: Table) -> Shape:
    """Tell the shape of a table that is there."""
    columns = table.columns.items()
    return Shape(table.rows, {name: len(column.levels) if isinstance(column, Factor) else None for name, column in columns})
