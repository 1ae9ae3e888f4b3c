"""Rows on their way into a dataset: named, typed and counted, their values a few thousand cells at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from store.columns import StoredColumn, Type

CELLS = 16_384  # read, encoded or decoded at once: about half a megabyte, however wide or long the table is
Chunk = Sequence[Sequence[Any]]  # the values of some rows, column by column; None or NaN is missing


class Written(list[str]):
    """Numbers as decimals of digits, which Postgres reads as Python does; "" is missing. Saves reading and writing them."""


@dataclass(frozen=True)
class Rows:
    """Rows to store. `chunks` gives them in order, anew at each call, and raises nothing: they have been checked."""

    types: dict[str, Type]  # by column, in order
    count: int
    chunks: Callable[[], Iterator[Chunk]]

    def select(self, names: Sequence[str]) -> Rows:
        """Take some of the columns, in the order given."""
        if list(names) == list(self.types):
            return self
        places = [list(self.types).index(name) for name in names]
        types = {name: self.types[name] for name in names}
        return Rows(types, self.count, lambda: ([chunk[place] for place in places] for chunk in self.chunks()))


def rows_of_columns(columns: Sequence[StoredColumn], count: int) -> Rows:
    """Take columns of `count` values each, which are in memory."""
    at_once = rows_at_once(len(columns))

    def chunks() -> Iterator[Chunk]:
        for start in range(0, count, at_once):
            yield [column.values[start : start + at_once] for column in columns]

    return Rows({column.name: column.type for column in columns}, count, chunks)


def rows_at_once(width: int) -> int:
    """How many rows of `width` columns make a chunk."""
    return max(1, CELLS // width)
