"""A table made valid once: named columns of numbers or of factors, all of one length, frozen."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import numpy as np
import numpy.typing as npt

from errors import InvalidInput
from science.limits import Limits

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
BoolArray = npt.NDArray[np.bool_]

NUMBERS = frozenset({int, float})
USABLE = frozenset({"number", "a text", "true or false"})
BOOLEAN_LEVELS = ("FALSE", "TRUE")  # R's names: a logical x gives the coefficient xTRUE


@dataclass(frozen=True)
class Numeric:
    """Numbers; NaN is a missing one. values: (n,) float64."""

    values: FloatArray

    def __len__(self) -> int:
        return len(self.values)

    @property
    def missing(self) -> BoolArray:
        return np.isnan(self.values)

    def take(self, rows: IntArray) -> Numeric:
        return Numeric(self.values[rows])


@dataclass(frozen=True)
class Factor:
    """Categories, as R's factor. codes: (n,) intp into levels, -1 is a missing one."""

    codes: IntArray
    levels: tuple[str, ...]
    ordered: bool = False

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def missing(self) -> BoolArray:
        missing: BoolArray = self.codes < 0
        return missing

    def take(self, rows: IntArray) -> Factor:
        return Factor(self.codes[rows], self.levels, self.ordered)


Column = Numeric | Factor


@dataclass(frozen=True)
class Table:
    """Columns by name, in the caller's order, all of length `rows`."""

    columns: Mapping[str, Column]
    rows: int

    def __getitem__(self, name: str) -> Column:
        return self.columns[name]

    def __contains__(self, name: object) -> bool:
        return name in self.columns

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.columns)

    def take(self, rows: IntArray) -> Table:
        return Table({name: column.take(rows) for name, column in self.columns.items()}, len(rows))

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of names, types and values: equal for equal data, however it was sent."""
        digest = hashlib.sha256()
        for name, column in self.columns.items():
            head, body = _bytes_of(column)
            digest.update(f"{len(name)}:{name}:{head}:{len(column)};".encode())
            digest.update(body)
        return digest.hexdigest()


def table_of_columns(columns: Mapping[str, Sequence[object]], limits: Limits, *, field: str = "data") -> Table:
    """Build a Table from lists by name, as JSON or a CSV reader gives them.

    A list holds numbers, strings or booleans, and None where a value is missing. Strings and booleans become factors
    with their levels sorted. Raises InvalidInput naming the column for ragged columns, mixed types, infinite
    numbers and NUL in text, LimitExceeded for too many rows, columns or levels.
    """
    if not columns:
        raise InvalidInput("there are no columns; give at least one", field=field)
    limits.check("max_columns", len(columns), f"the data has {len(columns)} columns", field=field)
    rows = _common_length(columns, field)
    limits.check("max_rows", rows, f"the data has {rows} rows", field=field)
    limits.check("max_cells", rows * len(columns), f"the data has {rows} x {len(columns)} cells", field=field)
    return Table({name: _column(name, values, limits, field) for name, values in columns.items()}, rows)


def table_of_records(records: Sequence[Mapping[str, object]], limits: Limits, *, field: str = "data") -> Table:
    """Build a Table from one mapping per row; a key that a row lacks is missing there."""
    return table_of_columns(columns_of_records(records, limits, field=field), limits, field=field)


def columns_of_records(records: Sequence[object], limits: Limits, *, field: str = "data") -> dict[str, list[object]]:
    """Turn rows into columns. Raises InvalidInput for a row that is no mapping, LimitExceeded."""
    limits.check("max_rows", len(records), f"the data has {len(records)} rows", field=field)
    mappings = [_mapping(record, row, field) for row, record in enumerate(records)]
    names = dict.fromkeys(chain.from_iterable(mappings))
    limits.check("max_columns", len(names), f"the data has {len(names)} columns", field=field)
    limits.check("max_cells", len(names) * len(records), f"the data has {len(records)} x {len(names)} cells", field=field)
    return {name: [mapping.get(name) for mapping in mappings] for name in names}


def factor_of(values: Iterable[str | None]) -> Factor:
    """Code strings as a factor with sorted levels (by code point, as R does in the C locale)."""
    values = list(values)
    levels = sorted(set(values) - {None})  # type: ignore[type-var]
    code: dict[str | None, int] = {level: i for i, level in enumerate(levels)}
    code[None] = -1
    return Factor(np.fromiter(map(code.__getitem__, values), dtype=np.intp, count=len(values)), tuple(levels))  # type: ignore[arg-type]


def _mapping(record: object, row: int, field: str) -> Mapping[str, object]:
    if not isinstance(record, Mapping):
        raise InvalidInput(f"row {row + 1} is not an object of column names and values", field=f"/{field}/{row}")
    return record


def _common_length(columns: Mapping[str, Sequence[object]], field: str) -> int:
    first = next(iter(columns))
    for name, values in columns.items():
        if not name or "\x00" in name or len(name) > 200:
            raise InvalidInput("a column name must have 1 to 200 characters and no NUL", field=field)
        if not isinstance(values, list | tuple):
            raise InvalidInput(f"column {name} must be a list of values", field=_pointer(field, name))
        if len(values) != len(columns[first]):
            raise InvalidInput(
                f"column {name} has {len(values)} values where {first} has {len(columns[first])}; all must be of one length",
                field=_pointer(field, name),
            )
    if not columns[first]:
        raise InvalidInput("the data has no rows; give at least one", field=field)
    return len(columns[first])


def _column(name: str, values: Sequence[object], limits: Limits, field: str) -> Column:
    kinds = set(map(type, values)) - {type(None)}
    if kinds and kinds <= NUMBERS:
        return _numeric(name, values, field)
    if kinds == {bool}:
        return Factor(np.array([-1 if v is None else int(v) for v in values], dtype=np.intp), BOOLEAN_LEVELS)  # type: ignore[call-overload]
    if kinds == {str}:
        return _text(name, values, limits, field)
    if not kinds:
        return _numeric(name, values, field)  # all missing: only a formula that uses it minds
    raise _mixed(name, values, field)


def _numeric(name: str, values: Sequence[object], field: str) -> Numeric:
    try:
        numbers = np.array(values, dtype=np.float64)
    except OverflowError:
        detail = f"column {name} has a whole number too large for double precision"
        raise InvalidInput(detail, field=_pointer(field, name)) from None
    infinite = np.isinf(numbers)
    if infinite.any():
        row = int(infinite.argmax())
        detail = f"column {name} is infinite in row {row + 1}; give a finite number or null"
        raise InvalidInput(detail, field=_pointer(field, name, row))
    numbers.flags.writeable = False
    return Numeric(numbers)


def _text(name: str, values: Sequence[object], limits: Limits, field: str) -> Factor:
    factor = factor_of(values)  # type: ignore[arg-type]
    count = len(factor.levels)
    limits.check("max_levels", count, f"column {name} has {count} different texts", field=_pointer(field, name))
    if any("\x00" in level for level in factor.levels):
        raise InvalidInput(f"column {name} has a text with a NUL character; remove it", field=_pointer(field, name))
    return factor


def _mixed(name: str, values: Sequence[object], field: str) -> InvalidInput:
    kinds = ["number" if type(value) in NUMBERS else _called(value) for value in values]
    counts = Counter(kind for kind, value in zip(kinds, values, strict=True) if value is not None)
    usual = counts.most_common(1)[0][0]
    row = next(i for i, value in enumerate(values) if value is not None and (kinds[i] != usual or usual not in USABLE))
    detail = (
        f"row {row + 1} of column {name} is {_called(values[row])}; a column holds numbers, or texts, "
        "or true and false, and null where a value is missing"
    )
    return InvalidInput(detail, field=_pointer(field, name, row))


def _called(value: object) -> str:
    names = {bool: "true or false", int: "a number", float: "a number", str: "a text", list: "a list", dict: "an object"}
    return names.get(type(value), f"of type {type(value).__name__}")


def _pointer(field: str, *parts: str | int) -> str:
    escaped = (str(part).replace("~", "~0").replace("/", "~1") for part in parts)
    return "/".join(("", field, *escaped))


def _bytes_of(column: Column) -> tuple[str, bytes]:
    if isinstance(column, Numeric):
        return "number", (column.values + 0.0).tobytes()  # + 0.0 makes -0.0 and 0.0 one value
    levels = "\x00".join(column.levels)
    return f"factor{'<' if column.ordered else ''}:{levels}", column.codes.astype(np.int32).tobytes()
