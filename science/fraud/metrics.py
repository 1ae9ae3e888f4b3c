"""How well scores tell frauds from legitimate rows, when rows stand for more than one: the numbers of scikit-learn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from science.table import BoolArray, FloatArray, IntArray

RATES = (0.005, 0.01, 0.02)  # of alerts, at which recall is told
FIRST = 100  # alerts, of which precision is told


@dataclass(frozen=True)
class Metrics:
    """roc_auc, average_precision, recall at RATES, precision of the first FIRST alerts; frauds and rows counted."""

    roc_auc: float
    average_precision: float
    recall: tuple[float, ...]
    precision_first: float
    frauds: int
    rows: int


@dataclass(frozen=True)
class Curve:
    """Weights of frauds and of all rows with a score at or above each distinct score, from the highest down: (k,)."""

    caught: FloatArray
    alerts: FloatArray


def metrics_of(scores: FloatArray, fraud: BoolArray, weight: FloatArray) -> Metrics:
    """Judge scores (n,) against fraud (n,) with weights (n,). Both kinds of rows are needed."""
    curve = curve_of(scores, fraud, weight)
    recall = tuple(recall_at(curve, rate) for rate in RATES)
    counts = int(fraud.sum()), len(fraud)
    return Metrics(roc_auc(curve), average_precision(curve), recall, precision_first(curve, FIRST), *counts)


def curve_of(scores: FloatArray, fraud: BoolArray, weight: FloatArray) -> Curve:
    """Count from the highest score down; rows with equal scores come together."""
    order = np.argsort(-scores, kind="stable")
    last = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))
    return cumulated(order, last, fraud, weight)


def cumulated(order: IntArray, last: IntArray, fraud: BoolArray, weight: FloatArray) -> Curve:
    """Sum weights along an order, at the last row of each run of equal scores."""
    w = weight[order]
    return Curve(np.cumsum(w * fraud[order])[last], np.cumsum(w)[last])


def roc_auc(curve: Curve) -> float:
    """Return the area under the curve of recall against false alarms, by trapezoids."""
    false = curve.alerts - curve.caught
    x, y = np.append(0.0, false / false[-1]), np.append(0.0, curve.caught / curve.caught[-1])
    return float(np.trapezoid(y, x))


def average_precision(curve: Curve) -> float:
    """Return the mean of precision over the recall that each score adds."""
    added = np.diff(curve.caught, prepend=0.0)
    return float(added @ (curve.caught / curve.alerts) / curve.caught[-1])


def recall_at(curve: Curve, rate: float) -> float:
    """Return the share of frauds among the highest scores that hold `rate` of all weight, parts of a row included."""
    reach = rate * curve.alerts[-1]
    return float(np.interp(reach, np.append(0.0, curve.alerts), np.append(0.0, curve.caught)) / curve.caught[-1])


def precision_first(curve: Curve, count: float) -> float:
    """Return the share of frauds in the highest scores of this weight."""
    reach = min(count, float(curve.alerts[-1]))
    return float(np.interp(reach, np.append(0.0, curve.alerts), np.append(0.0, curve.caught)) / reach)
