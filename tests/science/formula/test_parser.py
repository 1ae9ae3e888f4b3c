import pytest

from errors import FormulaError, LimitExceeded
from science.formula.parser import parse, parse_expression
from science.formula.tree import Bar, Call, Chain, Formula, Group, Name, Node, Number, Power, Text, Truth, Unary, names
from science.limits import Limits
from tests.science.formula.tables import LIMITS


def bracketed(node: Node) -> str:
    """Show how a tree was grouped."""
    match node:
        case Name() | Truth():
            return str(node.text if isinstance(node, Name) else node.value)
        case Number():
            return f"{node.value:g}"
        case Text():
            return repr(node.value)
        case Unary():
            return f"[{node.operator}{bracketed(node.operand)}]"
        case Chain():
            return "[" + bracketed(node.first) + "".join(f" {symbol} {bracketed(operand)}" for symbol, operand in node.rest) + "]"
        case Power():
            return f"[{bracketed(node.base)}^{bracketed(node.exponent)}]"
        case Group():
            return f"({bracketed(node.inner)})"
        case Call():
            inside = ", ".join((f"{one.name}=" if one.name else "") + bracketed(one.value) for one in node.arguments)
            return f"{node.prefix + '::' if node.prefix else ''}{node.function}({inside})"


@pytest.mark.parametrize(
    ("text", "grouped"),  # R's precedence: ?Syntax
    [
        ("a + b * c", "[a + [b * c]]"),
        ("a * b:c", "[a * [b : c]]"),
        ("a:b^2", "[a : [b^2]]"),
        ("a - b + c", "[a - b + c]"),
        ("a / b * c", "[a / b * c]"),
        ("a * b %in% c", "[a * [b %in% c]]"),
        ("a %in% b:c", "[a %in% [b : c]]"),
        ("-a:b", "[[-a] : b]"),
        ("-a^2", "[-[a^2]]"),
        ("a^-1", "[a^[-1]]"),
        ("a^b^c", "[a^[b^c]]"),
        ("a^-b:c", "[[a^[-b]] : c]"),
        ("!a == b", "[![a == b]]"),
        ("a + b > c", "[[a + b] > c]"),
        ("a > 1 & b | c", "[[[a > 1] & b] | c]"),
        ("a | b + c", "[a | [b + c]]"),
        ("- -a", "[-[-a]]"),
        ("(a)", "(a)"),
        ("f(a, b = 2)", "f(a, b=2)"),
        ("f()", "f()"),
        ("splines::bs(x)", "splines::bs(x)"),
        ("TRUE + T", "[True + T]"),
        ("`TRUE`", "TRUE"),
        ("a %% b %/% c", "[a %% b %/% c]"),
        ("f(x == 1)", "f([x == 1])"),
    ],
)
def test_operators_bind_as_in_r(text: str, grouped: str) -> None:
    assert bracketed(parse_expression(text, LIMITS)) == grouped


def test_a_formula_has_a_response_and_predictors() -> None:
    formula = parse("log(y) ~ a + b", LIMITS)
    assert formula.response is not None
    assert (bracketed(formula.response), bracketed(formula.predictors)) == ("log(y)", "[a + b]")


def test_a_formula_may_be_one_sided() -> None:
    assert parse("~ a", LIMITS).response is None


def test_a_formula_knows_of_its_dot() -> None:
    assert (parse("y ~ . - x", LIMITS).has_dot, parse("y ~ x", LIMITS).has_dot) == (True, False)


def test_names_are_found_from_the_left() -> None:
    assert [name.text for name in names(parse("y ~ log(b) + a:c", LIMITS).predictors)] == ["b", "a", "c"]


@pytest.mark.parametrize(
    ("text", "position", "reason"),
    [
        ("", 0, "missing at the end"),
        ("y", 1, "has a ~"),
        ("y ~", 3, "missing at the end"),
        ("y ~ a b", 6, "should end here"),
        ("y ~ a ~ b", 6, "should end here"),
        ("y ~ (a", 6, "a ) is missing"),
        ("y ~ a)", 5, "should end here"),
        ("y ~ a +", 7, "missing at the end"),
        ("y ~ * a", 4, "missing here"),
        ("y ~ f(a,, b)", 8, "missing here"),
        ("y ~ f(a b)", 8, "a , or a ) is missing"),
        ("y ~ 2x", 4, "cannot begin with a digit"),
        ("y ~ 1e999", 4, "too large"),
        ("y ~ if", 4, "a word of R's own"),
        ("y ~ a == b == c", 11, "cannot be chained"),
        ("y ~ splines::bs", 13, "a function is missing"),
        ("y ~ a\n + b c", 11, "should end here"),
    ],
)
def test_what_cannot_be_read_is_pointed_at(text: str, position: int, reason: str) -> None:
    with pytest.raises(FormulaError) as caught:
        parse(text, LIMITS)
    assert (caught.value.position, reason in caught.value.reason) == (position, True)


def test_the_mark_stands_under_the_place() -> None:
    with pytest.raises(FormulaError) as caught:
        parse("y ~ a b", LIMITS)
    assert caught.value.detail.splitlines()[1:] == ["    y ~ a b", "          ^"]


@pytest.mark.parametrize(
    "text",
    [
        "y ~ " + "(" * 900 + "x",
        "y ~ " + "-" * 1900 + "x",
        "y ~ " + "x^" * 900 + "x",
        "y ~ " + "!" * 1900 + "x",
        "y ~ " + "log(" * 400 + "x",
    ],
)
def test_deep_nesting_is_refused(text: str) -> None:
    with pytest.raises(LimitExceeded, match="max_formula_depth"):
        parse(text, LIMITS)


def test_a_long_sum_is_not_deep() -> None:
    assert isinstance(parse("y ~ " + " + ".join(f"x{i}" for i in range(300)), LIMITS), Formula)


def test_nesting_up_to_the_limit_is_read() -> None:
    assert isinstance(parse("y ~ " + "(" * 48 + "x" + ")" * 48, Limits(max_formula_depth=50)), Formula)


def test_a_bar_is_no_node_of_an_expression() -> None:
    assert not isinstance(parse("y ~ (1 | g)", LIMITS).predictors, Bar)
