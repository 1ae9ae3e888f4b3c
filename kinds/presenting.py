"""Arrays by name → the rows of an answer; notices → its warnings; numbers → what a picture keeps of them."""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Iterable, Mapping, Sequence
from math import floor, log10

import numpy as np
from pydantic import BaseModel

from science.notice import Notice
from science.table import FloatArray

POINTS = 2_000  # of a picture: more are no clearer and make the stored row large
DRAWN_DIGITS = 5
STEPS = 2**16 - 1


class Warned(BaseModel):
    """What to mind about an answer that is right all the same."""

    code: str
    detail: str


class Prediction(BaseModel):
    """One new row: null where a value of it is missing."""

    fit: float | None
    std_error: float | None
    conf_low: float | None
    conf_high: float | None
    pred_low: float | None
    pred_high: float | None


def rows_of(columns: Mapping[str, Sequence[object]]) -> list[dict[str, object]]:
    """Turn columns of one length into one object per row."""
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def arrays_of(source: object, names: Iterable[str]) -> dict[str, Sequence[object]]:
    """Take fields of a fit that are arrays or tuples, as columns for rows_of."""
    values = {name: getattr(source, name) for name in names}
    return {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in values.items()}


def fields_of(source: object, model: type[BaseModel]) -> dict[str, object]:
    """Copy what a model names from a fit's record."""
    return {name: getattr(source, name) for name in model.model_fields}


def warnings_of(notices: Iterable[Notice]) -> list[dict[str, str]]:
    return [{"code": notice.code, "detail": notice.detail} for notice in notices]


def thinned(count: int) -> slice:
    """Take at most POINTS of `count` points, evenly."""
    return slice(None, None, max(1, -(-count // POINTS)))


def pointed(values: FloatArray) -> FloatArray | dict[str, object]:
    """Keep the points of a cloud as 16-bit steps between the least and the largest: a third of the room that their digits take.

    plots/points.py reads them.
    """
    low, high = float(np.minimum.reduce(values)), float(np.maximum.reduce(values))
    spread = high - low
    if not 1e-290 < spread < 1e290:
        return np.ascontiguousarray(values)
    steps = np.rint((values - low) * (STEPS / spread)).astype("<u2")
    return {"low": low, "high": high, "steps": b2a_base64(steps, newline=False).decode()}


def drawn(values: FloatArray) -> FloatArray:
    """Round to a hundred-thousandth of the values' range: the digits that an eye can tell apart."""
    spread = float(np.ptp(values))
    if not 1e-290 < spread < 1e290:
        return np.ascontiguousarray(values)
    return np.round(values, DRAWN_DIGITS - floor(log10(spread)))
