"""A detector of fraud that is kept: split by time, judged beside its predecessor on the newest rows, asked for scores.

Training it takes TensorFlow, so jobs do that (jobs/training.py). What is kept here needs NumPy alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from kinds.columns import check_fraud
from kinds.fraud import FraudSpec
from kinds.fraud_scoring import (
    PaymentsToScore,
    decision_of,
    explained,
    scored_rows,
    scores_of_table,
    told_threshold,
)
from kinds.fraud_telling import told_metrics, told_of
from kinds.kind import Judged, Modelled
from science.fraud import judge as science
from science.fraud import stored
from science.fraud.fit import Fit, score
from science.fraud.holdout import holdout_of
from science.fraud.metrics import curve_of, metrics_of
from science.fraud.prepare import numbers, rows_of
from science.fraud.promises import Check
from science.fraud.reading import read_table
from science.guard import Guard
from science.holdout import split_at_end, split_by_content
from science.limits import Limits
from science.table import BoolArray, FloatArray, Table


@dataclass(frozen=True)
class Kept:
    """A fit, and how much each column moved the strangest rows of its holdout. shares: (p,), they add up to one."""

    fit: Fit
    shares: FloatArray


@dataclass(frozen=True)
class Case:
    """A fit and the rows it is judged on."""

    fit: Fit
    held: Table
    limits: Limits


@dataclass(frozen=True)
class Compared:
    """How challenger and champion did on the same newest rows: 1 - average precision of each, and every condition."""

    rows: int
    champion: float
    challenger: float
    checks: tuple[Check, ...]
    judged_by: str
    no_worse: bool
    reason: str


def split(asked: FraudSpec, table: Table, share: float) -> tuple[Table, Table]:
    """Hold back the newest rows; without a time, rows by their content."""
    if asked.time is None:
        return split_by_content(table, share)
    return split_at_end(table.take(np.argsort(numbers(table, asked.time, "time"), kind="stable")), share)


def predictions(kept: Kept, body: PaymentsToScore, table: Table | None, limits: Limits) -> dict[str, object]:
    """Score a table's rows, in order."""
    assert table is not None
    fit, read = kept.fit, read_table(kept.fit.spec.columns, table)
    decision = decision_of(body.threshold, fit)
    results = scored_rows(read, explained(fit, read.X, body.reasons), decision, [None] * read.rows)
    return {"threshold": told_threshold(decision), "results": results, "warnings": []}


def judge(kept: Kept, rest: Table, held: Table, limits: Limits) -> Judged:
    """Judge on the newest rows, by labels where there are enough. A fraud's loss is one less the precision at its score.

    So the mean loss of equally heavy frauds is one less the average precision; legitimate rows have none.
    """
    rows, _ = rows_of(kept.fit.spec, held, limits)
    found = holdout_of(rows, kept.fit.spec.seed)
    scores = score(kept.fit, found.X)
    metrics = metrics_of(scores.score, found.fraud, found.weight)
    losses = _losses(scores.score, found.fraud, found.weight)
    told = {**told_metrics(metrics), "alert_rate_at_50": _rate(scores.risk, ~found.fraud, found.weight)}
    return Judged(losses, told, about=Case(kept.fit, held, limits))


def compare(champion: Judged, challenger: Judged, guard: Guard) -> Compared:
    """Say whether the challenger is no worse, by paired bootstrap: fifty frauds leave much to chance."""
    ours, theirs = challenger.about, champion.about
    verdict = science.judge(ours.fit, theirs.fit, ours.held, ours.limits, ours.fit.spec.seed)
    assert verdict.champion is not None
    before, now = 1 - verdict.champion.average_precision, 1 - verdict.challenger.average_precision
    return Compared(
        verdict.challenger.rows, before, now, verdict.checks, verdict.judged_by, verdict.promoted, _reason(verdict, before, now)
    )


def parameters(kept: Kept) -> tuple[dict[str, Any], dict[str, Any]]:
    document, arrays = stored.to_parameters(kept.fit)
    return {"science": document}, {**arrays, "shares": kept.shares}


def restore(document: dict[str, Any], arrays: dict[str, Any]) -> Kept:
    own = {name: array for name, array in arrays.items() if name != "shares"}
    return Kept(stored.from_parameters(document["science"], own), np.asarray(arrays["shares"], dtype=np.float64))


def told(kept: Kept) -> dict[str, object]:
    return told_of(kept.fit, kept.shares)


def finite(kept: Kept) -> bool:
    _, arrays = parameters(kept)
    return all(bool(np.isfinite(array).all()) for array in arrays.values())


def columns(kept: Kept) -> tuple[str, ...]:
    return kept.fit.spec.columns


def scores(kept: Kept, table: Table, limits: Limits) -> FloatArray:
    """The score of each row (n,), NaN where it cannot be scored."""
    places, found = scores_of_table(kept.fit, table)
    whole = np.full(table.rows, np.nan)
    whole[places] = found.score
    return whole


def _losses(found: FloatArray, fraud: BoolArray, weight: FloatArray) -> FloatArray:
    curve = curve_of(found, fraud, weight)
    distinct = np.unique(found)[::-1]  # the curve's places, from the highest score down
    precision = (curve.caught / curve.alerts)[np.searchsorted(-distinct, -found)]
    return np.where(fraud, 1 - precision, np.nan)


def _rate(risk: FloatArray, legitimate: BoolArray, weight: FloatArray) -> float:
    return float(np.average(risk[legitimate] >= 50.0, weights=weight[legitimate]))


def objection(judged: Judged) -> str | None:
    """Say what speaks against a fit by itself: that it breaks its own promises on rows it has not seen."""
    case = judged.about
    verdict = science.judge(case.fit, None, case.held, case.limits, case.fit.spec.seed)
    return "; ".join(_broken(check) for check in verdict.checks if not check.holds) or None


def _reason(verdict: science.Verdict, before: float, now: float) -> str:
    by = "labelled frauds" if verdict.judged_by == "labels" else "made anomalies"
    told = f"average precision {1 - now:.4f} where the champion has {1 - before:.4f}, by {verdict.challenger.frauds} {by}"
    broken = [_broken(check) for check in verdict.checks if not check.holds]
    return f"{told}: {'; '.join(broken) if broken else 'no worse'}"


def _broken(check: Check) -> str:
    if check.name == "alert_rate":
        return f"{check.value:.2%} of legitimate rows have a risk score of 50 or more, which promises 1%"
    if check.name == "energy":
        return f"legitimate rows have {check.value:.3g} times the energy that they had when it was calibrated"
    if check.name == "spread":
        return "it gives all rows the same score, or one that is no number"
    return f"its {check.name.replace('_', ' ')} may be lower by {-check.value:.3f}, more than {-check.least:.3f}"


FRAUD_MODEL = Modelled(
    check=check_fraud,
    predicts=PaymentsToScore,
    split=split,
    parameters=parameters,
    restore=restore,
    predict=predictions,
    judge=judge,
    told=told,
    finite=finite,
    columns=columns,
    scores=scores,
    whole=False,
    compare=compare,
    objection=objection,
)
