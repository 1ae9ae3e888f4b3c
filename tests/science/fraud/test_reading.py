"""A row that cannot be scored is named with its reason and fails no other."""

from __future__ import annotations

import numpy as np
import pytest

from errors import InvalidInput
from science.fraud.reading import Fault, read_records, read_table
from science.table import Numeric, Table, factor_of

GOOD = {"a": 1, "b": 2.5}


@pytest.mark.parametrize(
    ("record", "fault"),
    [
        ({"a": 1}, Fault("missing", ("b",))),
        ({"a": None, "b": None}, Fault("missing", ("a", "b"))),
        ({"a": float("nan"), "b": 1}, Fault("missing", ("a",))),
        ({"a": float("inf"), "b": 1}, Fault("infinite", ("a",))),
        ({"a": float("inf"), "b": float("-inf")}, Fault("infinite", ("a", "b"))),
        ({"a": 10**400, "b": 1}, Fault("infinite", ("a",))),
        ({"a": "12", "b": None}, Fault("text", ("a",))),
        ({"a": True, "b": 1}, Fault("text", ("a",))),
        ({"a": [1], "b": 1}, Fault("text", ("a",))),
        ({"a": 1, "b": 2, "z": 3, "c": 4}, Fault("unknown_column", ("c", "z"))),
    ],
)
def test_a_bad_record_is_named_and_fails_no_other(record: dict[str, object], fault: Fault) -> None:
    read = read_records(("a", "b"), [GOOD, record, GOOD])
    assert read.faults == {1: fault}
    assert read.places.tolist() == [0, 2]
    assert read.X.tolist() == [[1.0, 2.5], [1.0, 2.5]]


def test_large_numbers_that_are_finite_are_read() -> None:
    read = read_records(("a", "b"), [{"a": 1e308, "b": 1e308}])
    assert read.X.tolist() == [[1e308, 1e308]]


def test_an_id_may_be_there() -> None:
    assert read_records(("a", "b"), [{**GOOD, "id": "t1"}], frozenset({"id"})).faults == {}


def test_no_records_are_no_rows() -> None:
    assert read_records(("a", "b"), []).X.shape == (0, 2)


def test_columns_are_read_and_extra_ones_left_alone() -> None:
    columns = {"b": Numeric(np.array([1.0, np.nan, 3.0])), "a": Numeric(np.array([4.0, 5.0, np.inf])), "c": factor_of("xyz")}
    read = read_table(("a", "b"), Table(columns, 3))
    assert read.X.tolist() == [[4.0, 1.0]]
    assert read.faults == {1: Fault("missing", ("b",)), 2: Fault("infinite", ("a",))}


def test_a_column_of_texts_fails_its_rows_and_an_absent_one_the_table() -> None:
    table = Table({"a": factor_of(["1", "2"])}, 2)
    assert read_table(("a",), table).faults == dict.fromkeys((0, 1), Fault("text", ("a",)))
    with pytest.raises(InvalidInput) as caught:
        read_table(("a", "b"), table)
    assert caught.value.field == "/data/b"


def test_an_absent_column_is_pointed_to_whatever_it_is_called() -> None:
    with pytest.raises(InvalidInput) as refusal:
        read_table(("a/b.c",), Table({"a": Numeric(np.array([1.0]))}, 1))
    assert refusal.value.faults[0].pointer == "/data/a~1b.c"
