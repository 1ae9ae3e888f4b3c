import pytest

from errors import FormulaError, LimitExceeded
from science.formula.tokens import tokens_of
from science.limits import Limits
from tests.science.formula.tables import LIMITS


def kinds(text: str) -> list[tuple[str, str]]:
    return [(token.kind, token.text) for token in tokens_of(text, LIMITS)[:-1]]


def test_a_token_knows_where_it_stands() -> None:
    assert [(token.start, token.end) for token in tokens_of("ab ~ 1", LIMITS)] == [(0, 2), (3, 4), (5, 6), (6, 6)]


def test_a_name_may_hold_dots_as_in_r() -> None:
    assert kinds("Solar.R .x x.1") == [("name", "Solar.R"), ("name", ".x"), ("name", "x.1")]


def test_a_lone_dot_is_a_name() -> None:
    assert kinds(".") == [("name", ".")]


def test_a_number_may_begin_with_a_dot() -> None:
    assert kinds(".5 1e-3 2L") == [("number", ".5"), ("number", "1e-3"), ("number", "2L")]


def test_two_stars_are_a_power() -> None:
    assert kinds("a**2") == [("name", "a"), ("operator", "^"), ("number", "2")]


def test_backquotes_are_taken_off() -> None:
    assert kinds("`my col` `a\\`b`") == [("quoted", "my col"), ("quoted", "a`b")]


def test_a_text_keeps_its_escapes_meaning() -> None:
    assert kinds(r'"a\"b" ' + "'c'") == [("text", 'a"b'), ("text", "c")]


def test_letters_of_any_language_make_names() -> None:
    assert kinds("größe 身長") == [("name", "größe"), ("name", "身長")]


def test_a_space_from_a_web_page_is_a_space() -> None:
    assert kinds("a\u00a0+\u2003b") == [("name", "a"), ("operator", "+"), ("name", "b")]


@pytest.mark.parametrize(
    ("text", "position", "reason"),
    [
        ("y ~ x $ z", 6, "$ cannot stand in a formula"),
        ("y ~ x <- 1", 6, "cannot assign"),
        ("y ~ `x", 4, "never closed"),
        ('y ~ "x', 4, "never closed"),
        ("y ~ x − 1", 6, "write a plain -"),
        ("y ~ x\x00", 5, "U+0000"),
        ("y ~ x\u202e", 5, "U+202E"),
        ("y ~ `a\u202eb`", 6, "U+202E"),
        ('y ~ C(x, "\\x41")', 10, "escape"),
        ("_x", 0, "_ cannot stand"),
    ],
)
def test_what_cannot_stand_is_pointed_at(text: str, position: int, reason: str) -> None:
    with pytest.raises(FormulaError) as caught:
        tokens_of(text, LIMITS)
    assert (caught.value.position, reason in caught.value.reason) == (position, True)


def test_a_control_character_is_not_repeated_in_the_message() -> None:
    with pytest.raises(FormulaError) as caught:
        tokens_of("y ~ \x1b[31m", LIMITS)
    assert "\x1b" not in caught.value.detail


def test_a_long_formula_is_refused_before_it_is_read() -> None:
    with pytest.raises(LimitExceeded, match="max_formula_length"):
        tokens_of("\x00" * 11, Limits(max_formula_length=10))
