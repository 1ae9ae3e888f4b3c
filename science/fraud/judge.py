"""Champion and challenger on the same newest rows: who is kept, and why.

Fifty frauds leave an average precision uncertain by a tenth, so a bare "greater than" is noise: a challenger is kept when the
paired bootstrap says that it is not worse by more than a margin.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from science.fraud.fit import Fit, score
from science.fraud.holdout import Holdout, Judge, holdout_of
from science.fraud.metrics import Metrics, average_precision, cumulated, metrics_of, recall_at, roc_auc
from science.fraud.prepare import rows_of
from science.fraud.reference import ELEVATED
from science.limits import Limits
from science.table import BoolArray, FloatArray, Table

RESAMPLES = 400
LOWER = 0.1  # quantile of the differences: a lower bound that holds nine times of ten
MARGINS = {"average_precision": 0.03, "recall": 0.03, "roc_auc": 0.01}
BUDGET = 0.01  # of alerts, at which recall is compared
LOWEST_RATE, HIGHEST_RATE = 0.003, 0.03  # of legitimate rows at a risk score of 50, which promises 0.01


@dataclass(frozen=True)
class Check:
    """One condition: its name, the number found, what it has to be at least (or within), and whether it holds."""

    name: str
    value: float
    least: float
    most: float
    holds: bool


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
    checks = [_rate(ours.risk, held)]
    if champion is None or not _comparable(champion, challenger):
        metrics = metrics_of(ours.score, held.fraud, held.weight)
        return Verdict(_all(checks), held.judged_by, tuple(checks), metrics, None)
    theirs = score(champion, _as_sent(champion, challenger, held.X)).score
    checks += compared(ours.score, theirs, held.fraud, held.weight, np.random.default_rng(seed))
    both = (metrics_of(each, held.fraud, held.weight) for each in (ours.score, theirs))
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


def _rate(risk: FloatArray, held: Holdout) -> Check:
    """Check the alerts of legitimate rows at a risk score of 50, with two standard errors of what few rows leave to chance."""
    weight = held.weight[held.legitimate]
    rate = float(np.average(risk[held.legitimate] >= ELEVATED, weights=weight))
    chance = 2 * np.sqrt(BUDGET * (1 - BUDGET) * np.square(weight).sum()) / weight.sum()
    least, most = float(max(0.0, LOWEST_RATE - chance)), float(HIGHEST_RATE + chance)
    return Check("alert_rate", rate, least, most, least <= rate <= most)


def _comparable(champion: Fit | None, challenger: Fit) -> bool:
    """Whether a champion can score the challenger's rows: a model of other columns begins anew."""
    return champion is not None and set(champion.spec.columns) <= set(challenger.spec.columns)


def _as_sent(champion: Fit, challenger: Fit, X: FloatArray) -> FloatArray:
    """Return rows X, in the challenger's columns, in those of the champion."""
    return X[:, [challenger.spec.columns.index(name) for name in champion.spec.columns]]


def _all(checks: list[Check]) -> bool:
    return all(check.holds for check in checks)
