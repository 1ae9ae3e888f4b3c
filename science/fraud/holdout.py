"""The newest rows, by which choices are made: with labels where there are enough, or with made anomalies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from science.fraud.anomalies import PREVALENCE, anomalies_of
from science.fraud.prepare import FRAUD, LEGITIMATE, Rows
from science.table import BoolArray, FloatArray

ENOUGH_FRAUDS = 20  # with fewer, one fraud more or less decides

Judge = Literal["labels", "anomalies"]


@dataclass(frozen=True)
class Holdout:
    """Rows with what they are. X: (n, p); fraud: (n,), made anomalies count as frauds; weight: (n,)."""

    X: FloatArray
    fraud: BoolArray
    weight: FloatArray
    judged_by: Judge

    @property
    def legitimate(self) -> BoolArray:
        return ~self.fraud


def holdout_of(rows: Rows, seed: int) -> Holdout:
    """Make a holdout of the newest rows: of the labelled ones where 20 are frauds, else of legitimate rows and anomalies."""
    if np.count_nonzero(rows.label == FRAUD) >= ENOUGH_FRAUDS and (rows.label == LEGITIMATE).any():
        known = rows.take((rows.label == FRAUD) | (rows.label == LEGITIMATE))
        return Holdout(known.X, known.label == FRAUD, known.weight, "labels")
    return _with_anomalies(rows.take(rows.trainable), seed)


def _with_anomalies(rows: Rows, seed: int) -> Holdout:
    made = anomalies_of(rows.X, np.random.default_rng(seed))
    weight = np.full(len(made), PREVALENCE / (1 - PREVALENCE) * rows.weight.sum() / len(made))
    fraud = np.arange(len(rows) + len(made)) >= len(rows)
    return Holdout(np.vstack((rows.X, made)), fraud, np.concatenate((rows.weight, weight)), "anomalies")
