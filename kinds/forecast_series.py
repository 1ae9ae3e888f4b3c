"""What was sent, as values, as a list of series or as columns of a table → series to forecast, and where their faults stand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from errors import Fault, InvalidInput, pointer_of
from science.forecast.batch import MOST_SERIES, Refused
from science.forecast.calendar import calendar
from science.forecast.spec import Series
from science.limits import Limits
from science.table import NUMBERS, Factor, FloatArray, IntArray, Numeric, Table

SERIES_FIELDS = ("unique_id", "ds", "y", "x", "x_future")
LONGEST_ID = 200
TRIED = 20  # columns that may be the time, looked at when none is named

Pointers = Callable[[str], str]  # a field as science names it → its JSON Pointer in the request


@dataclass(frozen=True)
class Columns:
    """Which columns of a table are what."""

    y: str
    ds: str | None
    unique_id: str | None
    x: tuple[str, ...] = ()


@dataclass(frozen=True)
class Given:
    """The series that were sent. `many`: they are answered one by one, and each its own error."""

    series: tuple[Series | Refused, ...]
    pointers: tuple[Pointers, ...]
    many: bool
    columns: Columns | None = None


def of_values(asked: Any, limits: Limits) -> Given:
    """Take the one series that stands in the request itself."""
    fields = {name: getattr(asked, name) for name in ("y", "ds", "x", "x_future")}
    return Given((_series(fields, limits),), (pointer_of,), many=False)


def of_list(given: object, limits: Limits) -> Given:
    """Take a list of series; one that cannot be read is refused, and the others are not."""
    if not isinstance(given, list) or not 1 <= len(given) <= MOST_SERIES:
        raise InvalidInput(
            f"series must be a list of 1 to {MOST_SERIES} objects with y, and unique_id and ds if known", field="series"
        )
    values = sum(len(one["y"]) for one in given if isinstance(one, Mapping) and isinstance(one.get("y"), list))
    limits.check("max_rows", values, f"the series have {values} values together", field="series")
    pointers = tuple(_within(f"series.{i}") for i in range(len(given)))
    read = tuple(_one_of_list(one, i, at, limits) for i, (one, at) in enumerate(zip(given, pointers, strict=True)))
    return Given(read, pointers, many=True)


def of_table(asked: Any, table: Table, *, stored: bool) -> Given:
    """Take the series that columns of a table hold: one, or one for each value of the column unique_id."""
    columns = columns_of(asked, table)
    place = "dataset" if stored else "data"
    if columns.unique_id is None:
        rows = np.arange(table.rows)
        return Given((_of_rows(asked, table, columns, rows),), (_in_columns(place, columns, rows),), many=False, columns=columns)
    if columns.x:
        raise InvalidInput("columns x go with one series, or with each of series; rows of many have none", field="x")
    groups = list(_groups(table, columns.unique_id, place))
    if len(groups) > MOST_SERIES:
        raise InvalidInput(f"there are {len(groups)} series; send 1 to {MOST_SERIES}", field=_pointer(place, columns.unique_id))
    read = tuple(_of_rows(asked, table, columns, rows, name) for name, rows in groups)
    return Given(read, tuple(_in_columns(place, columns, rows) for _, rows in groups), many=True, columns=columns)


def columns_of(asked: Any, table: Table) -> Columns:
    """Find the columns: those named, else unique_id, ds and y, else the one that can be the time and the one number left."""
    x = tuple(asked.x) if isinstance(asked.x, list) else ()
    for field, name in (("y", asked.y), ("ds", asked.ds), ("unique_id", asked.unique_id), *(("x", name) for name in x)):
        if name is not None and (not isinstance(name, str) or name not in table):
            raise InvalidInput(f"{field} must name a column of the data; there are {_listed(table.names)}", field=field)
    unique_id = asked.unique_id or ("unique_id" if "unique_id" in table else None)
    taken = {name for name in (unique_id, asked.y, *x) if name is not None}
    ds = asked.ds or _time(table, taken, many=unique_id is not None)
    return Columns(asked.y or _values(table, taken | {ds}), ds, unique_id, x)


def one_of_table(table: Table, columns: Columns) -> Series:
    """Take the one series that a table holds."""
    return _rows_of(table, columns, np.arange(table.rows))


def pointed(error: InvalidInput, at: Pointers) -> InvalidInput:
    """Let an error of science point at the place in the request."""
    error.faults = tuple(Fault(at(error.field), fault.detail) for fault in error.faults)
    return error


def _time(table: Table, taken: set[str], *, many: bool) -> str | None:
    if "ds" in table and "ds" not in taken:
        return "ds"
    free = [name for name in table.names if name not in taken][:TRIED]
    found = [name for name in free if not many and len(table.names) > 1 and _is_time(table, name)]
    return found[0] if len(found) == 1 else None


def _is_time(table: Table, name: str) -> bool:
    """Do the column's values step through time? Counting rows is no time of its own, but does no harm as one."""
    try:
        calendar(_stamps(table, name, np.arange(table.rows)))
    except InvalidInput:
        return False
    return True


def _values(table: Table, taken: set[str | None]) -> str:
    if "y" in table and "y" not in taken:
        return "y"
    numbers = [name for name in table.names if name not in taken and isinstance(table[name], Numeric)]
    if len(numbers) == 1:
        return numbers[0]
    raise InvalidInput(f"name the column to forecast as y; columns of numbers are {_listed(numbers)}", field="y")


def _groups(table: Table, name: str, place: str) -> Iterator[tuple[str, IntArray]]:
    """Give each series' name and rows, in the order in which they first come."""
    column = table[name]
    if column.missing.any():
        row = int(np.flatnonzero(column.missing)[0])
        raise InvalidInput(f"row {row + 1} does not say which series it belongs to", field=_pointer(place, name, row))
    codes = column.codes if isinstance(column, Factor) else np.unique(column.values, return_inverse=True)[1]
    order = np.argsort(codes, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(codes[order])) + 1)
    for rows in sorted(groups, key=lambda rows: int(rows[0])):
        yield column.levels[column.codes[rows[0]]] if isinstance(column, Factor) else f"{column.values[rows[0]]:.17g}", rows


def _of_rows(asked: Any, table: Table, columns: Columns, rows: IntArray, unique_id: str | None = None) -> Series:
    future = {name: np.array(values, dtype=float) for name, values in (asked.x_future or {}).items()}
    return replace(_rows_of(table, columns, rows), unique_id=unique_id, x_future=future)


def _rows_of(table: Table, columns: Columns, rows: IntArray) -> Series:
    return Series(
        y=_numbers(table, columns.y, rows, "y"),
        ds=None if columns.ds is None else tuple(_stamps(table, columns.ds, rows)),
        x={name: _numbers(table, name, rows, "x") for name in columns.x},
    )


def _numbers(table: Table, name: str, rows: IntArray, field: str) -> FloatArray:
    column = table[name]
    if not isinstance(column, Numeric):
        raise InvalidInput(f"the column {name} holds texts; numbers are needed", field=field)
    return column.values[rows]


def _stamps(table: Table, name: str, rows: IntArray) -> list[object]:
    """Give a column's values as timestamps; numbers that are all whole are written without a fraction."""
    column = table[name]
    if isinstance(column, Factor):
        levels = (*column.levels, None)  # the last is that of code -1
        return [levels[code] for code in column.codes[rows]]
    values = column.values[rows]
    whole = bool(np.all(np.isfinite(values)) and np.all(values == np.round(values)) and np.all(np.abs(values) < 2**53))
    return [int(value) for value in values] if whole else values.tolist()


def _one_of_list(one: object, i: int, at: Pointers, limits: Limits) -> Series | Refused:
    if not isinstance(one, Mapping):
        raise InvalidInput("each series must be an object with y, and unique_id and ds if known", field=f"series.{i}")
    unique_id = one.get("unique_id", str(i + 1))
    if not isinstance(unique_id, str) or not 0 < len(unique_id) <= LONGEST_ID:
        raise InvalidInput(f"unique_id must be a text of 1 to {LONGEST_ID} letters", field=f"series.{i}.unique_id")
    unknown = next((name for name in one if name not in SERIES_FIELDS), None)
    try:
        if unknown is not None:
            raise InvalidInput(f"there is no such field; known are {', '.join(SERIES_FIELDS)}", field="")
        return _series(one, limits, unique_id)
    except InvalidInput as error:
        return Refused(unique_id, pointed(error, at))


def _series(given: Mapping[str, Any], limits: Limits, unique_id: str | None = None) -> Series:
    y, ds = given.get("y"), given.get("ds")
    if not isinstance(y, list):
        raise InvalidInput("y must be a list of numbers, null where one is missing", field="y")
    limits.check("max_rows", len(y), f"the series has {len(y)} values", field="y")
    if ds is not None and not isinstance(ds, list):
        raise InvalidInput("ds must be a list with one timestamp per value", field="ds")
    x, future = (_regressors(given.get(name), name) for name in ("x", "x_future"))
    return Series(_array(y, "y"), None if ds is None else tuple(ds), unique_id, x, future)


def _regressors(given: object, field: str) -> dict[str, FloatArray]:
    if given is None:
        return {}
    if not isinstance(given, Mapping) or not all(isinstance(values, list) for values in given.values()):
        raise InvalidInput(f"{field} must be columns by name, each a list of numbers", field=field)
    return {name: _array(values, f"{field}.{name}") for name, values in given.items()}


def _array(values: Sequence[object], field: str) -> FloatArray:
    """Turn numbers and None into an array, None into NaN. Raises InvalidInput at the first that is neither."""
    if not set(map(type, values)) <= NUMBERS | {type(None)}:
        place = next(i for i, value in enumerate(values) if value is not None and type(value) not in NUMBERS)
        raise InvalidInput(f"value {place + 1} is not a number; send null where one is missing", field=f"{field}.{place}")
    return np.array(values, dtype=np.float64)


def _within(prefix: str) -> Pointers:
    """Point into one of a list of series, for the fields that a series has itself."""
    return lambda field: pointer_of(f"{prefix}.{field}" if field else prefix) if _own(field) else pointer_of(field)


def _in_columns(place: str, columns: Columns, rows: IntArray) -> Pointers:
    """Point at a row of the table."""

    def at(field: str) -> str:
        name, _, rest = field.partition(".")
        if not _own(field) or name == "x_future":
            return pointer_of(field)
        if name == "x":
            return _pointer(place, rest)
        column = {"y": columns.y, "ds": columns.ds, "unique_id": columns.unique_id}.get(name) or columns.y
        return _pointer(place, column, int(rows[int(rest)])) if rest else _pointer(place, column)

    return at


def _own(field: str) -> bool:
    return not field or field.partition(".")[0] in SERIES_FIELDS


def _pointer(*parts: str | int) -> str:
    escaped = (str(part).replace("~", "~0").replace("/", "~1") for part in parts)
    return "/".join(("", *escaped))


def _listed(names: Sequence[str]) -> str:
    return ", ".join(name[:50] for name in names[:20]) or "none"
