"""Champion and challenger on the same newest rows: who is kept, and why.

Fifty frauds leave an average precision uncertain by a tenth, so a bare "greater than" is noise: a challenger is kept when the
paired bootstrap says that it is not worse by more than a margin.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from science.fraud.fit import Fit, score
from science.fraud.holdout import Judge, holdout_of
from science.fraud.metrics import Metrics, average_precision, cumulated, metrics_of, recall_at, roc_auc
from science.fraud.prepare import rows_of
from science.fraud.promises import FIRST, LATER, Check, promises
from science.limits import Limits
from science.table import BoolArray, FloatArray, Table

RESAMPLES = 400
LOWER = 0.1  # quantile of the differences: a lower bound that holds nine times of ten
MARGINS = {"average_precision": 0.03, "recall": 0.03, "roc_auc": 0.01}
BUDGET = 0.01  # of alerts, at which recall is compared
PLANNED = {"alert_rate": 0.01, "energy": 1.0}  # what is promised
NO_FARTHER = 0.1  # of a logarithm: a tenth more or less is chance


@dataclass(frozen=True)
class Verdict:
    """Whether the challenger takes over, every condition, and the metrics of both on the same rows."""

    promoted: bool
    judged_by: Judge
    checks: tuple[Check, ...]
    challenger: Metrics
    champion: Metrics | None


def judge(challenger: Fit, champion: Fit | None, table: Table, limits: Limits, seed: int = 0) -> Verdict:
    """Compare two fits on a table that neither has seen. With fewer than 20 labelled frauds made anomalies stand for them."""
    rows, _ = rows_of(challenger.spec, table, limits)
    held = holdout_of(rows, seed)
    ours = score(challenger, held.X)
    if champion is None or not _comparable(champion, challenger):
        checks = promises(challenger, held.X, ours, held, FIRST)
        metrics = metrics_of(ours.score, held.fraud, held.weight)
        return Verdict(_all(checks), held.judged_by, tuple(checks), metrics, None)
    X = _as_sent(champion, challenger, held.X)
    theirs = score(champion, X)
    own, live = promises(challenger, held.X, ours, held, LATER), promises(champion, X, theirs, held, LATER)
    checks = [_kept_or_nearer(*pair) for pair in zip(own, live, strict=True)]
    checks += compared(ours.score, theirs.score, held.fraud, held.weight, np.random.default_rng(seed))
    both = (metrics_of(each.score, held.fraud, held.weight) for each in (ours, theirs))
    return Verdict(_all(checks), held.judged_by, tuple(checks), *both)


def compared(
    challenger: FloatArray, champion: FloatArray, fraud: BoolArray, weight: FloatArray, rng: np.random.Generator
) -> list[Check]:
    """Check that the challenger's scores (n,) are not worse than the champion's by more than MARGINS, by paired bootstrap."""
    differences = resampled(challenger, champion, fraud, weight, rng)
    return [
        Check(name, bound := float(np.quantile(found, LOWER)), -margin, np.inf, bound > -margin)
        for (name, margin), found in zip(MARGINS.items(), differences.T, strict=True)
    ]


def resampled(
    challenger: FloatArray, champion: FloatArray, fraud: BoolArray, weight: FloatArray, rng: np.random.Generator
) -> FloatArray:
    """Return differences (RESAMPLES, 3) of average precision, recall and ROC AUC; frauds and others are drawn apart."""
    orders = [_order(scores) for scores in (challenger, champion)]
    differences = np.empty((RESAMPLES, len(MARGINS)))
    for i in range(RESAMPLES):
        drawn = weight * _counts(fraud, rng)
        ours, theirs = (_three(order, last, fraud, drawn) for order, last in orders)
        differences[i] = np.subtract(ours, theirs)
    return differences


def _order(scores: FloatArray) -> tuple[np.ndarray, np.ndarray]:
    order = np.argsort(-scores, kind="stable")
    return order, np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))


def _counts(fraud: BoolArray, rng: np.random.Generator) -> FloatArray:
    """Draw how often each row (n,) is in a bootstrap sample, with as many frauds as there are."""
    counts = np.zeros(len(fraud))
    for kind in (np.flatnonzero(fraud), np.flatnonzero(~fraud)):
        counts[kind] = np.bincount(rng.integers(0, len(kind), len(kind)), minlength=len(kind))
    return counts


def _three(order: np.ndarray, last: np.ndarray, fraud: BoolArray, weight: FloatArray) -> tuple[float, float, float]:
    curve = cumulated(order, last, fraud, weight)
    first = int(np.argmax(curve.alerts > 0))  # rows that were not drawn come without weight
    curve = type(curve)(curve.caught[first:], curve.alerts[first:])
    return average_precision(curve), recall_at(curve, BUDGET), roc_auc(curve)


def _kept_or_nearer(ours: Check, theirs: Check) -> Check:
    """Forgive a promise that is broken no more than the champion breaks it: where rows have moved, staying would help nobody."""
    plan = PLANNED.get(ours.name)
    if ours.holds or plan is None or min(ours.value, theirs.value) <= 0:
        return ours
    off, before = (abs(np.log(each.value / plan)) for each in (ours, theirs))
    return replace(ours, holds=bool(off <= before + NO_FARTHER))


def _comparable(champion: Fit | None, challenger: Fit) -> bool:
    """Whether a champion can score the challenger's rows: a model of other columns begins anew."""
    return champion is not None and set(champion.spec.columns) <= set(challenger.spec.columns)


def _as_sent(champion: Fit, challenger: Fit, X: FloatArray) -> FloatArray:
    """Return rows X, in the challenger's columns, in those of the champion."""
    return X[:, [challenger.spec.columns.index(name) for name in champion.spec.columns]]


def _all(checks: list[Check]) -> bool:
    return all(check.holds for check in checks)
