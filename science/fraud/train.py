"""Fit a fraud model: for jobs alone, because the autoencoder is trained in TensorFlow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from science.deadline import Deadline
from science.fraud.detector import Detector, View, detector_of
from science.fraud.drift import histograms_of
from science.fraud.fit import Fit, Golden, Judged, Trained, Used
from science.fraud.head import FEWEST_FRAUDS, Head, calibrated, head_of
from science.fraud.holdout import Holdout, holdout_of
from science.fraud.metrics import Metrics, metrics_of
from science.fraud.nearest import nearest_of
from science.fraud.network import Autoencoder
from science.fraud.prepare import FRAUD, LEGITIMATE, Rows, Windows, rows_of, windows_of
from science.fraud.reference import ELEVATED, Reference, reference_of
from science.fraud.scale import Scaling, both_moments, scaling_of
from science.fraud.spec import FraudSpec
from science.fraud.tails import tails_of
from science.fraud.thresholds import Outcomes
from science.fraud.train_tf import Training, train
from science.fraud.weighted import quantile
from science.fraud.whitening import kept, whitened
from science.limits import Limits
from science.notice import Notice
from science.table import BoolArray, FloatArray, Table

GOLDEN = 20
EVEN = 0.01  # of average precision: a quarter of the standard error that 50 frauds leave it
MARGIN = 0.03  # of average precision: with 50 frauds its interval is three times as wide
BROKEN = 0.1  # of ROC AUC on made anomalies: what a network that learned nothing loses, and no working one did

NO_LOSSES = np.empty((0, 2))

Progress = Callable[[float], None]


@dataclass(frozen=True)
class Learning:
    """What is known once rows are cut and scaled. Z, weight: the legitimate training rows; Z_later: those to calibrate by."""

    windows: Windows
    holdout: Holdout
    scaling: Scaling
    Z: np.ndarray
    weight: FloatArray
    Z_later: np.ndarray
    weight_later: FloatArray


def fit(
    spec: FraudSpec, table: Table, limits: Limits, deadline: Deadline, progress: Progress, scalars: Path | None = None
) -> Fit:
    """Fit trimmed Mahalanobis and, unless told otherwise, the ensemble with an autoencoder; keep what the holdout prefers.

    progress is told the part that is done, up to 1. scalars: a folder for TensorBoard, the server's choice and never the
    caller's. Raises InvalidInput for a table that does not hold what the spec names, DeadlineExceeded.
    """
    rows, notices = rows_of(spec, table, limits)
    learning = _learning(spec, windows_of(rows, spec.seed))
    trim, keep = _trim(spec, learning, deadline)
    baseline = _common(learning, (whitened(learning.Z[keep].astype(float), learning.weight[keep]),))
    best, losses = baseline, NO_LOSSES
    used: Used = "mahalanobis"
    if spec.detector == "auto":
        ensemble, losses, failed = _ensemble(spec, learning, baseline, keep, deadline, progress, scalars)
        if ensemble is not None and _holds(ensemble, baseline, learning):
            best, used = ensemble, "ensemble"
        notices += failed if ensemble is None else _preferred(used)
    deadline.check()
    head, more = _head(spec, best, learning)
    trained = Trained(_sizes(learning.windows), int(keep.sum()), int(np.sum(rows.label == FRAUD)), losses)
    return _whole(spec, used, trim, learning, best, baseline, head, trained, (*notices, *more))


def _learning(spec: FraudSpec, windows: Windows) -> Learning:
    legitimate = windows.train.take(windows.train.trainable)
    later = windows.calibrate.take(windows.calibrate.trainable)
    scaling = scaling_of(both_moments(legitimate.X, legitimate.weight), spec.amounts, spec.columns)
    Z, Z_later = scaling.apply(legitimate.X), scaling.apply(later.X)
    return Learning(windows, holdout_of(windows.holdout, spec.seed), scaling, Z, legitimate.weight, Z_later, later.weight)


def _trim(spec: FraudSpec, learning: Learning, deadline: Deadline) -> tuple[float, BoolArray]:
    """Choose the trim with which Mahalanobis does best on the holdout; mark the rows it keeps.

    Of those that labels cannot tell apart it is the largest: what a strange row in training spoils shows only later. Made
    anomalies are many, and decide by themselves.
    """
    D, tried = learning.Z.astype(float), []
    for share in sorted(spec.trim):
        deadline.check()
        keep = kept(D, learning.weight, share)
        tried.append((_precision(_common(learning, (whitened(D[keep], learning.weight[keep]),)), learning), share, keep))
    best = max(precision for precision, _, _ in tried)
    if learning.holdout.judged_by == "labels":
        tried, best = tried[::-1], best - EVEN
    return next((share, keep) for precision, share, keep in tried if precision >= best)


def _ensemble(
    spec: FraudSpec,
    learning: Learning,
    baseline: Detector,
    keep: BoolArray,
    deadline: Deadline,
    progress: Progress,
    scalars: Path | None,
) -> tuple[Detector | None, FloatArray, tuple[Notice, ...]]:
    how = Training(spec.layers, spec.epochs, spec.batch, spec.learning_rate, spec.dropout, spec.seed, scalars)
    Z, weight = learning.Z[keep], learning.weight[keep]
    try:
        trained = train(Z, weight, how, deadline, progress)
    except ImportError:
        return None, NO_LOSSES, (Notice("no_tensorflow", "TensorFlow is not installed: trimmed Mahalanobis scores alone"),)
    residuals = whitened((Z - trained.network(Z)).astype(float), weight)
    nearest = nearest_of(Z, weight, np.random.default_rng(spec.seed))
    views = (Autoencoder(trained.network, residuals), *baseline.views, nearest, tails_of(learning.Z, learning.weight))
    return _common(learning, views), np.column_stack((trained.losses, trained.held_back_losses)), ()


def _common(learning: Learning, views: tuple[View, ...]) -> Detector:
    return detector_of(views, learning.Z_later, learning.weight_later)


def _precision(detector: Detector, learning: Learning) -> float:
    return _metrics(detector.scores(learning.scaling.apply(learning.holdout.X)), learning.holdout).average_precision


def _holds(ensemble: Detector, baseline: Detector, learning: Learning) -> bool:
    """Whether the ensemble does not fall behind trimmed Mahalanobis on the holdout.

    Labels decide by average precision. Made anomalies cannot: independent swaps are what a covariance sees best, and they put
    Mahalanobis first on data whose real anomalies put it last. By them the ensemble only has to be near.
    """
    Z = learning.scaling.apply(learning.holdout.X)
    ours, theirs = (_metrics(detector.scores(Z), learning.holdout) for detector in (ensemble, baseline))
    if learning.holdout.judged_by == "labels":
        return ours.average_precision > theirs.average_precision - MARGIN
    return ours.roc_auc > theirs.roc_auc - BROKEN


def _metrics(scores: FloatArray, holdout: Holdout) -> Metrics:
    return metrics_of(scores, holdout.fraud, holdout.weight)


def _preferred(used: str) -> tuple[Notice, ...]:
    if used == "ensemble":
        return ()
    return (Notice("baseline_preferred", "the autoencoder did not beat trimmed Mahalanobis on the holdout, which scores alone"),)


def _head(spec: FraudSpec, detector: Detector, learning: Learning) -> tuple[Head | None, tuple[Notice, ...]]:
    if not spec.supervised:
        return None, ()
    train, later = (_labelled(rows) for rows in (learning.windows.train, learning.windows.calibrate))
    found = int(np.sum(train.label == FRAUD))
    if found < FEWEST_FRAUDS:
        detail = f"{found} labelled frauds are too few to learn a probability from; {FEWEST_FRAUDS} are needed"
        return None, (Notice("too_few_frauds", detail),)
    Z, Z_later = learning.scaling.apply(train.X), learning.scaling.apply(later.X)
    head = head_of(Z, detector.scores(Z), train.label == FRAUD, train.weight)
    head = calibrated(head, Z_later, detector.scores(Z_later), later.label == FRAUD, later.weight)
    if head.calibrated:
        return head, ()
    return head, (Notice("not_calibrated", "too few later frauds to calibrate the probability by"),)


def _labelled(rows: Rows) -> Rows:
    return rows.take((rows.label == FRAUD) | (rows.label == LEGITIMATE))


def _sizes(windows: Windows) -> tuple[int, int, int]:
    return len(windows.train), len(windows.calibrate), len(windows.holdout)


def _whole(
    spec: FraudSpec,
    used: Used,
    trim: float,
    learning: Learning,
    detector: Detector,
    baseline: Detector,
    head: Head | None,
    trained: Trained,
    notices: tuple[Notice, ...],
) -> Fit:
    later = learning.windows.calibrate.take(learning.windows.calibrate.trainable)
    legitimate = learning.windows.train.take(learning.windows.train.trainable)
    scores = detector.scores(learning.Z_later)
    reference = reference_of(scores, later.weight)
    judged, outcomes = _judged(learning, detector, baseline, head, reference)
    columns_seen = histograms_of(legitimate.X, legitimate.weight)
    score_seen = histograms_of(scores[:, None], later.weight)
    golden = Golden(later.X[:GOLDEN], scores[:GOLDEN])
    return Fit(
        spec, used, trim, learning.scaling, detector, reference, head, judged, outcomes, columns_seen, score_seen,
        golden, trained, notices,
    )  # fmt: skip


def _judged(
    learning: Learning, detector: Detector, baseline: Detector, head: Head | None, reference: Reference
) -> tuple[Judged, Outcomes]:
    holdout, Z = learning.holdout, learning.scaling.apply(learning.holdout.X)
    scores = detector.scores(Z)
    risk, legitimate = reference.risk(scores), holdout.legitimate
    weight = holdout.weight[legitimate]
    rate = float(np.average(risk[legitimate] >= ELEVATED, weights=weight))
    told = (_metrics(scores, holdout), _metrics(baseline.scores(Z), holdout))
    middle = quantile(scores[legitimate], weight, 0.5)
    if holdout.judged_by == "anomalies":
        return Judged(holdout.judged_by, *told, None, rate, middle), Outcomes.empty()
    by_head = None if head is None else _metrics(head.probabilities(Z, scores), holdout)
    outcomes = Outcomes.empty().absorb(risk, holdout.fraud, holdout.weight)
    return Judged(holdout.judged_by, *told, by_head, rate, middle), outcomes
