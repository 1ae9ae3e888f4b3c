import pytest

from science.formula.parser import parse_expression
from science.formula.spelling import number_text, spelled
from tests.science.formula.tables import LIMITS


@pytest.mark.parametrize(
    ("text", "r"),  # R 4.2.2: deparse(parse(text = text)[[1]])
    [
        ("I(x%%2)", "I(x%%2)"),
        ("I(x %/% 2)", "I(x%/%2)"),
        ("x%in%y", "x %in% y"),
        ("I(x**2)", "I(x^2)"),
        ("f(x,base=2L)", "f(x, base = 2L)"),
        ("f(1e5)", "f(1e+05)"),
        ("f(123456)", "f(123456)"),
        ("f(0.0001)", "f(1e-04)"),
        ("f(0.00012)", "f(0.00012)"),
        ("f('a\"b')", 'f("a\\"b")'),
        ("f(`a b`)", "f(`a b`)"),
        ("f(x==1&y>=2|!z)", "f(x == 1 & y >= 2 | !z)"),
        ("I((x+1)/2)", "I((x + 1)/2)"),
        ("f(- -1)", "f(--1)"),
        ("f(1:3)", "f(1:3)"),
        ("f(x&&y||z)", "f(x && y || z)"),
        ("f(`x`)", "f(x)"),
        ("f(`if`)", "f(`if`)"),
        ("f(TRUE,T)", "f(TRUE, T)"),
        ("f(1e15)", "f(1e+15)"),
        ("f(123456789012)", "f(123456789012)"),
        ("f(0.1234567890123456789)", "f(0.123456789012346)"),
        ("I(x^-1)", "I(x^-1)"),
        ("f(a=`b c`, `d e`=2)", "f(a = `b c`, `d e` = 2)"),
        ("f(.5)", "f(0.5)"),
        ("I(2*-x)", "I(2 * -x)"),
        ("f(x!=1)", "f(x != 1)"),
        (r'f("a\nb\\")', r'f("a\nb\\")'),
        ("f(`a\\`b`)", "f(`a\\`b`)"),
        ("f(1234567.1)", "f(1234567.1)"),
        ("splines::bs(x,df=4)", "splines::bs(x, df = 4)"),
        ("f(Inf)", "f(Inf)"),
    ],
)
def test_an_expression_is_spelled_as_r_spells_it(text: str, r: str) -> None:
    assert spelled(parse_expression(text, LIMITS)) == r


@pytest.mark.parametrize(
    ("value", "r"),  # R 4.2.2: as.character(value)
    [
        (4.0, "4"),
        (0.1 + 0.2, "0.3"),
        (1e5, "1e+05"),
        (-2.5, "-2.5"),
        (1 / 3, "0.333333333333333"),
        (0.0, "0"),
        (1e-300, "1e-300"),
    ],
)
def test_a_number_is_written_with_fifteen_digits_at_most(value: float, r: str) -> None:
    assert number_text(value) == r


def test_a_spelling_reads_back_to_itself() -> None:
    written = spelled(parse_expression("f( x+1 , 'q', b=-2^3:4 ) %in% c(1,2)", LIMITS))
    assert spelled(parse_expression(written, LIMITS)) == written
