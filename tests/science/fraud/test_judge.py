"""Champion and challenger on the same rows: no worse is kept, nonsense is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from science.fraud.fit import score
from science.fraud.holdout import holdout_of
from science.fraud.judge import MARGINS, RESAMPLES, compared, judge, resampled
from science.fraud.prepare import rows_of
from science.fraud.promises import FIRST, LATER, Bounds, Check, promises
from science.table import Numeric, Table
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
    assert [check.name for check in verdict.checks] == ["alert_rate", "energy", "spread"]


def test_a_champion_of_other_columns_is_not_compared_with() -> None:
    fewer = fitted(PAST, detector="mahalanobis", columns=COLUMNS[:20])
    assert judge(fewer, GOOD, HELD, LIMITS).champion is None
    assert judge(GOOD, fewer, HELD, LIMITS).champion is not None


def test_a_model_whose_alerts_are_too_many_is_rejected() -> None:
    moved = {**{name: HELD[name] for name in CARDS.values() if isinstance(name, str)}}
    columns = {name: type(HELD[name])(HELD[name].values * 3) for name in COLUMNS}
    verdict = judge(GOOD, None, Table({**moved, **columns}, HELD.rows), LIMITS)
    assert not verdict.promoted


def scaled(table: Table, times: float) -> Table:
    columns = {name: Numeric(table[name].values * times) for name in COLUMNS}
    return Table({**table.columns, **columns}, table.rows)


@pytest.mark.parametrize(("times", "first", "later"), [(0.8, True, True), (1.6, True, False), (30.0, False, False)])
def test_promises_are_kept_more_strictly_where_another_model_answers(times: float, first: bool, later: bool) -> None:
    assert (energy_of(scaled(HELD, times), FIRST).holds, energy_of(scaled(HELD, times), LATER).holds) == (first, later)
    as_it_is = energy_of(HELD, LATER).value
    assert energy_of(scaled(HELD, times), LATER).value / as_it_is == pytest.approx(times**2, rel=0.2)  # an energy is a square


def energy_of(table: Table, bounds: Bounds) -> Check:
    held = holdout_of(rows_of(GOOD.spec, table, LIMITS)[0], 0)
    (found,) = (each for each in promises(GOOD, held.X, score(GOOD, held.X), held, bounds) if each.name == "energy")
    return found


def test_scores_that_are_all_the_same_are_none() -> None:
    held = holdout_of(rows_of(GOOD.spec, HELD, LIMITS)[0], 0)
    same = replace(score(GOOD, held.X), score=np.full(len(held.X), 3.0))
    assert not promises(GOOD, held.X, same, held, FIRST)[2].holds


def test_of_two_that_break_a_promise_the_nearer_may_stay() -> None:
    moved = Table({**scaled(PAST, 1.7).columns}, PAST.rows)
    newer = fitted(Table({name: _joined(PAST[name], moved[name]) for name in PAST.names}, 2 * PAST.rows), detector="mahalanobis")
    checks = {check.name: check for check in judge(newer, GOOD, scaled(HELD, 1.7), LIMITS).checks}
    assert checks["energy"].holds
    assert not {check.name: check for check in judge(GOOD, newer, scaled(HELD, 1.7), LIMITS).checks}["energy"].holds


def _joined(one: Numeric, other: Numeric) -> Numeric:
    return Numeric(np.concatenate((one.values, other.values)))


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
