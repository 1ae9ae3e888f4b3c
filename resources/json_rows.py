"""Columns or records of JSON → rows to store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from errors import InvalidInput, LimitExceeded
from science.limits import Limits
from science.table import columns_of_records, table_of_columns
from store.columns import StoredColumn, Type
from store.rows import Rows, rows_of_columns
from store.rules import pointer, type_of

Values = Sequence[object]


def rows_of_json(
    value: object, declared: Mapping[str, Type], written: frozenset[str], limits: Limits, max_rows: int, *, field: str = "data"
) -> Rows:
    """Check columns by name or a list of records; types that are not declared are inferred.

    Numbers in the columns of `written` become the texts they are written as. Raises InvalidInput naming the place,
    LimitExceeded.
    """
    if isinstance(value, list) and len(value) > max_rows:
        raise _too_many(len(value), max_rows, field)
    wide = replace(limits, max_rows=max_rows, max_cells=max_rows * limits.max_columns, max_levels=max_rows)
    columns = _columns(value, wide, field)
    columns = {name: _written(values) if name in written else values for name, values in columns.items()}
    rows = max((len(values) for values in columns.values() if isinstance(values, list)), default=0)
    if rows > max_rows:
        raise _too_many(rows, max_rows, field)
    table_of_columns(columns, wide, field=field)  # what it refuses, nobody could compute on
    stored = [StoredColumn(name, _type(name, values, declared.get(name), field), values) for name, values in columns.items()]
    return rows_of_columns(stored, rows)


def _columns(value: object, limits: Limits, field: str) -> Mapping[str, Values]:
    if isinstance(value, Mapping):
        return value
    if isinstance(value, list):
        return columns_of_records(value, limits, field=field)
    raise InvalidInput(f"{field} must be columns by name, or a list with one object per row", field=field)


def _written(values: Values) -> Values:
    if not isinstance(values, list):
        return values
    return [str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value for value in values]


def _type(name: str, values: Values, declared: Type | None, field: str) -> Type:
    """The type of a column that holds one: all its values are alike."""
    row, value = next(((row, value) for row, value in enumerate(values) if value is not None), (0, None))
    found = None if value is None else type_of(value)
    if declared is not None and found not in (None, declared):
        detail = f"row {row + 1} of column {name} is a {found}; the column holds a {declared}"
        raise InvalidInput(detail, field=pointer(field, name, row))
    return declared or found or "number"


def _too_many(rows: int, max_rows: int, field: str) -> LimitExceeded:
    return LimitExceeded("max_dataset_rows", max_rows, f"the data has {rows} rows", field=field)
