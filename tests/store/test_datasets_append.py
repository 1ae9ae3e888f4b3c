"""Appending: in order, all or nothing, with a fingerprint of what is there, while others read and add."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text

from errors import InvalidInput, LimitExceeded, NotFound
from store import datasets
from store.columns import StoredColumn
from store.datasets import Bounds
from store.engine import reading, writing
from store.rows import Rows, rows_of_columns
from store.sites import ANONYMOUS

SECRET = b"s" * 32
BOUNDS = Bounds()


def rows(values: list[Any], name: str = "x", type: Any = "number") -> Rows:
    return rows_of_columns([StoredColumn(name, type, values)], len(values))


def put(connection: Connection, given: Rows, name: str = "d", bounds: Bounds = BOUNDS) -> datasets.DatasetInfo:
    return datasets.put(connection, ANONYMOUS, name, given, secret=SECRET, bounds=bounds).info


def append(connection: Connection, given: Rows, name: str = "d", bounds: Bounds = BOUNDS) -> datasets.DatasetInfo:
    return datasets.append(connection, ANONYMOUS, name, given, secret=SECRET, bounds=bounds).info


def found(connection: Connection, name: str = "d") -> datasets.DatasetInfo:
    info = datasets.find(connection, ANONYMOUS, name)
    assert info is not None
    return info


numbers = st.lists(st.floats(allow_nan=False, allow_infinity=False) | st.none(), min_size=1, max_size=5)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(numbers, min_size=1, max_size=4))
def test_appending_is_sending_all_at_once(connection: Connection, parts: list[list[float | None]]) -> None:
    whole = put(connection, rows([value for part in parts for value in part]), "whole")
    put(connection, rows(parts[0]), "parts")
    for part in parts[1:]:
        append(connection, rows(part), "parts")
    appended = found(connection, "parts")
    assert repr(datasets.load(connection, appended)) == repr(datasets.load(connection, whole))
    assert (appended.rows, appended.fingerprint, appended.columns) == (whole.rows, whole.fingerprint, whole.columns)


@pytest.mark.parametrize(
    "changed", [rows([1.0, 3.0]), rows([2.0, 1.0]), rows([1.0]), rows([1.0, 2.0], name="y"), rows(["1.0", "2.0"], type="text")]
)
def test_another_content_has_another_fingerprint(connection: Connection, changed: Rows) -> None:
    assert put(connection, rows([1.0, 2.0]), "a").fingerprint != put(connection, changed, "b").fingerprint


def test_the_order_outlasts_updates_and_a_vacuum(engine: Engine) -> None:
    with writing(engine) as connection:
        info = put(connection, rows([float(number) for number in range(100)]))
    table = f'site_{ANONYMOUS}."d"'
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"UPDATE {table} SET x = x WHERE x < 50"))  # moves half of the rows to the end of the heap
        connection.execute(text(f"VACUUM FULL {table}"))
    with reading(engine) as connection:
        assert datasets.load(connection, info)["x"] == [float(number) for number in range(100)]


def test_what_was_found_before_an_append_is_read_as_it_was(connection: Connection) -> None:
    before = put(connection, rows([1.0, 2.0]))
    append(connection, rows([3.0]))
    assert datasets.load(connection, before) == {"x": [1.0, 2.0]}
    assert datasets.load(connection, before, after=1, limit=5) == {"x": [2.0]}


def test_pages_hold_the_rows_in_order(connection: Connection) -> None:
    info = put(connection, rows([float(number) for number in range(7)]))
    pages = [datasets.load(connection, info, after=after, limit=3)["x"] for after in (0, 3, 6, 7)]
    assert pages == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0], [6.0], []]


def test_all_appends_at_once_land(engine: Engine) -> None:
    with writing(engine) as connection:
        put(connection, rows([-1.0]))

    def add(number: int) -> None:
        with writing(engine) as connection:
            append(connection, rows([float(number)] * 20))

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(add, range(16)))
    with reading(engine) as connection:
        info = found(connection)
        values = datasets.load(connection, info)["x"]
    assert info.rows == len(values) == 321
    assert sorted(values) == [-1.0] + [float(number) for number in range(16) for _ in range(20)]
    assert all(len(set(values[start : start + 20])) == 1 for start in range(1, 321, 20))  # each append is one piece


def test_readers_during_appends_see_whole_appends(engine: Engine) -> None:
    with writing(engine) as connection:
        put(connection, rows([0.0] * 10))
    ended = threading.Event()

    def add() -> None:
        for number in range(1, 30):
            with writing(engine) as connection:
                append(connection, rows([float(number)] * 10))
        ended.set()

    with ThreadPoolExecutor(1) as writer:
        writer.submit(add)
        while not ended.is_set():
            with reading(engine) as connection:
                info = found(connection)
                values = datasets.load(connection, info)["x"]
            assert values == [float(number) for number in range(info.rows // 10) for _ in range(10)]


def test_an_append_that_is_rolled_back_leaves_nothing(engine: Engine) -> None:
    with writing(engine) as connection:
        info = put(connection, rows([1.0]))
    with engine.connect() as connection:
        transaction = connection.begin()
        append(connection, rows([2.0]))
        transaction.rollback()
        assert found(connection) == info
        assert datasets.load(connection, info) == {"x": [1.0]}


@pytest.mark.parametrize(
    ("given", "pointer", "told"),
    [
        (rows([1.0], name="y"), "/data/x", "the column x of the dataset is missing"),
        (rows_of_columns([StoredColumn("x", "number", [1.0]), StoredColumn("y", "number", [1.0])], 1), "/data/y", "no column y"),
        (rows(["a"], type="text"), "/data/x", "holds a text where the dataset has a number"),
    ],
)
def test_a_drift_of_the_columns_is_refused_naming_the_column(
    connection: Connection, given: Rows, pointer: str, told: str
) -> None:
    put(connection, rows([1.0]))
    with pytest.raises(InvalidInput, match=told) as refusal:
        append(connection, given)
    assert refusal.value.faults[0].pointer == pointer


def test_columns_in_another_order_are_put_in_theirs(connection: Connection) -> None:
    columns = [StoredColumn("a", "number", [1.0]), StoredColumn("b", "text", ["one"])]
    put(connection, rows_of_columns(columns, 1))
    info = append(connection, rows_of_columns(columns[::-1], 1))
    assert datasets.load(connection, info) == {"a": [1.0, 1.0], "b": ["one", "one"]}


def test_new_texts_are_no_drift_and_are_counted_when_asked(connection: Connection) -> None:
    put(connection, rows(["a", "b"], type="text"))
    info = append(connection, rows(["b", "c", None], type="text"))
    assert info.columns[0].distinct is None
    assert datasets.counted(connection, info).columns[0].distinct == 3
    assert found(connection).columns[0].distinct == 3
    assert info.columns[0].missing == 1


def test_what_is_not_there_cannot_be_appended_to_nor_a_sample(connection: Connection) -> None:
    for name in ("nothing", "iris"):
        with pytest.raises(NotFound):
            append(connection, rows([1.0]), name)


def test_a_dataset_named_like_the_row_number_keeps_its_column(connection: Connection) -> None:
    columns = [StoredColumn("~row", "number", [7.0]), StoredColumn("row", "number", [8.0])]
    info = put(connection, rows_of_columns(columns, 1))
    assert datasets.load(connection, info) == {"~row": [7.0], "row": [8.0]}


@pytest.mark.parametrize(
    ("bounds", "setting"),
    [
        (Bounds(max_dataset_rows=3), "max_dataset_rows"),
        (Bounds(max_site_cells=3), "max_site_cells"),
        (Bounds(max_datasets=0), "max_datasets"),
    ],
)
def test_more_than_a_site_may_keep_is_refused_naming_the_setting(connection: Connection, bounds: Bounds, setting: str) -> None:
    put(connection, rows([1.0, 2.0]))
    with pytest.raises(LimitExceeded, match=setting):
        append(connection, rows([3.0, 4.0]), bounds=bounds)
    if setting != "max_dataset_rows":
        with pytest.raises(LimitExceeded, match=setting):
            put(connection, rows([3.0, 4.0]), "another", bounds=bounds)
