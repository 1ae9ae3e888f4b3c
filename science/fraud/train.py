"""Fit a fraud model: for jobs alone, because the autoencoder is trained in TensorFlow.

What has to be chosen is chosen on the newest rows, the holdout. Then all but the network is learned again, a window further, as
a forecaster does: what scores tomorrow should know today.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from science.deadline import Deadline
from science.fraud.drift import histograms_of
from science.fraud.fit import Fit, Golden, Judged, Trained, Used
from science.fraud.holdout import Holdout, holdout_of
from science.fraud.learning import How, Learned, Legitimate, head_on, joined, learned, learned_again, legitimate_of
from science.fraud.metrics import Metrics, metrics_of
from science.fraud.prepare import FRAUD, Windows, rows_of, windows_of
from science.fraud.reference import ELEVATED, reference_of
from science.fraud.scale import Scaling, both_moments, scaling_of
from science.fraud.spec import FraudSpec
from science.fraud.thresholds import Outcomes
from science.fraud.train_tf import Training, train
from science.fraud.weighted import quantile
from science.limits import Limits
from science.notice import Notice
from science.table import FloatArray, Table

GOLDEN = 20
EVEN = 0.01  # of average precision: a quarter of the standard error that 50 frauds leave it
MARGIN = 0.03  # of average precision: with 50 frauds its interval is three times as wide
BROKEN = 0.1  # of ROC AUC on made anomalies: what a network that learned nothing loses, and no working one did

NO_LOSSES = np.empty((0, 2))

Progress = Callable[[float], None]


@dataclass(frozen=True)
class Lesson:
    """The three windows: rows as they came, the legitimate ones of the first two in standard units, and what judges."""

    windows: Windows
    scaling: Scaling
    train: Legitimate
    calibrate: Legitimate
    holdout: Holdout


@dataclass(frozen=True)
class Chosen:
    """What the holdout decided, learned without it. losses: (e, 2) of the network's epochs."""

    used: Used
    how: How
    losses: FloatArray
    best: Learned
    baseline: Learned
    notices: tuple[Notice, ...]


def fit(
    spec: FraudSpec, table: Table, limits: Limits, deadline: Deadline, progress: Progress, scalars: Path | None = None
) -> Fit:
    """Fit trimmed Mahalanobis and, unless told otherwise, the ensemble with an autoencoder; keep what the holdout prefers.

    progress is told the part that is done, up to 1. scalars: a folder for TensorBoard, the server's choice and never the
    caller's. Raises InvalidInput for a table that does not hold what the spec names, DeadlineExceeded.
    """
    rows, notices = rows_of(spec, table, limits)
    lesson = _lesson(spec, windows_of(rows, spec.seed))
    chosen = _chosen(spec, lesson, deadline, progress, scalars)
    deadline.check()
    judged, outcomes = _judged(spec, lesson, chosen)
    return _final(spec, lesson, chosen, judged, outcomes, notices)


def _lesson(spec: FraudSpec, windows: Windows) -> Lesson:
    first = windows.train.take(windows.train.trainable)
    scaling = scaling_of(both_moments(first.X, first.weight), spec.amounts, spec.columns)
    earlier, later = (legitimate_of(rows, scaling) for rows in (windows.train, windows.calibrate))
    return Lesson(windows, scaling, earlier, later, holdout_of(windows.holdout, spec.seed))


def _chosen(spec: FraudSpec, lesson: Lesson, deadline: Deadline, progress: Progress, scalars: Path | None) -> Chosen:
    plain, baseline = _trimmed(spec, lesson, deadline)
    mahalanobis = Chosen("mahalanobis", plain, NO_LOSSES, baseline, baseline, ())
    if spec.detector == "mahalanobis":
        return mahalanobis
    keep = lesson.train.kept(plain.trim)
    training = Training(spec.layers, spec.epochs, spec.batch, spec.learning_rate, spec.dropout, spec.seed, scalars)
    try:
        trained = train(lesson.train.Z[keep], lesson.train.weight[keep], training, deadline, progress)
    except ImportError:
        missing = Notice("no_tensorflow", "TensorFlow is not installed: trimmed Mahalanobis scores alone")
        return replace(mahalanobis, notices=(missing,))
    losses = np.column_stack((trained.losses, trained.held_back_losses))
    how = replace(plain, network=trained.network)
    ensemble = learned(how, lesson.train, lesson.calibrate)
    if _holds(ensemble, baseline, lesson):
        return Chosen("ensemble", how, losses, ensemble, baseline, ())
    detail = "the autoencoder did not beat trimmed Mahalanobis on the holdout, which scores alone"
    return replace(mahalanobis, losses=losses, notices=(Notice("baseline_preferred", detail),))


def _trimmed(spec: FraudSpec, lesson: Lesson, deadline: Deadline) -> tuple[How, Learned]:
    """Choose the trim with which Mahalanobis does best on the holdout.

    Of those that labels cannot tell apart it is the largest: what a strange row in training spoils shows only later. Made
    anomalies are many, and decide by themselves.
    """
    tried = []
    for share in sorted(spec.trim):
        deadline.check()
        how = How(share, None, spec.seed)
        one = learned(how, lesson.train, lesson.calibrate)
        tried.append((_metrics(one, lesson).average_precision, how, one))
    best = max(precision for precision, _, _ in tried)
    if lesson.holdout.judged_by == "labels":
        tried, best = tried[::-1], best - EVEN
    return next((how, one) for precision, how, one in tried if precision >= best)


def _holds(ensemble: Learned, baseline: Learned, lesson: Lesson) -> bool:
    """Whether the ensemble does not fall behind trimmed Mahalanobis on the holdout.

    Labels decide by average precision. Made anomalies cannot: independent swaps are what a covariance sees best, and they put
    Mahalanobis first on data whose real anomalies put it last. By them the ensemble only has to be near.
    """
    ours, theirs = _metrics(ensemble, lesson), _metrics(baseline, lesson)
    if lesson.holdout.judged_by == "labels":
        return ours.average_precision > theirs.average_precision - MARGIN
    return ours.roc_auc > theirs.roc_auc - BROKEN


def _metrics(one: Learned, lesson: Lesson) -> Metrics:
    holdout = lesson.holdout
    return metrics_of(one.detector.scores(lesson.scaling.apply(holdout.X)), holdout.fraud, holdout.weight)


def _judged(spec: FraudSpec, lesson: Lesson, chosen: Chosen) -> tuple[Judged, Outcomes]:
    """Judge on the holdout what was learned without it."""
    holdout, best, windows = lesson.holdout, chosen.best, lesson.windows
    Z, legitimate = lesson.scaling.apply(holdout.X), holdout.legitimate
    scores, weight = best.detector.scores(Z), holdout.weight[legitimate]
    risk = reference_of(best.scores, best.weight).risk(scores)
    rate = float(np.average(risk[legitimate] >= ELEVATED, weights=weight))
    told = (metrics_of(scores, holdout.fraud, holdout.weight), _metrics(chosen.baseline, lesson))
    middle = quantile(scores[legitimate], weight, 0.5)
    if holdout.judged_by == "anomalies":
        return Judged(holdout.judged_by, *told, None, rate, middle), Outcomes.empty()
    head = head_on(best.detector, lesson.scaling, windows.train, windows.calibrate)[0] if spec.supervised else None
    by_head = None if head is None else metrics_of(head.probabilities(Z, scores), holdout.fraud, holdout.weight)
    outcomes = Outcomes.empty().absorb(risk, holdout.fraud, holdout.weight)
    return Judged(holdout.judged_by, *told, by_head, rate, middle), outcomes


def _final(
    spec: FraudSpec, lesson: Lesson, chosen: Chosen, judged: Judged, outcomes: Outcomes, notices: tuple[Notice, ...]
) -> Fit:
    """Learn once more what was chosen: from the first two windows, calibrated by the last two."""
    windows, scaling = lesson.windows, lesson.scaling
    newest = legitimate_of(windows.holdout, scaling)
    last = learned_again(chosen.how, lesson.train, lesson.calibrate, newest)
    labelled = windows.train.followed_by(windows.calibrate), windows.holdout
    head, more = head_on(last.detector, scaling, *labelled) if spec.supervised else (None, ())
    every = joined((lesson.train, lesson.calibrate, newest))
    sizes = len(windows.train), len(windows.calibrate), len(windows.holdout)
    frauds = sum(int(np.sum(rows.label == FRAUD)) for rows in (windows.train, windows.calibrate, windows.holdout))
    rows = int(joined((lesson.train, lesson.calibrate)).kept(chosen.how.trim).sum())
    golden = Golden(newest.X[:GOLDEN], last.detector.scores(newest.Z[:GOLDEN]))
    return Fit(
        spec=spec,
        used=chosen.used,
        trim=chosen.how.trim,
        scaling=scaling,
        detector=last.detector,
        reference=reference_of(last.scores, last.weight),
        head=head,
        judged=judged,
        outcomes=outcomes,
        columns_seen=histograms_of(every.X, every.weight),
        score_seen=histograms_of(last.scores[:, None], last.weight),
        golden=golden,
        trained=Trained(sizes, rows, frauds, chosen.losses),
        notices=(*notices, *chosen.notices, *more),
    )
