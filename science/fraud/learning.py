"""What a detector learns from legitimate rows: views of them, how rare energies are, and on top what labels say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from science.fraud.detector import Detector, View, detector_of, energies_of
from science.fraud.head import FEWEST_FRAUDS, Head, calibrated, head_of
from science.fraud.nearest import nearest_of
from science.fraud.network import Autoencoder, Network
from science.fraud.prepare import FRAUD, LEGITIMATE, Rows
from science.fraud.scale import Scaling
from science.fraud.tails import tails_of
from science.fraud.whitening import kept, whitened
from science.notice import Notice
from science.table import BoolArray, FloatArray


@dataclass(frozen=True)
class Legitimate:
    """The legitimate rows of a window. X: (n, p) as sent; Z: (n, p) float32 in standard units; weight: (n,)."""

    X: FloatArray
    Z: np.ndarray
    weight: FloatArray

    def kept(self, trim: float) -> BoolArray:
        """Mark the rows (n,) that stay when the share `trim` of them, the strangest, goes."""
        return kept(self.Z.astype(float), self.weight, trim)


@dataclass(frozen=True)
class How:
    """How views are learned. network: None for trimmed Mahalanobis alone; seed: of the rows drawn to be neighbours."""

    trim: float
    network: Network | None
    seed: int


@dataclass(frozen=True)
class Learned:
    """A detector, and of the legitimate rows that calibrated it the scores (m,) and the weight (m,)."""

    detector: Detector
    scores: FloatArray
    weight: FloatArray


def legitimate_of(rows: Rows, scaling: Scaling) -> Legitimate:
    found = rows.take(rows.trainable)
    return Legitimate(found.X, scaling.apply(found.X), found.weight)


def joined(windows: Sequence[Legitimate]) -> Legitimate:
    return Legitimate(*(np.concatenate([getattr(each, name) for each in windows]) for name in ("X", "Z", "weight")))


def learned(how: How, rows: Legitimate, later: Legitimate) -> Learned:
    """Learn views from rows, and from later ones how rare energies are."""
    views = _views(how, rows)
    return _calibrated(views, energies_of(views, later.Z), later.weight)


def learned_again(how: How, first: Legitimate, second: Legitimate, newest: Legitimate) -> Learned:
    """Learn views from the first two windows; how rare energies are from the second and the newest, without flattery.

    What a view has learned from is too usual to it: the newest rows are learned from by none, and the second window is met by
    views of the other two (cross-fitting).
    """
    views = _views(how, joined((first, second)))
    apart = _views(how, joined((first, newest)))
    energies = (energies_of(apart, second.Z), energies_of(views, newest.Z))
    return _calibrated(views, np.concatenate(energies), np.concatenate((second.weight, newest.weight)))


def head_on(detector: Detector, scaling: Scaling, earlier: Rows, later: Rows) -> tuple[Head | None, tuple[Notice, ...]]:
    """Learn a probability from the earlier labels, and calibrate it by the later ones; say what there was too little of."""
    rows, others = (_labelled(each) for each in (earlier, later))
    found = int(np.sum(rows.label == FRAUD))
    if found < FEWEST_FRAUDS:
        detail = f"{found} labelled frauds are too few to learn a probability from; {FEWEST_FRAUDS} are needed"
        return None, (Notice("too_few_frauds", detail),)
    Z, Z_later = scaling.apply(rows.X), scaling.apply(others.X)
    head = head_of(Z, detector.scores(Z), rows.label == FRAUD, rows.weight)
    head = calibrated(head, Z_later, detector.scores(Z_later), others.label == FRAUD, others.weight)
    if head.calibrated:
        return head, ()
    return head, (Notice("not_calibrated", "too few later frauds to calibrate the probability by"),)


def _views(how: How, rows: Legitimate) -> tuple[View, ...]:
    """Tails are learned from every row, for they are counted; all else from those that the trim keeps."""
    keep = rows.kept(how.trim)
    Z, weight = rows.Z[keep], rows.weight[keep]
    whole = whitened(Z.astype(float), weight)
    if how.network is None:
        return (whole,)
    residuals = whitened((Z - how.network(Z)).astype(float), weight)
    nearest = nearest_of(Z, weight, np.random.default_rng(how.seed))
    return Autoencoder(how.network, residuals), whole, nearest, tails_of(rows.Z, rows.weight)


def _calibrated(views: tuple[View, ...], energies: FloatArray, weight: FloatArray) -> Learned:
    detector = detector_of(views, energies, weight)
    return Learned(detector, detector.blended(energies), weight)


def _labelled(rows: Rows) -> Rows:
    return rows.take((rows.label == FRAUD) | (rows.label == LEGITIMATE))
