from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from science.design import build
from science.design.extended import Extended, add, divide, multiply, power, subtract
from science.table import Numeric, Table
from tests.science.formula.tables import LIMITS

ordinary = st.floats(min_value=-1e30, max_value=1e30).filter(lambda x: abs(x) > 1e-30)


def extended(x: float) -> Extended:
    return Extended(np.array([x]), None)


def exact(x: Extended) -> Fraction:
    return Fraction(float(x.values[0])) + (0 if x.low is None else Fraction(float(x.low[0])))


def wrong_bits(found: Extended, truth: Fraction) -> float:
    return 0.0 if truth == 0 else float(abs(exact(found) - truth) / abs(truth))


@given(ordinary, ordinary)
def test_a_sum_is_exact(a: float, b: float) -> None:
    assert exact(add(extended(a), extended(b))) == Fraction(a) + Fraction(b)


@given(ordinary, ordinary)
def test_a_difference_is_exact(a: float, b: float) -> None:
    assert exact(subtract(extended(a), extended(b))) == Fraction(a) - Fraction(b)


@given(ordinary, ordinary)
def test_a_product_is_exact(a: float, b: float) -> None:
    assert exact(multiply(extended(a), extended(b))) == Fraction(a) * Fraction(b)


@given(ordinary, ordinary)
def test_a_quotient_has_a_hundred_bits(a: float, b: float) -> None:
    assert wrong_bits(divide(extended(a), extended(b)), Fraction(a) / Fraction(b)) < 2**-100


@given(st.floats(min_value=0.01, max_value=100), st.integers(-10, 10))
def test_a_power_has_a_hundred_bits(x: float, exponent: int) -> None:
    assert wrong_bits(power(extended(x), exponent), Fraction(x) ** exponent) < 2**-98


@given(st.lists(st.integers(-1000, 1000), min_size=1))
def test_nothing_is_kept_where_nothing_was_lost(values: list[int]) -> None:
    x = Extended(np.array(values, dtype=float), None)
    assert power(x, 3).low is None


def test_a_product_near_the_end_of_range_has_no_nan() -> None:
    with np.errstate(all="ignore"):
        product = multiply(extended(1e308), extended(0.9))
    assert (float(product.values[0]), product.low is None or bool(np.isfinite(product.low).all())) == (0.9e308, True)


def lost(formula: str, column: int) -> list[Fraction]:
    x, z = np.array([-6.860120914, 0.1, 1 / 3, 7.7]), np.array([0.3, 1.7, -2.9, 1e8 / 7])
    design = build(formula, Table({"y": Numeric(np.arange(4.0)), "x": Numeric(x), "z": Numeric(z)}, 4), LIMITS)
    assert design.X_low is not None
    return [
        Fraction(float(high)) + Fraction(float(low))
        for high, low in zip(design.X[:, column], design.X_low[:, column], strict=True)
    ]


X = [Fraction(float(x)) for x in (-6.860120914, 0.1, 1 / 3, 7.7)]
Z = [Fraction(float(z)) for z in (0.3, 1.7, -2.9, 1e8 / 7)]


def relative(found: list[Fraction], truth: list[Fraction]) -> float:
    return max(float(abs(one - other) / abs(other)) for one, other in zip(found, truth, strict=True))


def test_the_tenth_power_of_a_column_keeps_a_hundred_bits() -> None:
    assert relative(lost("y ~ I(x^10)", 1), [x**10 for x in X]) < 2**-98


def test_a_raw_polynomial_keeps_a_hundred_bits() -> None:
    assert relative(lost("y ~ poly(x, 10, raw = TRUE)", 10), [x**10 for x in X]) < 2**-98


def test_an_interaction_keeps_a_hundred_bits() -> None:
    assert relative(lost("y ~ x:z", 1), [x * z for x, z in zip(X, Z, strict=True)]) < 2**-100


def test_arithmetic_keeps_a_hundred_bits() -> None:
    assert relative(lost("y ~ I((x * z - 2)/x)", 1), [(x * z - 2) / x for x, z in zip(X, Z, strict=True)]) < 2**-95


def test_an_exact_design_has_no_second_half() -> None:
    table = Table({"y": Numeric(np.arange(4.0)), "x": Numeric(np.arange(4.0))}, 4)
    assert build("y ~ x + I(x^2) + I(x^3 + 2 * x)", table, LIMITS).X_low is None
