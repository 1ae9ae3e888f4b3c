"""The columns of a dataset: what is stored of each, and what it is called in Postgres."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

Type = Literal["number", "text", "boolean"]

SQL_TYPES: dict[Type, str] = {"number": "double precision", "text": "text", "boolean": "boolean"}
IDENTIFIER_BYTES = 63  # Postgres cuts longer names off
READABLE_BYTES = 50  # what is kept of a name that does not fit
ROW = "~row"  # numbers the rows of a dataset from 1, for the order in a heap does not last
SYSTEM_COLUMNS = frozenset({"ctid", "xmin", "xmax", "cmin", "cmax", "tableoid", ROW})


@dataclass(frozen=True)
class StoredColumn:
    """A column to store: floats, texts or booleans, and None (or NaN) where a value is missing."""

    name: str
    type: Type
    values: Sequence[Any]


@dataclass(frozen=True)
class ColumnInfo:
    """What is known of a stored column. A number has its range, the others how many different values they hold.

    `distinct` is None until it is counted (again, after an append).
    """

    name: str
    type: Type
    physical: str  # its name in Postgres
    missing: int
    distinct: int | None = None
    min: float | None = None
    max: float | None = None
    key: str | None = None  # of a masked column: the column in Postgres that joins it, keyed hashes of what was masked


def physical_names(names: Sequence[str]) -> list[str]:
    """Name columns for Postgres: as they are called where that fits, else cut and numbered, never two alike."""
    taken = {name for name in names if _fits(name)}
    chosen = []
    for position, name in enumerate(names, 1):
        physical = name if _fits(name) else _cut(name, position, taken)
        taken.add(physical)
        chosen.append(physical)
    return chosen


def _fits(name: str) -> bool:
    return len(name.encode()) <= IDENTIFIER_BYTES and name not in SYSTEM_COLUMNS


def _cut(name: str, position: int, taken: set[str]) -> str:
    physical = f"{name.encode()[:READABLE_BYTES].decode(errors='ignore')}~{position}"
    while physical in taken:
        position += len(taken)
        physical = f"{name.encode()[:READABLE_BYTES].decode(errors='ignore')}~{position}"
    return physical
