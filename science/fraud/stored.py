"""A fitted fraud model as JSON and arrays, and back: what was read has to give twenty golden rows the scores they had."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from errors import RefitNeeded
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
from science.stored import DAMAGE, Arrays, Codec, by_name

FORMAT = 3  # 1 had the views' log energies in standard units, 2 no weights of views
TOLERANCE = 1e-4  # of a golden score: another processor's float32 may differ in the last digits, no more
KINDS = "fib"  # of numpy's: floating, integer and boolean numbers


def to_parameters(fit: Fit) -> tuple[dict[str, Any], Arrays]:
    """Write a fit as a JSON document and arrays of plain numbers, fit for .npz with allow_pickle=False."""
    return CODEC.written(fit)


def from_parameters(document: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Fit:
    """Rebuild a fit and score its golden rows again.

    Raises RefitNeeded for a format that this version does not read, for numbers that are not finite, and where the golden
    scores differ.
    """
    fit: Fit = CODEC.read(document, arrays)
    try:
        if not isinstance(fit.spec, FraudSpec):
            raise CODEC.unknown()
        scores = score(fit, fit.golden.X).score
        agrees = np.abs(scores - fit.golden.scores) <= TOLERANCE * np.maximum(1.0, np.abs(fit.golden.scores))
    except DAMAGE:
        raise CODEC.unknown() from None
    if not agrees.all():
        raise RefitNeeded("the stored fraud model scores its golden rows differently here; fit the model again")
    return fit


def _checked(array: np.ndarray) -> np.ndarray:
    if array.dtype.kind not in KINDS or not np.isfinite(array).all():
        raise ValueError("not all of an array are finite numbers")
    array = np.ascontiguousarray(array)  # a row's digits depend on how BLAS reads the weights
    array.flags.writeable = False
    return array


PARTS = (
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
CODEC = Codec("fraud model", FORMAT, Fit, by_name(PARTS), checked=_checked)
