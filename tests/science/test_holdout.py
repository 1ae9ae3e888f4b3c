"""The rows held back are the same ones whatever happens to the table around them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from science.holdout import split_at_end, split_by_content
from science.limits import Limits
from science.table import table_of_columns

CELLS = st.one_of(st.none(), st.floats(-5, 5, allow_nan=False).map(lambda x: round(x, 1) + 0.0))
ROWS = st.lists(st.tuples(CELLS, st.sampled_from("abc")), min_size=1, max_size=60)


def table(rows):
    return table_of_columns({"x": [x for x, _ in rows], "g": [g for _, g in rows]}, Limits())


def rows_of(part):
    numbers = [None if np.isnan(x) else x for x in part["x"].values]
    return [(x, part["g"].levels[code]) for x, code in zip(numbers, part["g"].codes, strict=True)]


@given(ROWS, ROWS)
def test_appending_rows_moves_none_to_the_other_side(before, appended):
    rest, held = split_by_content(table(before), 0.4)
    rest_after, held_after = split_by_content(table(before + appended), 0.4)
    assert rows_of(held_after)[: held.rows] == rows_of(held)
    assert rows_of(rest_after)[: rest.rows] == rows_of(rest)


@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_decides_nothing(rows, random):
    shuffled = random.sample(rows, len(rows))
    sides = [[sorted(map(repr, rows_of(part))) for part in split_by_content(table(each), 0.4)] for each in (rows, shuffled)]
    assert sides[0] == sides[1]


def test_about_the_share_asked_is_held_back_even_of_equal_rows():
    for values in (np.arange(20_000.0), np.zeros(20_000)):
        _, held = split_by_content(table_of_columns({"x": values.tolist()}, Limits()), 0.2)
        assert held.rows == pytest.approx(4_000, abs=4 * np.sqrt(20_000 * 0.2 * 0.8))


def test_the_end_is_held_back_of_what_is_ordered():
    rest, held = split_at_end(table_of_columns({"x": [float(i) for i in range(10)]}, Limits()), 0.25)
    assert (rest["x"].values.tolist(), held["x"].values.tolist()) == (list(map(float, range(8))), [8.0, 9.0])


def test_nothing_is_held_back_when_nothing_is_asked():
    assert split_by_content(table([(1.0, "a")] * 50), 0.0)[1].rows == 0
