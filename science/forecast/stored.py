"""A fitted series as JSON and arrays, and back."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any

import numpy as np

from science.forecast.answer import ModelTold, Part
from science.forecast.backtest import Backtest
from science.forecast.calendar import Calendar, Format
from science.forecast.calibration import Calibration
from science.forecast.fitted import Fitted
from science.forecast.mixture import Mixture
from science.forecast.outlook import Outlook
from science.forecast.spec import ArmaOrders, BoxCox, Spec
from science.forecast.stationarity import Choice
from science.forecast.transform import Power
from science.notice import Notice
from science.stored import Arrays, Codec, Inner, by_name


def to_parameters(fitted: Fitted) -> tuple[dict[str, Any], Arrays]:
    """Write a fit as a JSON document and arrays of plain numbers."""
    return CODEC.written(fitted)


def from_parameters(document: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Fitted:
    """Rebuild a fit. Raises RefitNeeded for what this version does not read."""
    fitted: Fitted = CODEC.read(document, arrays)
    return fitted


def _form(value: Any, write: Inner) -> Any:
    if isinstance(value, Mapping):
        return {"type": "mapping", "items": [[write(key), write(item)] for key, item in value.items()]}
    if isinstance(value, float) and not isfinite(value):
        return {"type": "number", "text": str(value)}
    return None


def _mapping(document: dict[str, Any], read: Inner) -> dict[Any, Any]:
    return {read(key): read(item) for key, item in document["items"]}


def _number(document: dict[str, Any], read: Inner) -> float:
    return float(document["text"])


PARTS = (
    ArmaOrders, Backtest, BoxCox, Calendar, Calibration, Choice, Fitted, Format, Mixture, ModelTold, Notice, Outlook, Part, Power,
    Spec,
)  # fmt: skip
CODEC = Codec("forecast", 3, Fitted, by_name(PARTS), _form, {"mapping": _mapping, "number": _number})
