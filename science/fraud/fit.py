"""A fitted fraud model, and what it says of rows: NumPy alone, and of each row the same whatever the batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from science.fraud.detector import AT_ONCE, Detector
from science.fraud.drift import Histograms
from science.fraud.head import Head
from science.fraud.holdout import Judge
from science.fraud.metrics import Metrics
from science.fraud.reference import Reference
from science.fraud.scale import Scaling
from science.fraud.spec import FraudSpec
from science.fraud.thresholds import Outcomes
from science.notice import Notice
from science.table import FloatArray

Used = Literal["ensemble", "mahalanobis"]


@dataclass(frozen=True)
class Judged:
    """What the holdout said of what was learned without it. anomalies: made rows stood for frauds, as labels were too few."""

    by: Judge
    metrics: Metrics
    baseline: Metrics  # of trimmed Mahalanobis
    head: Metrics | None  # of the probability, where labels judge and there is one
    alert_rate: float  # of legitimate rows, at a risk score of 50, which promises 0.01
    energy: float  # median score of legitimate rows


@dataclass(frozen=True)
class Trained:
    """How it was learned: rows of each window, rows trained on, labelled frauds, the losses of the epochs (e, 2)."""

    windows: tuple[int, int, int]
    rows: int
    frauds: int
    losses: FloatArray


@dataclass(frozen=True)
class Golden:
    """Rows and the scores they got when the model was fitted: what is loaded has to agree. X: (m, p), scores: (m,)."""

    X: FloatArray
    scores: FloatArray


@dataclass(frozen=True)
class Fit:
    """A model that scores. columns_seen and score_seen: what drift is measured from; outcomes: of the labelled holdout."""

    spec: FraudSpec
    used: Used
    trim: float
    scaling: Scaling
    detector: Detector
    reference: Reference
    head: Head | None
    judged: Judged
    outcomes: Outcomes
    columns_seen: Histograms
    score_seen: Histograms
    golden: Golden
    trained: Trained
    notices: tuple[Notice, ...]


@dataclass(frozen=True)
class Scores:
    """What each row got. score: (n,), unbounded; risk: (n,) 0 to 100."""

    score: FloatArray
    risk: FloatArray
    probability: FloatArray | None  # of fraud, where labels taught it


@dataclass(frozen=True)
class Reason:
    """A column that moved a row's score: what was seen and expected, and its share of the energy."""

    column: str
    observed: float
    expected: float
    direction: Literal["high", "low"]
    share: float


def score(fit: Fit, X: FloatArray) -> Scores:
    """Score finite rows X (n, p), columns in the order of fit.spec.columns."""
    Z = fit.scaling.apply(X)
    return _scores(fit, Z, fit.detector.scores(Z))


def explain(fit: Fit, X: FloatArray, count: int = 3) -> tuple[Scores, list[tuple[Reason, ...]]]:
    """Score finite rows X (n, p), and name for each the `count` columns with the largest shares, largest first.

    A share is negative where the column makes the row less strange than the others alone would.
    """
    Z = fit.scaling.apply(X)
    scores, told = np.empty(len(X)), []
    for start in range(0, len(X), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        seen = fit.detector.seen(Z[part])
        scores[part], expected = seen.scores, fit.scaling.undo(seen.expected)
        order = np.argsort(-seen.shares, axis=1, kind="stable")[:, :count]
        told += [_reasons(fit.spec.columns, *row) for row in zip(order, X[part], expected, seen.shares, strict=True)]
    return _scores(fit, Z, scores), told


def shares(fit: Fit, X: FloatArray) -> FloatArray:
    """Return the share of every column in the energy of finite rows X (n, p): (n, p), each row sums to one."""
    Z = fit.scaling.apply(X)
    parts = [fit.detector.seen(Z[start : start + AT_ONCE]).shares for start in range(0, len(X), AT_ONCE)]
    return np.concatenate((np.empty((0, X.shape[1])), *parts))


def _scores(fit: Fit, Z: np.ndarray, scores: FloatArray) -> Scores:
    probability = None if fit.head is None else fit.head.probabilities(Z, scores)
    return Scores(scores, fit.reference.risk(scores), probability)


def _reasons(
    columns: tuple[str, ...], order: np.ndarray, observed: FloatArray, expected: FloatArray, share: FloatArray
) -> tuple[Reason, ...]:
    rows = zip(order.tolist(), observed[order].tolist(), expected[order].tolist(), share[order].tolist(), strict=True)
    return tuple(Reason(columns[j], seen, usual, "high" if seen > usual else "low", part) for j, seen, usual, part in rows)
