import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import InvalidInput, LimitExceeded
from science.design import Recipe, build
from science.limits import Limits
from science.table import Table, table_of_columns
from tests.science.formula.tables import LIMITS, reference_table, small_table

TABLE = small_table()
DATA = reference_table("data")
PIECES = [
    "x", "z", "a", "b", "l", "o", "`my col`", "log(x)", "I(x^3 + 1)", "poly(x, 4)", "poly(year, 5)", "bs(x, df = 5)",
    "ns(z, df = 3)", "scale(x)",
    "center(z)", "factor(k)", "C(g, sum)", "C(g, helmert)", "C(a, treatment, base = 2)", 'relevel(g, ref = "c")',
    "cut(x, 3)", "cut(z, c(-3, 0, 4), labels = c('neg', 'pos'))", "I(x - mean(x))", "ifelse(x > median(x), z, 0)", "w", "h",
    "offset(z)", 'factor(b, labels = c("one", "two"))', "I(g == 'a')", "poly(x, 3, raw = TRUE)", "I(0.12345678901234567 < z)",
]  # fmt: skip


def carried(recipe: Recipe) -> Recipe:
    return Recipe.from_json(json.loads(json.dumps(recipe.to_json())))


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=4, unique=True), st.sampled_from(["+ 0 + year", "+ a:x", ""]))
def test_a_recipe_survives_json_and_makes_the_same_columns(pieces: list[str], more: str) -> None:
    design = build(f"y ~ {' + '.join(pieces)} {more}", DATA, LIMITS)
    recipe = carried(design.recipe)
    again = recipe.matrix(DATA.take(design.rows), LIMITS)
    assert recipe == design.recipe
    np.testing.assert_allclose(again.X, design.X, rtol=1e-13, atol=1e-13)


@given(st.sampled_from([piece for piece in PIECES if "lag" not in piece and piece not in ("w", "h")]), st.data())
def test_a_row_gets_its_columns_whatever_rows_come_with_it(piece: str, data: st.DataObject) -> None:
    design = build(f"y ~ {piece} + x", DATA, LIMITS)
    rows = np.array(data.draw(st.lists(st.integers(0, DATA.rows - 1), min_size=1, max_size=5)))
    again = design.recipe.matrix(DATA.take(rows), LIMITS)
    np.testing.assert_allclose(again.X, design.X[rows], rtol=1e-13, atol=1e-13)


def test_a_recipe_knows_the_columns_it_needs() -> None:
    recipe = build("log(y) ~ poly(x, 2) * g + offset(w) + h - h", TABLE, LIMITS).recipe
    assert (recipe.response, recipe.variables) == ("log(y)", ("x", "g", "w"))


def test_new_rows_need_no_response() -> None:
    recipe = build("y ~ x + g", TABLE, LIMITS).recipe
    rows = recipe.matrix(table_of_columns({"x": [7.0], "g": ["b"]}, LIMITS), LIMITS)
    assert rows.X.tolist() == [[1.0, 7.0, 1.0, 0.0]]


def test_a_missing_value_gives_a_row_of_nan() -> None:
    recipe = build("y ~ x + g", TABLE, LIMITS).recipe
    rows = recipe.matrix(table_of_columns({"x": [7.0, None, 1.0], "g": ["b", "a", None]}, LIMITS), LIMITS)
    assert (np.isnan(rows.X).all(axis=1).tolist(), rows.missing.tolist()) == ([False, True, True], [False, True, True])


def test_a_column_of_nulls_may_stand_for_a_factor() -> None:
    recipe = build("y ~ x + g", TABLE, LIMITS).recipe
    assert recipe.matrix(table_of_columns({"x": [7.0], "g": [None]}, LIMITS), LIMITS).missing.all()


def test_a_lag_looks_at_the_new_rows() -> None:
    recipe = build("y ~ lag(x, 1)", TABLE, LIMITS).recipe
    rows = recipe.matrix(table_of_columns({"x": [7.0, 8.0]}, LIMITS), LIMITS)
    assert (rows.missing.tolist(), rows.X[1, 1]) == ([True, False], 7.0)


def test_what_was_learned_stays_learned() -> None:
    recipe = build("y ~ scale(x) + I(x - mean(x))", TABLE, LIMITS).recipe
    rows = recipe.matrix(table_of_columns({"x": [3.5]}, LIMITS), LIMITS)
    assert rows.X.tolist() == [[1.0, 0.0, 0.0]]


@pytest.mark.parametrize(
    ("formula", "columns", "detail"),
    [
        ("y ~ g", {"g": ["a", "zebra"]}, "row 2 has a level of g that the fit never saw; it knows a, b, c"),
        ("y ~ factor(x)", {"x": [9.0]}, "row 1 has a level of factor(x) that the fit never saw; it knows 1, 2, 3, 4, 5, 6"),
        ("y ~ factor(h, labels = c('p', 'q'))", {"h": ["w"]}, "row 1 has a level of factor(h"),
        ("y ~ x", {"z": [1.0]}, "need the column x"),
        ("y ~ x", {"x": ["a"]}, "x was numeric in the fit"),
        ("y ~ g", {"g": [1.0]}, "g was a factor in the fit"),
        ("y ~ log(x)", {"x": [1.0, -1.0]}, "log(x) is not a finite number in row 2"),
        ("y ~ log(x)", {"x": ["a"]}, "x is a factor where numbers are needed"),
    ],
)
def test_rows_that_do_not_fit_are_named(formula: str, columns: dict[str, list[object]], detail: str) -> None:
    recipe = build(formula, TABLE, LIMITS).recipe
    with pytest.raises(InvalidInput) as caught:
        recipe.matrix(table_of_columns(columns, LIMITS), LIMITS)
    assert (detail in caught.value.detail, caught.value.field) == (True, "predict"), caught.value.detail


def test_an_unseen_level_is_not_repeated() -> None:
    with pytest.raises(InvalidInput) as caught:
        build("y ~ g", TABLE, LIMITS).recipe.matrix(table_of_columns({"g": ["zebra"]}, LIMITS), LIMITS)
    assert "zebra" not in caught.value.detail


def test_a_level_of_a_dropped_row_is_unseen() -> None:
    table = table_of_columns({"y": [1.0, 2.0, 3.0, None], "g": ["a", "b", "a", "c"]}, LIMITS)
    with pytest.raises(InvalidInput, match="knows a, b"):
        build("y ~ g", table, LIMITS).recipe.matrix(table_of_columns({"g": ["c"]}, LIMITS), LIMITS)


def test_cells_of_new_rows_are_counted() -> None:
    with pytest.raises(LimitExceeded, match="max_cells"):
        build("y ~ x", TABLE, LIMITS).recipe.matrix(Table(TABLE.columns, 6), Limits(max_cells=10))
