"""A detector as a kind: what feedback does to its data, how champion and challenger are compared, what is kept of it."""

from __future__ import annotations

import time

import numpy as np
import pytest

from errors import InvalidInput
from kinds.fraud import POSTED_LABEL, RAISED_ALERT, FraudSpec, spec_of
from kinds.fraud_feedback import Feedback, columns_digest, feedback_of, numbers_of, with_feedback
from kinds.fraud_model import FRAUD_MODEL, Kept
from science.deadline import Deadline
from science.fraud.train import fit
from science.guard import Guard
from science.limits import Limits
from science.table import Numeric, Table
from tests.kinds.samples import sample

COLUMNS = [*(f"V{number}" for number in range(1, 29)), "Amount"]
ASKED = FraudSpec(columns=COLUMNS, label="Class", time="Time", weight="weight", detector="mahalanobis")
TINY = FraudSpec(columns=["a", "b"], label="y", time="t")


def table(**columns):
    arrays = {name: Numeric(np.array(values, dtype=float)) for name, values in columns.items()}
    return Table(arrays, len(next(iter(arrays.values()))))


def feedback(*rows):
    """rows: (a, b), time, alert, fraud or None."""
    return feedback_of(((numbers_of(np.array(numbers)), time, alert, fraud) for numbers, time, alert, fraud in rows), 2)


DATA = table(a=[1, 2, 3], b=[4, 5, 6], y=[0, 0, np.nan], t=[1, 2, 3], colour=[7, 7, 7])


def test_a_label_reaches_the_row_with_the_same_numbers():
    told = with_feedback(TINY, DATA, feedback(((2.0, 5.0), None, False, True)))
    assert told[POSTED_LABEL].values.tolist()[1] == 1
    assert told.rows == 3
    assert spec_of(TINY, told).label == POSTED_LABEL


def test_a_labelled_payment_that_is_not_in_the_data_is_added_as_the_newest():
    told = with_feedback(TINY, DATA, feedback(((9.0, 9.0), None, True, True), ((8.0, 8.0), 2.5, False, False)))
    assert told.rows == 5
    assert sorted(zip(told["a"].values[3:], told["t"].values[3:], told[POSTED_LABEL].values[3:], strict=True)) == [
        (8, 2.5, 0),
        (9, 3, 1),
    ]


def test_an_alert_that_nobody_looked_at_is_marked_in_the_data_and_not_added():
    told = with_feedback(TINY, DATA, feedback(((1.0, 4.0), None, True, None), ((9.0, 9.0), None, True, None)))
    assert told.rows == 3
    assert told[RAISED_ALERT].values.tolist() == [1, 0, 0]


def test_one_fraud_among_payments_with_the_same_numbers_counts_for_all():
    told = with_feedback(TINY, DATA, feedback(((9.0, 9.0), None, False, False), ((9.0, 9.0), None, False, True)))
    assert told[POSTED_LABEL].values[3:].tolist() == [1]


def test_minus_zero_is_zero():
    data = table(a=[0.0], b=[1.0], y=[0], t=[1])
    assert with_feedback(TINY, data, feedback(((-0.0, 1.0), None, False, True))).rows == 1


def test_without_feedback_the_data_stay_as_they_are():
    assert with_feedback(TINY, DATA, feedback()) is DATA


def test_without_a_label_column_rows_that_nobody_labelled_are_trained_on():
    asked = FraudSpec(columns=["a", "b"])
    told = with_feedback(asked, DATA, feedback(((1.0, 4.0), None, False, True)))
    assert spec_of(asked, told).null_label == "fill"
    assert told[POSTED_LABEL].values.tolist() == [1, -1, -1]


def test_a_column_that_is_gone_is_named():
    with pytest.raises(InvalidInput, match="no column b"):
        with_feedback(TINY, table(a=[1], y=[0], t=[1]), feedback(((1.0, 4.0), None, False, True)))


def test_the_same_payments_in_another_order_have_the_same_fingerprint():
    one, two = ((1.0, 4.0), None, False, True), ((2.0, 5.0), 1.0, True, None)
    assert feedback(one, two).fingerprint == feedback(two, one).fingerprint != feedback(one).fingerprint


def test_other_columns_have_another_name():
    assert columns_digest(["a", "b"]) != columns_digest(["b", "a"]) != columns_digest(["a,b"])


def test_nothing_is_a_feedback_too():
    assert isinstance(feedback(), Feedback)
    assert feedback().X.shape == (0, 2)


@pytest.fixture(scope="module")
def parts():
    return FRAUD_MODEL.split(ASKED, sample("payments"), 0.2)


def trained(data):
    found = fit(spec_of(ASKED), data, Limits(), Deadline(time.monotonic() + 60, time.monotonic), lambda part: None)
    return Kept(found, np.full(len(COLUMNS), 1 / len(COLUMNS)))


@pytest.fixture(scope="module")
def champion(parts):
    return trained(parts[0])


def shuffled(data, seed=0):
    rng = np.random.default_rng(seed)
    mixed = {name: Numeric(rng.permutation(data[name].values)) for name in COLUMNS}
    return Table({**data.columns, **mixed}, data.rows)


def rotated(data):
    turned = dict(zip(COLUMNS, [data[name] for name in (*COLUMNS[1:], COLUMNS[0])], strict=True))
    return Table({**data.columns, **turned}, data.rows)


def test_the_newest_rows_are_held_back(parts):
    rest, held = parts
    assert rest["Time"].values.max() <= held["Time"].values.min()
    assert held.rows == round(0.2 * 4_399)


@pytest.mark.parametrize("spoilt", [shuffled, rotated])
def test_a_challenger_trained_on_shuffled_columns_is_worse(parts, champion, spoilt):
    rest, held = parts
    judged = [FRAUD_MODEL.judge(each, rest, held, Limits()) for each in (champion, trained(spoilt(rest)))]
    verdict = FRAUD_MODEL.compare(*judged, Guard())
    assert not verdict.no_worse
    assert verdict.judged_by == "labels"


def test_the_champion_is_no_worse_than_itself(parts, champion):
    rest, held = parts
    judged = FRAUD_MODEL.judge(champion, rest, held, Limits())
    verdict = FRAUD_MODEL.compare(judged, judged, Guard())
    assert verdict.champion == verdict.challenger
    assert all(check.holds for check in verdict.checks if check.name != "alert_rate")


def test_the_mean_loss_of_equally_heavy_frauds_is_one_less_the_average_precision(parts, champion):
    rest, held = parts
    judged = FRAUD_MODEL.judge(champion, rest, held, Limits())
    assert np.nanmean(judged.losses) == pytest.approx(1 - judged.metrics["average_precision"], rel=1e-9)
    assert np.isfinite(judged.losses).sum() == judged.metrics["frauds"]


def test_what_is_kept_is_finite_and_scores_the_same(champion):
    document, arrays = FRAUD_MODEL.parameters(champion)
    again = FRAUD_MODEL.restore(document, arrays)
    rows = sample("payments").take(np.arange(100))
    assert FRAUD_MODEL.finite(champion)
    assert np.array_equal(FRAUD_MODEL.scores(again, rows, Limits()), FRAUD_MODEL.scores(champion, rows, Limits()))
