"""Predict rows that were held back: some may have what a fit never saw, and those it can tell nothing of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from errors import InvalidInput
from science.table import FloatArray, IntArray, Table

ATTEMPTS = 200  # a table is halved around what cannot be predicted; whatever is left after so many counts as such


def predicted_rows(predict: Callable[[Table], Any], table: Table, names: tuple[str, ...]) -> dict[str, FloatArray]:
    """Predict a table's rows: (n,) by name, NaN in the rows that `predict` refuses."""
    arrays = {name: np.full(table.rows, np.nan) for name in names}
    if not table.rows:
        return arrays
    try:
        told, rows = predict(table), np.arange(table.rows)
    except InvalidInput:
        rows = _predictable(predict, table)
        if not len(rows):
            return arrays
        told = predict(table.take(rows))
    for name in names:
        arrays[name][rows] = getattr(told, name)
    return arrays


def finite_or_none(numbers: Mapping[str, float]) -> dict[str, float | None]:
    """What JSON can hold of numbers."""
    return {name: number if np.isfinite(number) else None for name, number in numbers.items()}


def _predictable(predict: Callable[[Table], Any], table: Table) -> IntArray:
    waiting, good = [np.arange(table.rows)], [np.empty(0, dtype=np.intp)]
    for _ in range(ATTEMPTS):
        if not waiting:
            break
        rows = waiting.pop()
        try:
            predict(table.take(rows))
            good.append(rows)
        except InvalidInput:
            if len(rows) > 1:
                waiting += [rows[: len(rows) // 2], rows[len(rows) // 2 :]]
    return np.sort(np.concatenate(good))
