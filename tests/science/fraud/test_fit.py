"""A fit of the sample: trimmed Mahalanobis alone, which needs no TensorFlow."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.linalg import inv
from scipy.spatial.distance import mahalanobis as scipy_distance

from errors import DeadlineExceeded, InvalidInput
from science.deadline import Deadline
from science.fraud.fit import explain, score, shares
from science.fraud.metrics import metrics_of
from science.fraud.spec import FraudSpec
from science.fraud.train import EVEN, fit
from science.fraud.whitening import RIDGE, Whitening, kept
from science.table import Numeric, Table
from tests.science.fraud.data import CARDS, COLUMNS, LIMITS, fitted, mahalanobis, payments, table


def rows() -> np.ndarray:
    return np.column_stack([payments()[name].values for name in COLUMNS])


def column(name: str) -> np.ndarray:
    found = payments()[name]
    assert isinstance(found, Numeric)
    return found.values


def with_column(table: Table, **columns: np.ndarray) -> Table:
    return Table({**table.columns, **{name: Numeric(values) for name, values in columns.items()}}, table.rows)


def test_frauds_are_found_as_others_have_found_them() -> None:
    """ROC AUC .96 of trimmed Mahalanobis on these payments, as measured on the whole file."""
    found = mahalanobis().judged
    assert found.by == "labels"
    assert found.metrics.roc_auc == pytest.approx(0.96, abs=0.02)
    assert found.metrics.average_precision > 0.6
    assert found.metrics == found.baseline


def test_a_risk_of_50_is_one_legitimate_payment_in_a_hundred() -> None:
    fraud = column("Class") == 1
    risk = score(mahalanobis(), rows()).risk
    assert np.average(risk[~fraud] >= 50, weights=column("weight")[~fraud]) == pytest.approx(0.01, abs=0.005)


def test_labelled_frauds_are_not_learned_from() -> None:
    """Whatever the frauds' values: the detector is the same to the last bit."""
    wild = {name: np.where(column("Class") == 1, 1e3, column(name)) for name in COLUMNS}
    one, other = mahalanobis(trim=(0.02,)), fitted(with_column(payments(), **wild), detector="mahalanobis", trim=(0.02,))
    legitimate = rows()[column("Class") == 0]
    assert score(one, legitimate).score.tobytes() == score(other, legitimate).score.tobytes()


def test_alerted_rows_without_label_are_not_learned_from() -> None:
    changed = {
        "Class": np.where(column("Class") == 1, np.nan, column("Class")),
        "alerted": column("Class"),
    }
    choice = {"detector": "mahalanobis", "trim": (0.02,), "null_label": "fill", "alerted": "alerted"}
    one, other = mahalanobis(trim=(0.02,)), fitted(with_column(payments(), **changed), **choice)
    assert score(one, rows()).score.tobytes() == score(other, rows()).score.tobytes()


def test_few_labels_are_replaced_by_made_anomalies_and_cost_is_refused() -> None:
    found = fitted(payments(), detector="mahalanobis", label=None)
    assert found.judged.by == "anomalies"
    assert found.judged.metrics.frauds == 200
    assert not found.outcomes.fraud.any()


@pytest.mark.parametrize("label", ["Class", None])
def test_the_trim_is_chosen_on_the_holdout(label: str | None) -> None:
    shares = (0.0, 0.005, 0.02, 0.05)
    each = {share: mahalanobis(label=label, trim=(share,)).judged.metrics.average_precision for share in shares}
    even = EVEN if label else 0.0
    as_good = [share for share in shares if each[share] >= max(each.values()) - even]
    assert mahalanobis(label=label).trim == (as_good[-1] if label else as_good[0])


def test_frauds_to_come_are_found_as_the_trim_promised() -> None:
    """The newest fifth of the sample, unseen: a trim as good as the best by labels must not fail later."""
    newest = np.argsort(column("Time"), kind="stable")[-payments().rows // 5 :]
    before = np.setdiff1d(np.arange(payments().rows), newest)
    found = fitted(payments().take(before), detector="mahalanobis")
    fraud, weight = (column(name)[newest] for name in ("Class", "weight"))
    assert metrics_of(score(found, rows()[newest]).score, fraud == 1, weight).average_precision > 0.6


def test_a_weight_of_two_is_the_row_twice() -> None:
    """In the moments and the covariance that everything is built of."""
    twice = np.repeat(np.arange(payments().rows), 2)
    one = mahalanobis(trim=(0.0,), weight=None, amounts=())
    other = fitted(payments().take(twice), detector="mahalanobis", trim=(0.0,), weight=None, amounts=())
    energies = (each.detector.energies(each.scaling.apply(rows())) for each in (one, other))
    np.testing.assert_allclose(*energies, rtol=0.01)


def test_a_supervised_head_ranks_better_and_says_how_likely() -> None:
    found = mahalanobis(supervised=True)
    assert found.head is not None
    assert found.head.calibrated
    assert found.judged.head is not None
    assert found.judged.head.roc_auc > found.judged.metrics.roc_auc
    probability = score(found, rows()).probability
    assert probability is not None
    assert np.average(probability, weights=column("weight")) == pytest.approx(415 / 227_846, rel=0.5)


def test_without_labels_enough_there_is_no_head() -> None:
    few = with_column(payments(), Class=np.where(np.cumsum(column("Class")) <= 5, column("Class"), 0.0))
    found = fitted(few, detector="mahalanobis", supervised=True)
    assert found.head is None
    assert "too_few_frauds" in [notice.code for notice in found.notices]


def test_scores_do_not_depend_on_the_batch() -> None:
    found, X = mahalanobis(supervised=True), rows()[:500]
    whole = score(found, X)
    alone = [score(found, X[i : i + 1]) for i in range(500)]
    for name in ("score", "risk", "probability"):
        assert np.concatenate([getattr(each, name) for each in alone]).tobytes() == getattr(whole, name).tobytes()


def test_reasons_are_the_largest_shares_and_all_shares_sum_to_one() -> None:
    found, X = mahalanobis(), rows()[:50]
    every = shares(found, X)
    np.testing.assert_allclose(every.sum(1), 1.0, rtol=1e-12)
    for row, told in zip(range(50), explain(found, X, 3)[1], strict=True):
        assert [each.share for each in told] == sorted(every[row], reverse=True)[:3]
        for each in told:
            assert each.observed == X[row, COLUMNS.index(each.column)]
            assert each.direction == ("high" if each.observed > each.expected else "low")


def test_the_reason_is_the_column_that_was_changed() -> None:
    """And what is expected of it is near what it was."""
    found = mahalanobis()
    legitimate = rows()[(column("Class") == 0)][:40]
    changed = legitimate.copy()
    changed[:, 4] += 25.0
    told = [each[0] for each in explain(found, changed, 1)[1]]
    assert [each.column for each in told] == ["V5"] * 40
    assert {each.direction for each in told} == {"high"}
    errors = np.abs([each.expected for each in told] - legitimate[:, 4])
    assert np.median(errors) < 0.5 * np.std(column("V5"))


def test_caught_frauds_are_explained_by_the_known_direction() -> None:
    """V17, V12 and V14 lead it in these data: they are among the reasons of nearly all that are caught."""
    frauds = rows()[column("Class") == 1]
    caught = frauds[score(mahalanobis(), frauds).risk > 90]
    leading = [{each.column for each in told} & {"V17", "V12", "V14"} for told in explain(mahalanobis(), caught, 3)[1]]
    assert len(caught) > 200
    assert np.mean([bool(each) for each in leading]) > 0.9


def test_the_holdout_judges_what_was_learned_without_it() -> None:
    """The whitening of the oldest 70 %, trimmed by its own energy, as SciPy computes it."""
    order = np.argsort(column("Time"), kind="stable")
    oldest, newest = order[: round(0.7 * len(order))], order[round(0.85 * len(order)) :]
    found = mahalanobis(trim=(0.02,))
    learned = oldest[column("Class")[oldest] == 0]
    Z, weight = found.scaling.apply(rows()).astype(float), column("weight")
    keep = learned[kept(Z[learned], weight[learned], 0.02)]
    covariance = np.cov(Z[keep].T, aweights=weight[keep], ddof=0) + RIDGE * np.eye(len(COLUMNS))
    mean, P = np.average(Z[keep], axis=0, weights=weight[keep]), inv(covariance)
    energies = np.array([scipy_distance(row, mean, P) ** 2 for row in Z[newest]])
    judged = metrics_of(energies, column("Class")[newest] == 1, weight[newest])
    assert found.judged.metrics.average_precision == pytest.approx(judged.average_precision, abs=1e-3)
    assert found.judged.metrics.roc_auc == pytest.approx(judged.roc_auc, abs=1e-4)


def test_what_answers_has_learned_from_all_but_the_newest_rows() -> None:
    order = np.argsort(column("Time"), kind="stable")
    before = order[: round(0.85 * len(order))]
    before = before[column("Class")[before] == 0]
    found = mahalanobis(trim=(0.0,))
    (view,) = found.detector.views
    assert isinstance(view, Whitening)
    mean = np.average(found.scaling.apply(rows()[before]), axis=0, weights=column("weight")[before])
    np.testing.assert_allclose(view.mean, mean, atol=1e-6)
    assert found.trained.rows == len(before)


def test_it_is_calibrated_by_views_that_did_not_learn_from_what_calibrates() -> None:
    """300 rows of 30 columns: a covariance half knows them by heart. 25, one row in ten, is promised to rows it does not know."""
    names, seen, new = tuple(f"x{j}" for j in range(30)), [], []
    for seed in range(6):
        made = np.random.default_rng(seed).normal(size=(5_300, 30))
        one = table(**dict(zip(names, made[:300].T, strict=True)), t=np.arange(300.0))
        found = fitted(one, columns=names, label=None, time="t", weight=None, detector="mahalanobis", trim=(0.0,), amounts=())
        risk = score(found, made).risk
        seen.append(np.mean(risk[:255] >= 25))
        new.append(np.mean(risk[300:] >= 25))
    assert np.mean(new) == pytest.approx(0.1, abs=0.02)
    assert np.mean(seen) < 0.6 * np.mean(new)


def test_a_deadline_stops_it() -> None:
    late = Deadline(at=0.0, clock=lambda: 1.0)
    with pytest.raises(DeadlineExceeded):
        fit(FraudSpec(**CARDS, detector="mahalanobis"), payments(), LIMITS, late, lambda part: None)


def test_a_spec_of_columns_that_are_not_there_is_refused() -> None:
    with pytest.raises(InvalidInput) as caught:
        fitted(payments(), columns=("V1", "V99"))
    assert caught.value.field == "columns.1"


def test_one_column_is_enough() -> None:
    found = fitted(payments(), detector="mahalanobis", columns=("V14",))
    assert score(found, np.array([[0.0], [-20.0]])).risk.tolist() == [pytest.approx(0, abs=20), 100.0]
    assert replace(found.spec, columns=("V14",)) == found.spec
