"""A fitted detector → what people read of it in a version: how it was learned, how it did, and what its pictures need."""

from __future__ import annotations

import numpy as np

from science.fraud.fit import Fit
from science.fraud.metrics import RATES, Metrics
from science.fraud.thresholds import BINS, WIDTH, Outcomes
from science.table import FloatArray

SHOWN_BINS = 50  # of the risk score, two points each: what an eye can tell apart
EPOCHS_SHOWN = 100


def told_of(fit: Fit, shares: FloatArray) -> dict[str, object]:
    """Tell a fit. shares: (p,) of each column in the energy of the holdout's strangest rows."""
    train, calibrate, holdout = fit.trained.windows
    order = np.argsort(-shares, kind="stable")
    return {
        "detector": fit.used,
        "columns": list(fit.spec.columns),
        "trim": fit.trim,
        "supervised": fit.spec.supervised,
        "rows_trained": fit.trained.rows,
        "windows": {"train": train, "calibrate": calibrate, "holdout": holdout},
        "labelled_frauds": fit.trained.frauds,
        "judged_by": fit.judged.by,
        "metrics": told_metrics(fit.judged.metrics),
        "baseline": told_metrics(fit.judged.baseline),
        "probability": None if fit.judged.head is None else told_metrics(fit.judged.head),
        "alert_rate_at_50": fit.judged.alert_rate,
        "reasons": [{"column": fit.spec.columns[place], "share": shares[place]} for place in order],
        "outcomes": told_outcomes(fit.outcomes),
        "losses": fit.trained.losses[:EPOCHS_SHOWN].tolist(),
        "warnings": [{"code": notice.code, "detail": notice.detail} for notice in fit.notices],
    }


def told_metrics(metrics: Metrics) -> dict[str, float | None]:
    """What people read of metrics, by name."""
    recall = {f"recall_at_{rate:g}": found for rate, found in zip(RATES, metrics.recall, strict=True)}
    return {
        "roc_auc": metrics.roc_auc,
        "average_precision": metrics.average_precision,
        **recall,
        "precision_of_first_100": metrics.precision_first,
        "frauds": float(metrics.frauds),
        "rows": float(metrics.rows),
    }


def told_outcomes(outcomes: Outcomes) -> dict[str, object] | None:
    """Legitimate and fraudulent weight of the holdout by risk score; None where no labels judged."""
    if not outcomes.fraud.any():
        return None
    step = (BINS - 1) // SHOWN_BINS
    starts = np.arange(0, BINS - 1, step)  # a score of 100 counts with those below it
    coarse = {name: np.add.reduceat(getattr(outcomes, name), starts) for name in ("legitimate", "fraud")}
    return {"risk": (starts * WIDTH).tolist(), **{name: values.tolist() for name, values in coarse.items()}}
