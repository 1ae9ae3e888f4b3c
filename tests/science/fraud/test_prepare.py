"""Rows are chosen, counted and cut in order of time; what must not be learned from is not."""

from __future__ import annotations

import numpy as np
import pytest

from errors import InvalidInput, LimitExceeded
from science.fraud.prepare import rows_of, windows_of
from science.fraud.spec import FraudSpec
from science.limits import Limits
from science.table import Factor, Table, factor_of
from tests.science.fraud.data import LIMITS, table

NAN = np.nan


def rows(spec: FraudSpec, **columns):
    return rows_of(spec, table(**columns), LIMITS)


def test_rows_without_a_label_are_dropped_and_counted() -> None:
    found, notices = rows(FraudSpec(("a",), label="y"), a=[1, 2, 3, 4], y=[0, NAN, 1, -1])
    assert found.X[:, 0].tolist() == [1, 3]
    assert [(notice.code, notice.detail) for notice in notices] == [("no_label", "2 rows with no label were left out")]


def test_or_filled_with_minus_one_and_learned_from() -> None:
    found, notices = rows(FraudSpec(("a",), label="y", null_label="fill"), a=[1, 2, 3], y=[0, NAN, 1])
    assert found.label.tolist() == [0, -1, 1]
    assert found.trainable.tolist() == [True, True, False]
    assert notices == ()


def test_rows_with_a_missing_value_are_dropped_and_counted() -> None:
    found, notices = rows(FraudSpec(("a", "b"), time="t"), a=[1, NAN, 3, 4], b=[1, 2, 3, 4], t=[1, 2, NAN, 4])
    assert found.place.tolist() == [0, 3]
    assert notices[0].code == "missing_values"


@pytest.mark.parametrize(
    ("label", "trainable"), [("y", [True, False, True, False, False]), (None, [True, False, False, True, False])]
)
def test_alerted_rows_are_kept_out_unless_labelled_legitimate(label: str | None, trainable: list[bool]) -> None:
    spec = FraudSpec(("a",), label=label, alerted="seen", null_label="fill")
    found, _ = rows(spec, a=[1, 2, 3, 4, 5], y=[0, NAN, 0, 1, 1], seen=[0, 1, 1, 0, 1])
    assert found.trainable.tolist() == trainable


@pytest.mark.parametrize(
    ("columns", "field"),
    [
        ({"b": [1, 2]}, "columns.0"),
        ({"a": [1, np.inf], "y": [0, 0], "w": [1, 1]}, "columns.0"),
        ({"a": [1, 1e160], "y": [0, 0], "w": [1, 1]}, "columns.0"),
        ({"a": [1, 2], "y": [0, 2], "w": [1, 1]}, "label"),
        ({"a": [1, 2], "y": [0, 1], "w": [1, 0]}, "weight"),
        ({"a": [1, 2], "y": [0, 1], "w": [1, NAN]}, "weight"),
    ],
)
def test_what_cannot_be_used_is_named(columns: dict[str, list[float]], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        rows(FraudSpec(("a",), label="y", weight="w"), **columns)
    assert caught.value.field == field


def test_a_column_of_texts_is_refused_and_one_of_true_and_false_is_not() -> None:
    texts = Table({"a": factor_of(["x", "y"])}, 2)
    with pytest.raises(InvalidInput, match="holds text"):
        rows_of(FraudSpec(("a",)), texts, LIMITS)
    booleans = Table({"a": Factor(np.array([1, 0, -1]), ("FALSE", "TRUE"))}, 3)
    assert rows_of(FraudSpec(("a",)), booleans, LIMITS)[0].X[:, 0].tolist() == [1.0, 0.0]


def test_too_many_cells_are_refused_before_they_are_built() -> None:
    with pytest.raises(LimitExceeded):
        rows_of(FraudSpec(("a", "b")), table(a=np.zeros(60), b=np.zeros(60)), Limits(max_cells=100))


def test_windows_follow_time() -> None:
    found, _ = rows(FraudSpec(("a",), time="t"), a=np.arange(100.0), t=np.arange(100.0)[::-1])
    windows = windows_of(found, 0)
    assert windows.train.X[:, 0].tolist() == list(range(99, 29, -1))
    assert windows.calibrate.X[:, 0].tolist() == list(range(29, 14, -1))
    assert windows.holdout.X[:, 0].tolist() == list(range(14, -1, -1))


def test_windows_without_time_are_drawn_from_the_seed() -> None:
    found, _ = rows(FraudSpec(("a",)), a=np.arange(100.0))
    one, same, other = (windows_of(found, seed).train.place.tolist() for seed in (1, 1, 2))
    assert one == same != other
    assert sorted(one) != one


def test_too_few_rows_are_refused() -> None:
    found, _ = rows(FraudSpec(("a",)), a=np.arange(39.0))
    with pytest.raises(InvalidInput, match="at least 40"):
        windows_of(found, 0)
