import time

import pytest

from errors import FormulaError, LimitExceeded
from science.formula import Terms, expand, parse
from science.formula.spelling import spelled
from science.limits import Limits
from tests.science.formula.tables import LIMITS

COLUMNS = ("y", "a", "b", "x", "l")


def terms(text: str, limits: Limits = LIMITS) -> Terms:
    return expand(parse(text, limits), COLUMNS, limits)


@pytest.mark.parametrize(
    ("text", "labels"),  # R 4.2.2: attr(terms(formula, data = d), "term.labels")
    [
        ("y ~ a*b*x - a:b", "a b x a:x b:x a:b:x"),
        ("y ~ b:a + a", "a b:a"),
        ("y ~ a + b + b:a", "a b a:b"),
        ("y ~ a %in% b", "a:b"),
        ("y ~ a/b", "a a:b"),
        ("y ~ (a + b)/x", "a b a:b:x"),
        ("y ~ x/(a + b)", "x x:a x:b"),
        ("y ~ (a + b + x) %in% l", "a:l b:l x:l"),
        ("y ~ (a + b)^2", "a b a:b"),
        ("y ~ .", "a b x l"),
        ("log(y) ~ .", "a b x l"),
        ("y ~ .:x", "x a:x b:x x:l"),
        ("y ~ .^2 - a:b", "a b x l a:x a:l b:x b:l x:l"),
        ("y ~ x:x + a*a + (x + x)^2", "x a"),
        ("y ~ (a + 1)^2", "a"),
        ("y ~ x - (-1 + a) + a", "x a"),
        ("y ~ -x + a", "a"),
    ],
)
def test_terms_are_those_of_r_in_its_order(text: str, labels: str) -> None:
    assert " ".join(terms(text).labels) == labels


@pytest.mark.parametrize(
    ("text", "intercept"),
    [
        ("y ~ x", True),
        ("y ~ x - 1", False),
        ("y ~ 0 + x", False),
        ("y ~ x - 1 + 1", True),
        ("y ~ x + 0 - 0", True),
        ("y ~ (x - 1)", False),
        ("y ~ (a - 1) * x", False),
        ("y ~ x - (-1 + a) + a", True),
        ("y ~ -1 + x", False),
    ],
)
def test_the_intercept_comes_and_goes_as_in_r(text: str, intercept: bool) -> None:
    assert terms(text).intercept is intercept


def test_a_variable_taken_away_is_still_a_variable() -> None:
    assert [variable.label for variable in terms("y ~ x + a - a").variables] == ["y", "x", "a"]


def test_offsets_are_no_terms() -> None:
    found = terms("y ~ a + offset(x) + offset(2 * l)")
    assert (found.labels, [found.variables[i].label for i in found.offsets]) == (("a",), ["offset(x)", "offset(2 * l)"])


@pytest.mark.parametrize(
    ("text", "effects", "group", "correlated"),
    [
        ("y ~ x + (x | a)", "x", "a", True),
        ("y ~ x + (x || a)", "x", "a", False),
        ("y ~ (1 | a/b)", "1", "a/b", True),
        ("y ~ (0 + x | a)", "0 + x", "a", True),
        ("y ~ (1|a:b)", "1", "a:b", True),
        ("y ~ ((1 | a))", "1", "a", True),
    ],
)
def test_a_bar_has_effects_and_a_group(text: str, effects: str, group: str, correlated: bool) -> None:
    (bar,) = terms(text).bars
    assert (spelled(bar.effects), spelled(bar.group), bar.correlated) == (effects, group, correlated)


def test_a_power_of_one_column_is_warned_of() -> None:
    assert [notice.code for notice in terms("y ~ x^2").warnings] == ["power_of_a_term"]


def test_the_response_is_dropped_from_the_right_side() -> None:
    found = terms("y ~ y + x")
    assert (found.labels, [notice.code for notice in found.warnings]) == (("x",), ["response_dropped"])


@pytest.mark.parametrize(
    ("text", "position", "reason"),
    [
        ("y ~ 2 * x", 4, "1 and 0"),
        ("y ~ x + 2", 8, "1 and 0"),
        ("y ~ x:1", 6, "not multiplied"),
        ('y ~ "x"', 4, "a text is neither"),
        ("y ~ TRUE", 4, "1 and 0"),
        ("y ~ x^1.5", 4, "whole number"),
        ("y ~ x^0", 4, "whole number"),
        ("y ~ x^a", 4, "whole number"),
        ("y ~ -a:b", 4, "stands between terms"),
        ("y ~ x | a", 4, "in parentheses"),
        ("y ~ a:(1 | b)", 6, "only be added"),
        ("y ~ x - (1 | b)", 8, "only be added"),
        ("y ~ (1 | a | b)", 5, "one |"),
        ("y ~ x:(a - a)", 6, "no term is left"),
        ("y ~ (1 - a) * x", 4, "no term is left"),
        ("y ~ a:offset(x)", 6, "only be added"),
        ("y ~ x:y", 4, "response"),
        ("y ~ x %in% a %% b", 16, "arithmetic goes in I()"),
    ],
)
def test_what_is_no_term_is_pointed_at(text: str, position: int, reason: str) -> None:
    with pytest.raises(FormulaError) as caught:
        terms(text)
    assert (caught.value.position, reason in caught.value.reason) == (position, True)


def test_a_dot_needs_columns() -> None:
    with pytest.raises(FormulaError, match="no columns"):
        expand(parse("y ~ .", LIMITS), (), LIMITS)


LETTERS = "+".join("abcdefghijklmnopqrstuvwxyz")
BOMBS = [
    (f"y ~ ({LETTERS})**5", "max_terms"),
    (f"y ~ ({LETTERS})^3:({LETTERS})", "max_terms"),
    (f"y ~ ({LETTERS})*({LETTERS})*({LETTERS})", "max_terms"),
    ("y ~ " + "*".join("abcdefghij"), "max_interaction_order"),
    ("y ~ a:b:c:d:e:f", "max_interaction_order"),
    ("y ~ x^99999", "max_interaction_order"),
    ("y ~ x^1e300", "max_interaction_order"),
    ("y ~ " + "*".join(["(a+b+c+d+e+f+g)^4"] * 40), "max_terms"),
    ("y ~ " + ":".join(["(a+b+c+d+e)^5"] * 100), "max_terms"),
    ("y ~ " + "+".join(f"x{i}" for i in range(390)), "max_terms"),
]


@pytest.mark.parametrize(("text", "setting"), BOMBS)
def test_a_bomb_is_counted_and_refused_at_once(text: str, setting: str) -> None:
    limits = Limits(max_terms=300)
    started = time.perf_counter()
    with pytest.raises(LimitExceeded, match=setting):
        terms(text, limits)
    assert time.perf_counter() - started < 0.05  # 0.2 to 4 ms when nothing else runs


def test_powers_of_nine_hundred_columns_are_refused_at_once() -> None:
    columns = ("y", *(f"x{i}" for i in range(900)))
    with pytest.raises(LimitExceeded, match="max_terms"):
        expand(parse("y ~ .^5", LIMITS), columns, LIMITS)
