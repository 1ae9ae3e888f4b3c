"""Champion and challenger on the same rows: no worse is kept, nonsense is not."""

from __future__ import annotations

import numpy as np
import pytest

from science.fraud.judge import MARGINS, RESAMPLES, compared, judge, resampled
from science.table import Table
from tests.science.fraud.data import CARDS, COLUMNS, LIMITS, fitted, payments

ORDER = np.argsort(payments()["Time"].values, kind="stable")
PAST, HELD = (payments().take(rows) for rows in (ORDER[:3500], ORDER[3500:]))


def shuffled(table: Table) -> Table:
    """Every column in an order of its own: the table of a model that learned nothing."""
    rng = np.random.default_rng(3)
    columns = {name: table[name].take(rng.permutation(table.rows)) for name in COLUMNS}
    return Table({**table.columns, **columns}, table.rows)


GOOD = fitted(PAST, detector="mahalanobis")
SHUFFLED = fitted(shuffled(PAST), detector="mahalanobis")
UNLABELLED = fitted(PAST, detector="mahalanobis", label=None)
UNLABELLED_SHUFFLED = fitted(shuffled(PAST), detector="mahalanobis", label=None)


def test_the_same_model_is_no_worse_than_itself() -> None:
    verdict = judge(GOOD, GOOD, HELD, LIMITS)
    assert verdict.promoted
    assert verdict.judged_by == "labels"
    assert verdict.challenger == verdict.champion


def test_a_model_of_shuffled_columns_is_rejected_by_labels() -> None:
    verdict = judge(SHUFFLED, GOOD, HELD, LIMITS)
    assert not verdict.promoted
    assert "average_precision" in [check.name for check in verdict.checks if not check.holds]


def test_and_by_made_anomalies() -> None:
    verdict = judge(UNLABELLED_SHUFFLED, UNLABELLED, HELD, LIMITS)
    assert verdict.judged_by == "anomalies"
    assert not verdict.promoted


def test_the_first_model_is_judged_alone() -> None:
    verdict = judge(GOOD, None, HELD, LIMITS)
    assert verdict.promoted
    assert verdict.champion is None
    assert [check.name for check in verdict.checks] == ["alert_rate"]


def test_a_champion_of_other_columns_is_not_compared_with() -> None:
    fewer = fitted(PAST, detector="mahalanobis", columns=COLUMNS[:20])
    assert judge(fewer, GOOD, HELD, LIMITS).champion is None
    assert judge(GOOD, fewer, HELD, LIMITS).champion is not None


def test_a_model_whose_alerts_are_too_many_is_rejected() -> None:
    moved = {**{name: HELD[name] for name in CARDS.values() if isinstance(name, str)}}
    columns = {name: type(HELD[name])(HELD[name].values * 3) for name in COLUMNS}
    verdict = judge(GOOD, None, Table({**moved, **columns}, HELD.rows), LIMITS)
    assert not verdict.promoted


def test_a_difference_within_noise_is_kept_and_a_large_one_is_not() -> None:
    rng = np.random.default_rng(4)
    fraud = np.arange(3000) < 60
    champion = rng.normal(size=3000) + 3 * fraud
    near, far = champion + rng.normal(scale=0.02, size=3000), rng.normal(size=3000) + 1.5 * fraud
    ones = np.ones(3000)
    assert all(check.holds for check in compared(near, champion, fraud, ones, np.random.default_rng(0)))
    assert not any(check.holds for check in compared(far, champion, fraud, ones, np.random.default_rng(0)))


def test_the_bootstrap_spreads_as_the_analytic_error_of_a_mean_recall() -> None:
    """Recall at 1 % of two detectors that find k of n frauds has the binomial's standard error when one finds none."""
    fraud = np.arange(20_000) < 100
    finds = np.where(fraud, np.where(np.arange(20_000) < 70, 2.0, -1.0), 0.0)
    nothing = np.where(fraud, -1.0, 0.0)
    found = resampled(finds, nothing, fraud, np.ones(20_000), np.random.default_rng(0))
    assert found.shape == (RESAMPLES, len(MARGINS))
    assert found[:, 1].std() == pytest.approx(np.sqrt(0.7 * 0.3 / 100), rel=0.1)
