"""Columns or records from the wire, or a stored dataset, → a Table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from errors import InvalidInput, NotFound
from kinds.rows import Rows
from kinds.shape import Shape, shape_of
from resources.caller import Caller
from resources.service import Service
from science.limits import Limits
from science.table import (
    BOOLEAN_LEVELS,
    Column,
    Factor,
    IntArray,
    Numeric,
    Table,
    table_of_columns,
    table_of_records,
)
from store import datasets
from store.columns import Type
from store.engine import reading

TableInput = Rows

NO_CODES: IntArray = np.empty(0, dtype=np.intp)
WITHOUT_ROWS: dict[Type, Column] = {
    "number": Numeric(np.empty(0)),
    "text": Factor(NO_CODES, ("a text",)),
    "boolean": Factor(NO_CODES, BOOLEAN_LEVELS),
}


@dataclass(frozen=True)
class Sent:
    """Data that came with the request."""

    table: Table

    @property
    def fingerprint(self) -> str:
        return self.table.fingerprint

    @property
    def cells(self) -> tuple[int, int]:
        return self.table.rows, len(self.table.columns)

    @property
    def shape(self) -> Shape:
        return shape_of(self.table)

    def load(self) -> Table:
        return self.table


@dataclass(frozen=True)
class Stored:
    """Data kept under a name: described here, read when they are needed."""

    dataset: datasets.DatasetInfo
    service: Service

    @property
    def fingerprint(self) -> str:
        """A registered dataset changes without telling: what was read of it is fingerprinted, and that is what is used."""
        return self.dataset.fingerprint or self._table.fingerprint

    @property
    def cells(self) -> tuple[int, int]:
        return self.dataset.rows, len(self.dataset.columns)

    @property
    def shape(self) -> Shape:
        levels = {column.name: None if column.type == "number" else column.distinct or 1 for column in self.dataset.columns}
        return Shape(self.dataset.rows, levels)

    @property
    def reference(self) -> dict[str, object]:
        """Name the data so that a job finds these, or notices that they are others by now."""
        named = {"site": self.dataset.site_id, "name": self.dataset.name, "fingerprint": self.dataset.fingerprint}
        return named | {"max_levels": self.service.limits.max_levels}

    def load(self) -> Table:
        return self._table

    @cached_property
    def _table(self) -> Table:
        limits, (rows, columns) = self.service.limits, self.cells
        limits.check("max_rows", rows, f"the dataset has {rows} rows", field="dataset")
        limits.check("max_cells", rows * columns, f"the dataset has {rows} x {columns} cells", field="dataset")
        with reading(self.service.engine) as connection:
            loaded = datasets.load(connection, self.dataset, limit=limits.max_rows + 1)
        return table_of_columns(loaded, limits, field="dataset")


Source = Sent | Stored


def table_of(value: object, limits: Limits, *, field: str) -> Table:
    """Build a Table from columns or records. Raises InvalidInput naming the place."""
    if isinstance(value, Mapping):
        return table_of_columns(value, limits, field=field)
    if isinstance(value, list):
        return table_of_records(value, limits, field=field)
    raise InvalidInput(f"{field} must be columns by name, or a list with one object per row", field=field)


def columns_of_dataset(dataset: datasets.DatasetInfo) -> Table:
    """Make a Table of a dataset's columns, without rows: what can be asked of them is known before they are read."""
    return Table({column.name: WITHOUT_ROWS[column.type] for column in dataset.columns}, 0)


def dataset_of(name: str, caller: Caller, service: Service) -> datasets.DatasetInfo:
    """Find a stored dataset by its name: the caller's own, else a sample. A publishable key reads only samples."""
    sites_own = caller.site_id if caller.kind != "publishable" else None
    with reading(service.engine) as connection:
        found = datasets.find(connection, sites_own, name)
    if found is None:
        raise NotFound("there is no dataset of this name; GET /datasets lists those there are")
    return found
