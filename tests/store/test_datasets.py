"""Datasets: what is stored comes back to the bit, whatever it is called and holds."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text

from errors import Conflict, InvalidInput, StoreUnavailable
from store import datasets, sites
from store.columns import StoredColumn, Type
from store.datasets import Bounds
from store.engine import reading, writing
from store.rows import Chunk, Rows
from store.sites import ANONYMOUS, SAMPLES

names = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1, max_size=200)
texts = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=30)
VALUES: dict[Type, st.SearchStrategy[Any]] = {
    "number": st.none() | st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([-0.0, 1e308, 5e-324]),
    "text": st.none() | texts | st.sampled_from(["", "\\N", "\\.", "NULL", "\t", "\r\n", "\\", "\\\\n", "'", '"', "%s"]),
    "boolean": st.none() | st.booleans(),
}


@st.composite
def tables(draw: st.DrawFn) -> list[StoredColumn]:
    rows = draw(st.integers(1, 6))
    chosen = draw(st.lists(names, min_size=1, max_size=5, unique=True))
    types = [draw(st.sampled_from(sorted(VALUES))) for _ in chosen]
    return [
        StoredColumn(n, t, draw(st.lists(VALUES[t], min_size=rows, max_size=rows))) for n, t in zip(chosen, types, strict=True)
    ]


def numbers(*values: float | None, name: str = "x") -> list[StoredColumn]:
    return [StoredColumn(name, "number", list(values))]


def save(
    connection: Connection, columns: list[StoredColumn], *, name: str = "d", site_id: int = ANONYMOUS
) -> datasets.DatasetInfo:
    return datasets.save(connection, site_id, name, columns, len(columns[0].values), fingerprint=repr(columns))


def found(connection: Connection, name: str = "d", site_id: int = ANONYMOUS) -> datasets.DatasetInfo:
    info = datasets.find(connection, site_id, name)
    assert info is not None
    return info


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(columns=tables())
def test_what_is_saved_is_loaded(connection: Connection, columns: list[StoredColumn]) -> None:
    save(connection, columns)
    loaded = datasets.load(connection, found(connection))
    assert repr(loaded) == repr({column.name: list(column.values) for column in columns})  # repr tells -0.0 from 0.0


def test_nan_is_missing(connection: Connection) -> None:
    save(connection, numbers(1.0, math.nan))
    assert datasets.load(connection, found(connection)) == {"x": [1.0, None]}


def test_the_first_rows_can_be_loaded_alone(connection: Connection) -> None:
    save(connection, numbers(3.0, 1.0, 2.0))
    assert [datasets.load(connection, found(connection), limit=n)["x"] for n in (0, 1, 9)] == [[], [3.0], [3.0, 1.0, 2.0]]


def test_a_dataset_is_a_table_that_psql_reads(connection: Connection) -> None:
    save(connection, [StoredColumn("Größe m²", "number", [1.5]), StoredColumn("ok?", "boolean", [True])], name="My-data")
    rows = connection.execute(text('SELECT "Größe m²", "ok?" FROM site_2."My-data"')).all()
    assert [tuple(row) for row in rows] == [(1.5, True)]


def test_columns_are_summarised(connection: Connection) -> None:
    columns = [
        StoredColumn("n", "number", [2.5, None, -1.0, math.nan]),
        StoredColumn("t", "text", ["a", "b", "a", None]),
        StoredColumn("b", "boolean", [True, True, None, None]),
        StoredColumn("none", "number", [None] * 4),
    ]
    save(connection, columns)
    told = [(c.name, c.type, c.missing, c.distinct, c.min, c.max) for c in found(connection).columns]
    assert told == [
        ("n", "number", 2, None, -1.0, 2.5),
        ("t", "text", 1, 2, None, None),
        ("b", "boolean", 2, 1, None, None),
        ("none", "number", 4, None, None, None),
    ]


def test_saving_a_name_again_replaces_all_of_it(connection: Connection) -> None:
    save(connection, numbers(1.0, 2.0))
    save(connection, numbers(3.0, name="y"))
    assert datasets.load(connection, found(connection)) == {"y": [3.0]}


def test_readers_see_the_old_one_while_the_new_one_is_filled(engine: Engine) -> None:
    seen = []

    class Watched(list[float]):
        def __getitem__(self, place: Any) -> Any:
            with reading(engine) as another:
                seen.append(datasets.load(another, found(another)))
            return super().__getitem__(place)

    with writing(engine) as connection:
        save(connection, numbers(1.0))
    with writing(engine) as connection:
        save(connection, [StoredColumn("x", "number", Watched([2.0]))])
    assert seen == [{"x": [1.0]}]


def test_a_save_that_is_rolled_back_leaves_the_old_one(engine: Engine) -> None:
    with writing(engine) as connection:
        save(connection, numbers(1.0))
    with engine.connect() as connection:
        transaction = connection.begin()
        save(connection, numbers(2.0))
        transaction.rollback()
        assert datasets.load(connection, found(connection)) == {"x": [1.0]}


def test_saves_of_one_name_at_once_leave_one_of_them_whole(engine: Engine) -> None:
    def save_one(number: int) -> None:
        with writing(engine) as connection:
            save(connection, numbers(*[float(number)] * 50, name=f"x{number}"))

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(save_one, range(12)))
    with reading(engine) as connection:
        ((name, values),) = datasets.load(connection, found(connection)).items()
    assert values == [float(name[1:])] * 50


def test_readers_during_replacements_see_whole_datasets_or_a_conflict(engine: Engine) -> None:
    def save_one(number: int) -> None:
        with writing(engine) as connection:
            save(connection, numbers(*[float(number)] * 50, name=f"x{number % 2}"))

    def load_one(_: int) -> bool:
        with reading(engine) as connection:
            info = found(connection)
            try:
                values = datasets.load(connection, info)[info.columns[0].name]
            except Conflict:
                return True
        return len(values) == 50 and set(values) == {info.columns[0].max}

    save_one(0)
    with ThreadPoolExecutor(2) as writers, ThreadPoolExecutor(2) as readers:
        writers.map(save_one, range(20))
        assert all(readers.map(load_one, range(40)))


@pytest.mark.parametrize("change", ["values", "columns", "removed"])
def test_a_dataset_replaced_after_it_was_found_is_a_conflict(connection: Connection, change: str) -> None:
    info = save(connection, numbers(1.0))
    if change == "removed":
        datasets.remove(connection, ANONYMOUS, "d")
    else:
        save(connection, numbers(2.0, name="x" if change == "values" else "y"))
    with pytest.raises(Conflict, match="ask again"):
        datasets.load(connection, info)


def test_a_sites_own_dataset_comes_before_the_sample_of_that_name(connection: Connection) -> None:
    save(connection, numbers(1.0), name="iris")
    assert found(connection, "iris").site_id == ANONYMOUS


def test_a_sample_is_found_from_every_site(connection: Connection) -> None:
    assert found(connection, "iris", sites.create(connection, "shop").id).site_id == SAMPLES


def test_a_sample_is_found_for_no_site(connection: Connection) -> None:
    assert datasets.find(connection, None, "iris") is not None


def test_another_sites_dataset_is_missing(connection: Connection) -> None:
    save(connection, numbers(1.0))
    assert datasets.find(connection, sites.create(connection, "shop").id, "d") is None


def test_another_sites_dataset_is_not_listed(connection: Connection) -> None:
    save(connection, numbers(1.0))
    assert "d" not in [info.name for info in datasets.list_(connection, SAMPLES)]


def test_a_list_shows_a_name_once_the_sites_own(connection: Connection) -> None:
    save(connection, numbers(1.0), name="iris")
    assert [info.site_id for info in datasets.list_(connection, ANONYMOUS) if info.name == "iris"] == [ANONYMOUS]


def test_a_removed_dataset_is_missing_and_its_table_gone(connection: Connection) -> None:
    save(connection, numbers(1.0))
    assert datasets.remove(connection, ANONYMOUS, "d")
    assert datasets.find(connection, ANONYMOUS, "d") is None
    assert connection.execute(text("SELECT to_regclass('site_2.d')")).scalar_one() is None


def test_a_sample_is_not_removed_by_a_site(connection: Connection) -> None:
    assert not datasets.remove(connection, ANONYMOUS, "iris")
    assert datasets.find(connection, ANONYMOUS, "iris") is not None


@pytest.mark.parametrize("name", ["", "1a", "a b", 'a"; DROP TABLE keys --', "a" * 64, "ä", "a\x00", "~a", "site_1.iris", "a\n"])
def test_a_name_that_cannot_be_is_refused_and_never_found(connection: Connection, name: str) -> None:
    with pytest.raises(InvalidInput, match="letter"):
        save(connection, numbers(1.0), name=name)
    assert datasets.find(connection, ANONYMOUS, name) is None
    assert not datasets.remove(connection, ANONYMOUS, name)


@pytest.mark.parametrize("name", ["a" * 63, "select", "pg_class", "A-b_9"])
def test_any_name_of_letters_digits_and_dashes_will_do(connection: Connection, name: str) -> None:
    save(connection, numbers(1.0), name=name)
    assert datasets.load(connection, found(connection, name)) == {"x": [1.0]}


@pytest.mark.parametrize("count", [1_500, 1_601])
def test_more_columns_than_postgres_holds_are_refused(connection: Connection, count: int) -> None:
    columns = [StoredColumn(f"x{number}", "number", [1.0]) for number in range(count)]
    with pytest.raises(InvalidInput, match="8 kB"), connection.begin_nested():
        save(connection, columns)


def test_a_thousand_columns_of_numbers_fit(connection: Connection) -> None:
    save(connection, [StoredColumn(f"x{number}", "number", [1.0]) for number in range(1_000)])
    assert len(datasets.load(connection, found(connection))) == 1_000


def test_a_million_cells_are_saved_and_loaded_in_seconds(connection: Connection) -> None:
    cells = [row / 7 for row in range(100_000)]
    columns = [StoredColumn(f"x{number}", "number", cells) for number in range(10)]
    begin = time.monotonic()
    info = datasets.save(connection, ANONYMOUS, "d", columns, 100_000, fingerprint="f")
    loaded = datasets.load(connection, info)
    assert time.monotonic() - begin < 8
    assert loaded["x9"] == cells


@pytest.mark.parametrize(("rows", "stored"), [(100, False), (80_000, True)])
def test_a_statement_has_as_long_as_its_rows_may_take(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, rows: int, stored: bool
) -> None:
    monkeypatch.setattr(datasets, "FILL_SECONDS", 0.2)  # and 8 s for 80,000 rows of four columns
    columns: dict[str, Type] = dict.fromkeys("abcd", "number")

    def slowly() -> Iterator[Chunk]:
        for _ in range(4):
            time.sleep(0.1)
            yield [[1.0] * (rows // 4)] * 4

    given = Rows(columns, rows, slowly)
    with nullcontext() if stored else pytest.raises(StoreUnavailable), writing(engine) as connection:
        assert datasets.put(connection, ANONYMOUS, "slow", given, secret=b"", bounds=Bounds()).added == rows
