"""What an expression of a formula can be: numbers, categories, or several columns at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from science.design.contrasts import Contrast
from science.table import BOOLEAN_LEVELS, BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Numbers:
    """values: (n,), or () for a constant; what rounding lost is in low. logical: 0 and 1 that mean FALSE and TRUE."""

    values: FloatArray
    low: FloatArray | None = None
    missing: BoolArray | None = None
    logical: bool = False
    computed: bool = True  # False: a column as it was given, known to be finite


@dataclass(frozen=True, slots=True)
class Categories:
    """A factor. codes: (n,) into levels, -1 is missing. contrast: None leaves the choice to the design."""

    codes: IntArray
    levels: tuple[str, ...]
    ordered: bool = False
    contrast: Contrast | None = None
    missing: BoolArray | None = None

    @property
    def logical(self) -> bool:
        return self.levels == BOOLEAN_LEVELS


@dataclass(frozen=True, slots=True)
class Columns:
    """Several columns of one variable, such as a spline basis. values: (k, n)."""

    values: FloatArray
    names: tuple[str, ...]
    low: FloatArray | None = None
    missing: BoolArray | None = None


@dataclass(frozen=True, slots=True)
class Vector:
    """Constants: c(...) of numbers or of texts, or one text."""

    elements: tuple[float, ...] | tuple[str, ...]


Value = Numbers | Categories | Columns | Vector


def either(one: BoolArray | None, other: BoolArray | None) -> BoolArray | None:
    """Tell where one or the other is missing; None is nowhere."""
    if one is None or other is None:
        return other if one is None else one
    return one | other


def where_any(missing: BoolArray) -> BoolArray | None:
    return missing if missing.any() else None


def taken(value: Numbers | Categories | Columns, rows: IntArray) -> Numbers | Categories | Columns:
    """Keep some rows; none of them is missing any more."""
    match value:
        case Numbers():
            low = value.low[rows] if value.low is not None else None
            return Numbers(value.values[rows], low, None, value.logical, value.computed)
        case Columns():
            low = value.low[:, rows] if value.low is not None else None
            return Columns(value.values[:, rows], value.names, low)
    return Categories(value.codes[rows], value.levels, value.ordered, value.contrast)


def of_length(value: Numbers, rows: int) -> Numbers:
    """Spread a constant over all rows."""
    if value.values.ndim == 1:
        return value
    low = None if value.low is None else np.broadcast_to(value.low, rows)
    return Numbers(np.broadcast_to(value.values, rows), low, value.missing, value.logical, value.computed)
