from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import InvalidInput, LimitExceeded
from science.limits import Limits
from science.table import Factor, Numeric, Table, table_of_columns, table_of_records

LIMITS = Limits()


def of(**columns: Any) -> Table:
    return table_of_columns(columns, LIMITS)


def factor(values: list[Any]) -> Factor:
    column = of(g=values)["g"]
    assert isinstance(column, Factor)
    return column


def test_numbers_become_doubles_and_none_is_missing() -> None:
    column = of(x=[1, 2.5, None])["x"]
    assert isinstance(column, Numeric)
    assert (column.values[:2].tolist(), column.missing.tolist()) == ([1.0, 2.5], [False, False, True])


def test_the_values_of_a_table_are_frozen() -> None:
    column = of(x=[1.0])["x"]
    assert isinstance(column, Numeric)
    with pytest.raises(ValueError, match="read-only"):
        column.values[0] = 2.0


def test_texts_become_sorted_levels() -> None:
    column = factor(["b", "a", None, "B"])
    assert (column.levels, column.codes.tolist()) == (("B", "a", "b"), [2, 1, -1, 0])


def test_true_and_false_have_r_s_levels_in_any_order() -> None:
    column = factor([True, None, False])
    assert (column.levels, column.codes.tolist()) == (("FALSE", "TRUE"), [1, -1, 0])


def test_a_column_of_nothing_is_missing_numbers() -> None:
    assert of(x=[None, None])["x"].missing.all()


def test_columns_keep_their_order() -> None:
    assert of(z=[1], a=[2]).names == ("z", "a")


def test_records_are_the_columns_they_spell() -> None:
    records = [{"x": 1, "g": "a"}, {"x": 2, "g": "b"}]
    assert table_of_records(records, LIMITS).fingerprint == of(x=[1, 2], g=["a", "b"]).fingerprint


def test_a_key_that_a_record_lacks_is_missing_there() -> None:
    table = table_of_records([{"x": 1}, {"g": "a"}, {"x": 3, "g": None}], LIMITS)
    assert [table[name].missing.tolist() for name in ("x", "g")] == [[False, True, False], [True, False, True]]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"x": [1, 2]}, {"x": [1.0, 2.0]}),
        ({"x": [-0.0]}, {"x": [0.0]}),
        ({"x": (1, 2)}, {"x": [1, 2]}),
        ({"x": [None]}, {"x": [float("nan")]}),
    ],
)
def test_equal_data_have_one_fingerprint_however_they_are_sent(one: Any, other: Any) -> None:
    assert of(**one).fingerprint == of(**other).fingerprint


@pytest.mark.parametrize(
    "other",
    [
        {"x": [1, 2], "g": ["a", "c"]},
        {"x": [1, 3], "g": ["a", "b"]},
        {"x": [1, None], "g": ["a", "b"]},
        {"y": [1, 2], "g": ["a", "b"]},
        {"g": ["a", "b"], "x": [1, 2]},
        {"x": ["1", "2"], "g": ["a", "b"]},
        {"x": [1, 2], "g": [False, True]},
        {"x": [1, 2]},
    ],
)
def test_other_data_have_another_fingerprint(other: Any) -> None:
    assert of(x=[1, 2], g=["a", "b"]).fingerprint != of(**other).fingerprint


def test_an_ordered_factor_has_a_fingerprint_of_its_own() -> None:
    codes = np.array([0, 1])
    plain, ordered = (Table({"g": Factor(codes, ("a", "b"), is_ordered)}, 2) for is_ordered in (False, True))
    assert plain.fingerprint != ordered.fingerprint


VALUES = st.one_of(
    st.lists(st.one_of(st.none(), st.floats(allow_infinity=False, allow_nan=False)), min_size=1, max_size=8),
    st.lists(st.one_of(st.none(), st.text(st.characters(exclude_characters="\x00", codec="utf-8"))), min_size=1, max_size=8),
    st.lists(st.one_of(st.none(), st.booleans()), min_size=1, max_size=8),
)


@given(VALUES, st.data())
def test_taking_rows_is_sending_those_rows(values: list[Any], data: st.DataObject) -> None:
    """Levels stay those of the whole table, so factors are compared by their texts."""
    rows = data.draw(st.lists(st.integers(0, len(values) - 1), min_size=1))
    taken = of(x=values).take(np.array(rows, dtype=np.intp))
    assert taken.rows == len(rows)
    assert read(taken["x"]) == read(of(x=values)["x"], rows)


def read(column: Any, rows: list[int] | None = None) -> list[Any]:
    if isinstance(column, Numeric):
        values = list(map(str, column.values))
    else:
        values = [(*column.levels, None)[code] for code in column.codes]
    return values if rows is None else [values[row] for row in rows]


@given(VALUES)
def test_a_table_is_the_same_by_columns_and_by_records(values: list[Any]) -> None:
    assert table_of_records([{"x": value} for value in values], LIMITS).fingerprint == of(x=values).fingerprint


@pytest.mark.parametrize(
    ("columns", "pointer", "message"),
    [
        ({}, "/data", "no columns"),
        ({"x": []}, "/data", "no rows"),
        ({"": [1]}, "/data", "1 to 200 characters"),
        ({"a\x00b": [1]}, "/data", "no NUL"),
        ({"x" * 201: [1]}, "/data", "1 to 200 characters"),
        ({"x": 5}, "/data/x", "must be a list"),
        ({"x": "abc"}, "/data/x", "must be a list"),
        ({"x": [1, 2], "y": [1]}, "/data/y", "column y has 1 values where x has 2"),
        ({"x": [1, 2, "a"]}, "/data/x/2", "row 3 of column x is a text"),
        ({"x": ["a", "b", 3]}, "/data/x/2", "row 3 of column x is a number"),
        ({"x": [1, 2, True]}, "/data/x/2", "row 3 of column x is true or false"),
        ({"x": [1, [2], 3]}, "/data/x/1", "row 2 of column x is a list"),
        ({"x": [{}, {}]}, "/data/x/0", "row 1 of column x is an object"),
        ({"x": [1, float("inf")]}, "/data/x/1", "column x is infinite in row 2"),
        ({"x": [10**400]}, "/data/x", "too large for double precision"),
        ({"x": ["a", "b\x00"]}, "/data/x", "NUL character"),
        ({"a/b~c": [1, "x"]}, "/data/a~1b~0c/1", "row 2 of column a/b~c is a text"),
    ],
)
def test_data_that_cannot_be_used_name_the_place(columns: Any, pointer: str, message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        table_of_columns(columns, LIMITS)
    assert message in caught.value.detail
    assert caught.value.faults[0].pointer == pointer


def test_a_record_that_is_no_object_is_named() -> None:
    with pytest.raises(InvalidInput, match="row 2 is not an object") as caught:
        table_of_records([{"x": 1}, 5], LIMITS)  # type: ignore[list-item]
    assert caught.value.faults[0].pointer == "/data/1"


def test_no_message_tells_a_value() -> None:
    with pytest.raises(InvalidInput) as caught:
        of(x=[1, 2, "secret"])
    assert "secret" not in caught.value.detail


@pytest.mark.parametrize(
    ("setting", "columns"),
    [
        ("max_rows", {"x": [1, 2, 3]}),
        ("max_columns", {"a": [1], "b": [1], "c": [1]}),
        ("max_levels", {"x": ["a", "b", "c"]}),
    ],
)
def test_a_limit_is_named_and_holds(setting: str, columns: Any) -> None:
    assert table_of_columns(columns, Limits(**{setting: 3})).rows
    with pytest.raises(LimitExceeded) as caught:
        table_of_columns(columns, Limits(**{setting: 2}))
    assert caught.value.setting == setting


@pytest.mark.parametrize(("setting", "records"), [("max_rows", [{"x": 1}] * 3), ("max_columns", [{"a": 1}, {"b": 1}, {"c": 1}])])
def test_records_have_the_same_limits(setting: str, records: Any) -> None:
    with pytest.raises(LimitExceeded) as caught:
        table_of_records(records, Limits(**{setting: 2}))
    assert caught.value.setting == setting
