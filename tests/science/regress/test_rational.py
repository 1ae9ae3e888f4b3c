from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import InvalidInput
from science.regress.rational import Rationals, of_constant, of_decimals, of_doubles, reduced

COLUMN = st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=3)
NONZERO = st.lists(st.integers(1, 999).map(lambda number: number / 100), min_size=3, max_size=3)


def column(values: list[float]) -> Rationals:
    with np.errstate(all="ignore"):
        return of_decimals(np.array(values))


def fractions(one: Rationals) -> list[Fraction]:
    return [Fraction(int(number), one.denominator) for number in np.ravel(one.numerators)]


def written(values: list[float]) -> list[Fraction]:
    return [Fraction(repr(value)) for value in values]


@given(COLUMN)
def test_a_double_is_read_as_its_shortest_decimal(values: list[float]) -> None:
    assert fractions(column(values)) == written(values)


@given(COLUMN, NONZERO)
def test_arithmetic_is_that_of_fractions(a: list[float], b: list[float]) -> None:
    one, two = column(a), column(b)
    x, y = written(a), written(b)
    assert fractions(one + two) == [u + v for u, v in zip(x, y, strict=True)]
    assert fractions(one - two) == [u - v for u, v in zip(x, y, strict=True)]
    assert fractions(one * two) == [u * v for u, v in zip(x, y, strict=True)]
    assert fractions(one / two) == [u / v for u, v in zip(x, y, strict=True)]
    assert fractions(one**3) == [u**3 for u in x]


def test_a_constant_reaches_every_row() -> None:
    assert fractions(column([0.5, 1.5]) * of_constant(0.1)) == [Fraction(1, 20), Fraction(3, 20)]


def test_what_rounding_lost_is_added() -> None:
    assert fractions(of_doubles(np.array([0.1]), np.array([2.0**-80]))) == [Fraction(0.1) + Fraction(2) ** -80]


def test_a_common_divisor_becomes_the_unit() -> None:
    whole, unit = reduced(column([0.25, 0.5]), 2)
    assert (whole.tolist(), unit) == ([1, 2], Fraction(1, 4))


def test_a_power_beyond_the_bits_is_refused_before_it_is_raised() -> None:
    with pytest.raises(InvalidInput, match="bits"):
        column([1e300]) ** 10_000_000
