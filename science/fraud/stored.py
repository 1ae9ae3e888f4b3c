"""A fitted fraud model as JSON and arrays, and back: what is stored instead of a pickle or a Keras file.

Only the classes listed here are built, by name. What was read has to give twenty golden rows the scores they had.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from math import isfinite
from typing import Any

import numpy as np

from errors import InvalidInput, RefitNeeded
from science.fraud.detector import Detector
from science.fraud.drift import Histograms
from science.fraud.fit import Fit, Golden, Judged, Trained, score
from science.fraud.head import Head
from science.fraud.metrics import Metrics
from science.fraud.nearest import Nearest
from science.fraud.network import Autoencoder, Layer, Network
from science.fraud.rarity import Rarity
from science.fraud.reference import Reference
from science.fraud.scale import Scaling
from science.fraud.spec import FraudSpec
from science.fraud.tails import Tails
from science.fraud.thresholds import Outcomes
from science.fraud.whitening import Whitening
from science.notice import Notice

FORMAT = 2  # 1 had the views' log energies in standard units
TOLERANCE = 1e-4  # of a golden score: another processor's float32 may differ in the last digits, no more
PLAIN = (str, int, bool, type(None))
KINDS = "fib"  # of numpy's: floating, integer and boolean numbers

Arrays = dict[str, np.ndarray]


def to_parameters(fit: Fit) -> tuple[dict[str, Any], Arrays]:
    """Write a fit as a JSON document and arrays of plain numbers, fit for .npz with allow_pickle=False."""
    arrays: Arrays = {}
    return {"format": FORMAT, "fit": _encoded(fit, arrays)}, arrays


def from_parameters(document: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Fit:
    """Rebuild a fit and score its golden rows again.

    Raises RefitNeeded for a format that this version does not read, for numbers that are not finite, and where the golden
    scores differ.
    """
    if document.get("format") != FORMAT:
        raise RefitNeeded("the stored fraud model has a format that this version does not read; fit the model again")
    try:
        fit = _decoded(document["fit"], arrays)
        if not isinstance(fit, Fit) or not isinstance(fit.spec, FraudSpec):
            raise _unknown()
        scores = score(fit, fit.golden.X).score
        agrees = np.abs(scores - fit.golden.scores) <= TOLERANCE * np.maximum(1.0, np.abs(fit.golden.scores))
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, InvalidInput):
        raise _unknown() from None
    if not agrees.all():
        raise RefitNeeded("the stored fraud model scores its golden rows differently here; fit the model again")
    return fit


def _encoded(value: Any, arrays: Arrays) -> Any:
    match value:
        case np.ndarray():
            name = f"a{len(arrays)}"
            arrays[name] = value
            return {"type": "array", "name": name}
        case tuple():
            return [_encoded(item, arrays) for item in value]
        case _ if is_dataclass(value):
            own = {field.name: _encoded(getattr(value, field.name), arrays) for field in fields(value)}
            return {"type": type(value).__name__, "fields": own}
        case float() if isfinite(value):
            return value
        case _ if isinstance(value, PLAIN):
            return value
    raise TypeError(f"a {type(value).__name__} cannot be stored")


def _decoded(value: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    if isinstance(value, list):
        return tuple(_decoded(item, arrays) for item in value)
    if not isinstance(value, dict):
        return value
    if value["type"] == "array":
        return _checked(arrays[value["name"]])
    own = {name: _decoded(item, arrays) for name, item in value["fields"].items()}
    return CLASSES[value["type"]](**own)


def _checked(array: np.ndarray) -> np.ndarray:
    if array.dtype.kind not in KINDS or not np.isfinite(array).all():
        raise _unknown()
    array = np.ascontiguousarray(array)  # a row's digits depend on how BLAS reads the weights
    array.flags.writeable = False
    return array


def _unknown() -> RefitNeeded:
    return RefitNeeded("the stored fraud model has a part that this version does not read; fit the model again")


CLASSES: dict[str, type] = {
    one.__name__: one
    for one in (
        Autoencoder,
        Detector,
        Fit,
        FraudSpec,
        Golden,
        Head,
        Histograms,
        Judged,
        Layer,
        Metrics,
        Nearest,
        Network,
        Notice,
        Outcomes,
        Rarity,
        Reference,
        Scaling,
        Tails,
        Trained,
        Whitening,
    )
}
