"""Masks and joins are those of the article's streaming SQL."""

from __future__ import annotations

import numpy as np
import pytest

from errors import InvalidInput
from science.fraud.streaming import STARS, joined, mask_left, masked
from science.table import Factor, Numeric, Table, factor_of
from tests.science.fraud.data import LIMITS


@pytest.mark.parametrize(
    ("text", "count", "masks", "expected"),
    [
        ("Hans", 2, None, "Xxns"),  # the article's notebook
        ("Hans", 2, STARS, "**ns"),
        ("A1-b", 9, None, "Xn-x"),
        ("", 2, None, ""),
        ("Hans", 0, None, "Hans"),
    ],
)
def test_mask_left(text: str, count: int, masks: tuple[str, str, str, str] | None, expected: str) -> None:
    assert (mask_left(text, count) if masks is None else mask_left(text, count, masks)) == expected


def test_a_column_is_masked_and_levels_that_look_alike_become_one() -> None:
    column = masked(factor_of(["Hans", None, "Bans", "Eva"]), 2)
    assert [column.levels[code] if code >= 0 else None for code in column.codes] == ["**ns", None, "**ns", "**a"]
    assert len(column.levels) == 2


USERS = Table({"user": factor_of(["Hans", "Eva"]), "city": factor_of(["Premium Bonn", "Ulm"])}, 2)


def test_an_inner_join_keeps_rows_that_are_in_both() -> None:
    left = Table({"amount": Numeric(np.arange(4.0)), "user": factor_of(["Eva", "Kim", "Hans", None])}, 4)
    table = joined(left, USERS, "user", LIMITS)
    assert table.rows == 2
    assert table["amount"].values.tolist() == [0.0, 2.0]
    city = table["city"]
    assert isinstance(city, Factor)
    assert [city.levels[code] for code in city.codes] == ["Ulm", "Premium Bonn"]


def test_a_key_that_is_there_twice_is_refused() -> None:
    twice = Table({"user": factor_of(["Eva", "Eva"])}, 2)
    with pytest.raises(InvalidInput, match="twice"):
        joined(USERS, twice, "user", LIMITS)


def test_a_name_in_both_is_refused() -> None:
    with pytest.raises(InvalidInput) as caught:
        joined(USERS, USERS, "user", LIMITS)
    assert caught.value.field == "city"
