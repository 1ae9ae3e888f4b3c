"""A formula of plain columns that was read before makes the design that reading it anew makes."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from errors import InvalidInput, LimitExceeded
from science.design import Design, build
from science.design.build import PLAIN
from science.design.plain import WIDEST, question_of
from science.limits import Limits
from science.table import Table, table_of_columns

LIMITS = Limits()
FORMULAS = [
    "y ~ a",
    "y ~ a + b",
    "y ~ 0 + b + a",
    "y ~ .",
    "y ~ 1",
    "y ~ b - 1",
    "y ~ `a b` + a",
    "y ~ (a) + b",
    "a ~ y + y",
    "y ~ a + b - b",
]


def table(seed: int, rows: int = 7, **changed: list[object]) -> Table:
    numbers = np.random.default_rng(seed).normal(size=(4, rows)).tolist()
    return table_of_columns(dict(zip(("y", "a", "b", "a b"), numbers, strict=True)) | changed, LIMITS)


def read_anew(formula: str, data: Table, monkeypatch: pytest.MonkeyPatch) -> Design:
    with monkeypatch.context() as patched:
        patched.setattr("science.design.plain.Plain.copied", lambda *_: None)
        return build(formula, data, LIMITS)


def assert_same(one: Design, other: Design) -> None:
    for field in fields(Design):
        a, b = getattr(one, field.name), getattr(other, field.name)
        if isinstance(a, np.ndarray):
            np.testing.assert_array_equal(a, b, err_msg=field.name)
            assert a.flags["F_CONTIGUOUS"]
            assert a.dtype == b.dtype
        else:
            assert a == b, field.name


@pytest.mark.parametrize("formula", FORMULAS)
def test_the_second_design_is_as_the_first_way_makes_it(formula, monkeypatch):
    build(formula, table(1), LIMITS)
    data = table(2, rows=11)
    assert_same(build(formula, data, LIMITS), read_anew(formula, data, monkeypatch))


def test_a_gap_is_dropped_as_ever():
    build("y ~ a + b", table(1), LIMITS)
    design = build("y ~ a + b", table(2, a=[1.0, None, 3.0, 4.0, 5.0, 6.0, 7.5]), LIMITS)
    assert design.rows.tolist() == [0, 2, 3, 4, 5, 6]
    assert design.rows_dropped == 1
    with pytest.raises(InvalidInput, match="missing in row 2"):
        build("y ~ a + b", table(2, a=[1.0, None, 3.0, 4.0, 5.0, 6.0, 7.5]), LIMITS, missing="refuse")


def test_a_column_that_is_a_factor_now_is_coded_as_one():
    build("y ~ a + b", table(1), LIMITS)
    assert build("y ~ a + b", table(2, a=list("uvuvuvw")), LIMITS).columns == ("(Intercept)", "av", "aw", "b")


def test_another_set_of_columns_is_another_dot():
    build("y ~ .", table(1), LIMITS)
    assert build("y ~ .", table(2, c=[1, 2, 3, 4, 5, 6, 8]), LIMITS).columns == ("(Intercept)", "a", "b", "`a b`", "c")


def test_too_many_cells_are_refused_as_ever():
    few = Limits(max_cells=40)
    build("y ~ a + b", table(1), few)
    with pytest.raises(LimitExceeded, match="60 x 3"):
        build("y ~ a + b", table(2, rows=60), few)


def test_a_design_is_not_changed_by_the_next():
    first = build("y ~ a", table(1), LIMITS)
    kept = first.X.copy(), first.y.copy()
    build("y ~ a", table(2), LIMITS)
    np.testing.assert_array_equal(first.X, kept[0])
    np.testing.assert_array_equal(first.y, kept[1])


def test_the_gaps_of_a_column_taken_out_count_as_ever():
    build("y ~ a + b - b", table(1), LIMITS)
    assert build("y ~ a + b - b", table(2, b=[1.0, None, 3.0, 4.0, 5.0, 6.0, 7.5]), LIMITS).rows_dropped == 1


def test_only_narrow_tables_are_remembered():
    narrow, wide = ({f"w{i}": [1.0, 2.0, float(i)] for i in range(count)} for count in (WIDEST, WIDEST + 1))
    for columns, kept in ((narrow, True), (wide, False)):
        data = table_of_columns(columns, LIMITS)
        build("w0 ~ w1", data, LIMITS)
        assert (PLAIN.find(question_of("w0 ~ w1", data, LIMITS)) is not None) == kept


@pytest.mark.parametrize(
    "formula", [*FORMULAS, "y ~ a * b", "y ~ I(a) + log(b^2)", "y ~ poly(a, 2)", "y ~ offset(a) + b", "y ~ pi + a"]
)
def test_new_rows_get_the_columns_that_a_design_of_them_would_have(formula):
    recipe = build(formula, table(1, pi=[3, 1, 4, 1, 5, 9, 2]), LIMITS).recipe
    seed = 1 if "poly" in formula else 2  # what poly learns is of its own rows
    new = table(seed, pi=[2, 7, 1, 8, 2, 8, 1])
    np.testing.assert_allclose(recipe.matrix(new, LIMITS).X, build(formula, new, LIMITS).X, rtol=1e-12)


def test_a_new_row_with_a_gap_is_missing_and_the_others_are_not():
    recipe = build("y ~ a + b", table(1), LIMITS).recipe
    rows = recipe.matrix(table_of_columns({"a": [1.0, None], "b": [2.0, 3.0]}, LIMITS), LIMITS)
    assert rows.missing.tolist() == [False, True]
    np.testing.assert_array_equal(rows.X, [[1, 1, 2], [np.nan] * 3])
