"""The page's modules one by one, in Chromium: what they read and write without a server."""

from __future__ import annotations

import pytest

from tests.web.page import Page

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("a,b\n1,2\n", [["a", "b"], ["1", "2"]]),
        ("a,b\r\n1,2", [["a", "b"], ["1", "2"]]),
        ('"a ""x""",b\n"1\n2",3\n', [['a "x"', "b"], ["1\n2", "3"]]),
        ("\ufeffa\n1\n\n2\n", [["a"], ["1"], ["2"]]),
        ("", []),
    ],
)
def test_csv_is_read_as_rfc_4180_says(modules: Page, text: str, rows: list[list[str]]):
    assert modules.module("csv.js", "m.parse(a[0])", text) == rows


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("x", "x"),
        ("Größe_2", "Größe_2"),
        ("a b", "`a b`"),
        ("2x", "`2x`"),
        ("a`b", "`a\\`b`"),
        ("TRUE", "`TRUE`"),
        (".2a", "`.2a`"),
    ],
)
def test_a_name_is_backquoted_when_it_needs_it(modules: Page, name: str, written: str):
    assert modules.module("names.js", "m.quoted(a[0])", name) == written


@pytest.mark.parametrize(
    ("formula", "names"),
    [
        ("y ~ x + log(z)", ["y", "x", "z"]),
        ("y ~ `a b` + I(x^2) - 1", ["y", "a b", "x"]),
        ("y ~ .", ["y"]),
        ('y ~ C(g, sum, ref="a") + poly(x, degree = 2)', ["y", "g", "x"]),
        ("y ~ a %in% b + 1e-3", ["y", "a", "b"]),
    ],
)
def test_the_names_of_a_formula_are_found(modules: Page, formula: str, names: list[str]):
    assert modules.module("names.js", "m.used(a[0])", formula) == names


@pytest.mark.parametrize(
    ("value", "decimals", "shown"),
    [
        (2.24914, 4, "2.2491"),
        (-1.5, 2, "−1.50"),
        (0, 2, "0.00"),
        (None, 2, "—"),
        (1e-9, 4, "1.000e−9"),
        (123456789, 2, "1.235e+8"),
    ],
)
def test_numbers_are_shown_with_the_tables_decimals(modules: Page, value: float | None, decimals: int, shown: str):
    assert modules.module("numbers.js", "m.fixed(a[0], a[1])", value, decimals) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(0.04321, "0.043"), (7e-16, "7.0e−16"), (0, "< 2.2e−16"), (None, "—"), (1, "1.000")]
)
def test_small_probabilities_are_shown_as_r_does(modules: Page, value: float | None, shown: str):
    assert modules.module("numbers.js", "m.probability(a[0])", value) == shown


def test_a_heredoc_ends_where_no_line_of_the_data_does(modules: Page):
    line = modules.module(
        "snippets.js", "m.curl('http://h', '/regress?formula=y', {csv: a[0], query: {}}, false)", "CSV\n1\nCSV_\n2\n"
    )
    assert line.splitlines()[-1] == "CSV__"
