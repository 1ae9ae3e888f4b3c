"""Whether rows to append are like those that a dataset has."""

from __future__ import annotations

from collections.abc import Sequence

from errors import InvalidInput
from store.catalog import DatasetInfo
from store.columns import ColumnInfo
from store.joining import Joined
from store.rows import Rows
from store.rules import pointer


def sent_columns(info: DatasetInfo) -> tuple[ColumnInfo, ...]:
    """The columns that rows to append must have: all but the joined ones."""
    join = info.rules.join
    added = set(join.columns or ()) if join else set()
    return tuple(column for column in info.columns if column.name not in added)


def check_columns(info: DatasetInfo, names: Sequence[str]) -> None:
    """Refuse rows to append that lack a column of the dataset, or have one more. Raises InvalidInput naming it."""
    expected = [column.name for column in sent_columns(info)]
    for name in expected:
        if name not in names:
            detail = f"the column {name} of the dataset is missing; send it, with null where a value is not known"
            raise InvalidInput(detail, field=pointer("data", name))
    for name in names:
        if name not in expected and info.rules.columns is None:
            raise InvalidInput(f"the dataset has no column {name}; put it anew to add one", field=pointer("data", name))


def check_types(info: DatasetInfo, rows: Rows) -> None:
    """Refuse rows to append whose columns are of other types. Raises InvalidInput naming the column."""
    for column in sent_columns(info):
        if rows.types[column.name] != column.type:
            detail = f"the column {column.name} holds a {rows.types[column.name]} where the dataset has a {column.type}"
            raise InvalidInput(detail, field=pointer("data", column.name))


def check_joined(info: DatasetInfo, joined: Joined | None) -> None:
    """Refuse joined columns that have become of other types. Raises InvalidInput naming the column."""
    if joined is None:
        return
    kept = {column.name: column.type for column in info.columns}
    for place, column in enumerate(joined.columns):
        if column.type != kept[column.name]:
            detail = (
                f"{column.name} is a {column.type} in {joined.info.name} now and a {kept[column.name]} here; put one of them anew"
            )
            raise InvalidInput(detail, field=f"/join/columns/{place}")
