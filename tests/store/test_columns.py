"""Columns' names in Postgres: the caller's own where they fit, and never two alike."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.columns import IDENTIFIER_BYTES, SYSTEM_COLUMNS, physical_names

LONG = "x" * 64
names = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1, max_size=200)
near = st.sampled_from(
    [LONG, LONG + "y", "x" * 50 + "~1", "x" * 50 + "~2", "x" * 50 + "~4", "ctid", "ctid~1", "é" * 32, "é" * 33]
)


@pytest.mark.parametrize("name", ["mpg", "Solar.R", "SELECT", 'a"b', "%s", " ", "é" * 31, "x" * 63, "CTID", "line\nbreak"])
def test_a_name_that_fits_is_kept(name: str) -> None:
    assert physical_names([name]) == [name]


@pytest.mark.parametrize(
    ("name", "physical"),
    [(LONG, "x" * 50 + "~1"), ("é" * 32, "é" * 25 + "~1"), ("aé" * 30, "aé" * 16 + "a~1"), ("ctid", "ctid~1")],
)
def test_a_name_that_does_not_fit_is_cut_and_numbered(name: str, physical: str) -> None:
    assert physical_names([name]) == [physical]


@given(st.lists(names | near, unique=True, max_size=12))
def test_physical_names_fit_and_differ(chosen: list[str]) -> None:
    physical = physical_names(chosen)
    assert len(set(physical)) == len(chosen)
    assert all(len(name.encode()) <= IDENTIFIER_BYTES and name not in SYSTEM_COLUMNS for name in physical)
