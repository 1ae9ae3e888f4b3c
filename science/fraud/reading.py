"""From what a caller sent to rows that can be scored: a row that cannot be is named, with the reason, and fails no other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, isnan
from typing import Literal

import numpy as np

from errors import InvalidInput, pointer_to
from science.table import Factor, FloatArray, IntArray, Numeric, Table

Code = Literal["missing", "infinite", "text", "unknown_column"]
NUMBERS = {int, float}
CODES: tuple[Code, ...] = ("text", "infinite", "missing", "unknown_column")  # the worst of a row comes first


@dataclass(frozen=True)
class Fault:
    """Why a row cannot be scored: the columns that are missing, infinite, hold text, or that the model does not know."""

    code: Code
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Read:
    """rows: n in all. X: (m, p) those that can be scored; places: (m,) where they were; faults: of the others, by place."""

    rows: int
    X: FloatArray
    places: IntArray
    faults: Mapping[int, Fault]


def read_records(columns: Sequence[str], records: Sequence[Mapping[str, object]], ignored: frozenset[str] = frozenset()) -> Read:
    """Read rows sent one by one. ignored: keys that are not columns of the model and may be there, such as an id.

    True and false, texts, and numbers beyond double precision are faults of their row, not errors.
    """
    allowed = frozenset(columns) | ignored
    good: list[list[object]] = []
    places: list[int] = []
    faults: dict[int, Fault] = {}
    for place, record in enumerate(records):
        values = [record.get(name) for name in columns]
        fault = None if _usable(values) and record.keys() <= allowed else _fault(columns, values, record, allowed)
        if fault is None:
            good.append(values)
            places.append(place)
        else:
            faults[place] = fault
    X = np.array(good, dtype=np.float64).reshape(len(good), len(columns))
    return Read(len(records), X, np.array(places, dtype=np.intp), faults)


def read_table(columns: Sequence[str], table: Table) -> Read:
    """Read rows sent in columns; columns that the model does not know are left alone. Raises InvalidInput for an absent one."""
    absent = [name for name in columns if name not in table]
    if absent:
        raise InvalidInput(f"the model needs the column {absent[0]}", field=pointer_to("data", absent[0]))
    X = np.column_stack([_numbers(table[name], table.rows) for name in columns])
    texts = np.array([isinstance(table[name], Factor) for name in columns])
    bad = ~np.isfinite(X).all(1)
    faults = {int(place): _fault_of(columns, X[place], texts) for place in np.flatnonzero(bad)}
    places = np.flatnonzero(~bad)
    return Read(table.rows, X[places], places, faults)


def _usable(values: list[object]) -> bool:
    """Whether all are finite doubles. A sum is finite only if all its parts are: one pass, and the rare rest is looked at."""
    if not set(map(type, values)) <= NUMBERS:
        return False
    try:
        return isfinite(sum(map(float, values)))  # type: ignore[arg-type]
    except OverflowError:
        return False


def _fault(columns: Sequence[str], values: list[object], record: Mapping[str, object], allowed: frozenset[str]) -> Fault | None:
    found: dict[Code, list[str]] = {code: [] for code in CODES}
    for name, value in zip(columns, values, strict=True):
        code = _code(value)
        if code is not None:
            found[code].append(name)
    found["unknown_column"] = sorted(str(name) for name in record.keys() - allowed)
    return next((Fault(code, tuple(names)) for code, names in found.items() if names), None)


def _code(value: object) -> Code | None:
    if value is None:
        return "missing"
    if type(value) not in NUMBERS:
        return "text"
    try:
        number = float(value)  # type: ignore[arg-type]
    except OverflowError:
        return "infinite"
    if isnan(number):
        return "missing"
    return None if isfinite(number) else "infinite"


def _numbers(column: Numeric | Factor, rows: int) -> FloatArray:
    return column.values if isinstance(column, Numeric) else np.full(rows, np.nan)


def _fault_of(columns: Sequence[str], row: FloatArray, texts: np.ndarray) -> Fault:
    marks: tuple[tuple[Code, np.ndarray], ...] = (("text", texts), ("infinite", np.isinf(row)), ("missing", np.isnan(row)))
    return next(
        Fault(code, tuple(name for name, marked in zip(columns, mark, strict=True) if marked))
        for code, mark in marks
        if mark.any()
    )
