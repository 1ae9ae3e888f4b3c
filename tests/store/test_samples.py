"""The samples: all there, typed, and loaded once."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, text

from store import datasets, samples
from store.sites import SAMPLES


@pytest.mark.parametrize(
    ("name", "rows"),  # as R's nrow() or length() says
    [
        ("AirPassengers", 144),
        ("ChickWeight", 578),
        ("Longley", 16),
        ("Nile", 100),
        ("ToothGrowth", 60),
        ("airquality", 153),
        ("co2", 468),
        ("iris", 150),
        ("mtcars", 32),
        ("payments", 4399),  # its own README
        ("sleepstudy", 180),
        ("warpbreaks", 54),
    ],
)
def test_a_sample_has_all_its_rows(connection: Connection, name: str, rows: int) -> None:
    info = datasets.find(connection, SAMPLES, name)
    assert info is not None
    assert info.rows == rows == len(next(iter(datasets.load(connection, info).values())))


@pytest.mark.parametrize(
    ("name", "column"), [("sleepstudy", "Subject"), ("ChickWeight", "Chick"), ("mtcars", "car"), ("iris", "Species")]
)
def test_labels_are_text(connection: Connection, name: str, column: str) -> None:
    info = datasets.find(connection, SAMPLES, name)
    assert info is not None
    assert {c.name: c.type for c in info.columns}[column] == "text"


def test_the_payments_stand_for_those_they_were_drawn_from(connection: Connection) -> None:
    """The first 227,846 rows of the whole file, whose 492 frauds have 473 distinct ones."""
    info = datasets.find(connection, SAMPLES, "payments")
    assert info is not None
    columns = datasets.load(connection, info)
    frauds = [weight for weight, kind in zip(columns["weight"], columns["Class"], strict=True) if kind == 1]
    assert len(frauds) == 399
    assert set(frauds) == {round(492 / 473, 4)}
    assert sum(columns["weight"]) == pytest.approx(227_846, abs=20)


def test_na_is_missing(connection: Connection) -> None:
    info = datasets.find(connection, SAMPLES, "airquality")
    assert info is not None
    assert {c.name: c.missing for c in info.columns} == {
        "Ozone": 37,
        "Solar.R": 7,
        "Wind": 0,
        "Temp": 0,
        "Month": 0,
        "Day": 0,
    }  # R: summary()


def test_loading_again_changes_nothing(connection: Connection) -> None:
    oids = text("SELECT relname, oid FROM pg_class WHERE relnamespace = 'site_1'::regnamespace ORDER BY 1")
    before = connection.execute(oids).all()
    samples.load(connection)
    assert connection.execute(oids).all() == before


def test_a_missing_or_changed_sample_is_mended(connection: Connection) -> None:
    datasets.remove(connection, SAMPLES, "iris")
    connection.execute(text("UPDATE datasets SET fingerprint = 'old' WHERE name = 'Nile'"))
    samples.load(connection)
    assert datasets.find(connection, SAMPLES, "iris") is not None
    assert connection.execute(text("SELECT count(*) FROM datasets WHERE fingerprint = 'old'")).scalar_one() == 0
