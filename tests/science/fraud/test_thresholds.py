"""Thresholds by score, by rate and by cost, and what they would have done."""

from __future__ import annotations

import numpy as np
import pytest

from errors import InvalidInput
from science.fraud.thresholds import Decision, Outcomes, Threshold, decide, simulate

RISK = np.array([10.0, 40.0, 55.0, 60.0, 80.0, 95.0, 100.0])
FRAUD = np.array([False, False, False, True, False, True, True])
WEIGHT = np.array([50.0, 30.0, 10.0, 1.0, 2.0, 1.0, 1.0])
OUTCOMES = Outcomes.empty().absorb(RISK, FRAUD, WEIGHT)


def test_a_score_and_a_rate_say_the_same() -> None:
    assert decide(Threshold("score", 50.0), OUTCOMES) == Decision("score", 50.0, 0.01)
    assert decide(Threshold("alert_rate", 0.001), OUTCOMES) == Decision("alert_rate", pytest.approx(75.0), pytest.approx(0.001))
    assert decide(Threshold("alert_rate", 1.0), OUTCOMES).score == 0.0


@pytest.mark.parametrize(("missed", "score"), [(1.0, 95.0), (3.0, 60.0), (1000.0, 60.0), (0.001, 95.0)])
def test_a_cost_goes_to_its_minimum(missed: float, score: float) -> None:
    """By hand: at 60 it costs 2 false alarms, at 95 one fraud is missed, at 100 two and nothing is saved."""
    assert decide(Threshold("cost", None, 1.0, missed), OUTCOMES).score == score


def test_a_cost_needs_labels_of_both_kinds() -> None:
    with pytest.raises(InvalidInput, match="labelled frauds"):
        decide(Threshold("cost", None, 1.0, 1.0), Outcomes.empty().absorb(RISK, np.zeros(7, bool), WEIGHT))


def test_simulating_counts_what_is_at_or_above() -> None:
    low, middle, high = simulate(OUTCOMES, np.array([0.0, 60.0, 100.0]), (2.0, 10.0))
    assert (low.alerts, low.alert_rate, low.recall, low.precision, low.cost) == (95.0, 1.0, 1.0, 3 / 95, 184.0)
    assert (middle.alerts, middle.recall, middle.precision, middle.cost) == (5.0, 1.0, 0.6, 4.0)
    assert (high.alerts, high.recall, high.precision, high.cost) == (1.0, 1 / 3, 1.0, 20.0)


def test_what_nothing_divides_by_is_none() -> None:
    (told,) = simulate(Outcomes.empty(), np.array([50.0]))
    assert (told.alerts, told.alert_rate, told.recall, told.precision, told.cost) == (0.0, 0.0, None, None, None)


def test_outcomes_merge() -> None:
    one, two = (Outcomes.empty().absorb(RISK[part], FRAUD[part], WEIGHT[part]) for part in (slice(3), slice(3, 7)))
    merged = one.merge(two)
    np.testing.assert_array_equal(merged.legitimate, OUTCOMES.legitimate)
    np.testing.assert_array_equal(merged.fraud, OUTCOMES.fraud)


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (("rank", 1.0), "threshold.mode"),
        (("score", 101.0), "threshold.value"),
        (("score", None), "threshold.value"),
        (("alert_rate", 0.0), "threshold.value"),
        (("alert_rate", float("nan")), "threshold.value"),
        (("cost", None, None, 1.0), "threshold.false_alarm"),
        (("cost", None, 1.0, -1.0), "threshold.missed"),
    ],
)
def test_what_cannot_be_used_is_named(arguments: tuple, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        Threshold(*arguments)
    assert caught.value.field == field
