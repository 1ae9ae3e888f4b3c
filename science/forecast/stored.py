"""A fitted series as JSON and arrays, and back: what is stored instead of a pickle.

Only the classes listed here are ever built, by name, from what is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from math import isfinite
from typing import Any, cast

import numpy as np

from errors import RefitNeeded
from science.forecast.answer import ModelTold, Part
from science.forecast.backtest import Backtest
from science.forecast.calendar import Calendar, Format
from science.forecast.fitted import Fitted
from science.forecast.mixture import Calibration, Mixture
from science.forecast.outlook import Outlook
from science.forecast.spec import ArmaOrders, BoxCox, Spec
from science.forecast.stationarity import Choice
from science.forecast.transform import Power
from science.notice import Notice

FORMAT = 1
PLAIN = (str, int, bool, type(None))

Arrays = dict[str, np.ndarray]


def to_parameters(fitted: Fitted) -> tuple[dict[str, Any], Arrays]:
    """Write a fit as a JSON document and arrays of plain numbers."""
    arrays: Arrays = {}
    return {"format": FORMAT, "fit": _encoded(fitted, arrays)}, arrays


def from_parameters(document: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Fitted:
    """Rebuild a fit. Raises RefitNeeded for a format that this version does not read."""
    if document.get("format") != FORMAT:
        raise RefitNeeded("the stored forecast has a format that this version does not read; fit the model again")
    try:
        fitted = _decoded(document["fit"], arrays)
    except (KeyError, TypeError, AttributeError):
        raise _unknown() from None
    if not isinstance(fitted, Fitted):
        raise _unknown()
    return fitted


def _encoded(value: Any, arrays: Arrays) -> Any:
    match value:
        case np.ndarray():
            name = f"a{len(arrays)}"
            arrays[name] = value
            return {"type": "array", "name": name}
        case tuple():
            return [_encoded(item, arrays) for item in value]
        case Mapping():
            return {"type": "mapping", "items": [[_encoded(key, arrays), _encoded(item, arrays)] for key, item in value.items()]}
        case float():
            return value if isfinite(value) else {"type": "number", "text": str(value)}
        case _ if is_dataclass(value):
            own = {field.name: _encoded(getattr(value, field.name), arrays) for field in fields(value)}
            return {"type": type(value).__name__, "fields": own}
        case _ if isinstance(value, PLAIN):
            return value
    raise TypeError(f"a {type(value).__name__} cannot be stored")


def _decoded(document: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    if isinstance(document, list):
        return tuple(_decoded(item, arrays) for item in document)
    if not isinstance(document, dict):
        return document
    match document.get("type"):
        case "array":
            return arrays[document["name"]]
        case "mapping":
            return {_decoded(key, arrays): _decoded(item, arrays) for key, item in document["items"]}
        case "number":
            return float(document["text"])
        case str(name) if name in CLASSES:
            return CLASSES[name](**{field: _decoded(item, arrays) for field, item in document["fields"].items()})
    raise _unknown()


def _unknown() -> RefitNeeded:
    return RefitNeeded("the stored forecast has a part that this version does not read; fit the model again")


_STORED = (
    ArmaOrders, Backtest, BoxCox, Calendar, Calibration, Choice, Fitted, Format, Mixture, ModelTold, Notice, Outlook, Part, Power,
    Spec,
)  # fmt: skip
CLASSES: Mapping[str, type[Any]] = {cast(type[Any], one).__name__: one for one in _STORED}
