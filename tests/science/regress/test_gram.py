"""Cross-products in whole numbers: exact, and so the same to the last bit in whatever chunks rows come."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings

from science.regress.gram import Gram, gram_of, merge
from science.regress.sample import sample_of
from science.table import FloatArray
from tests.science.regress.rows import blocks, sample


def gram(rows: FloatArray) -> Gram:
    with np.errstate(all="ignore"):
        return gram_of(sample(rows))


def numbers(one: Gram) -> list[list[Fraction]]:
    unit = [Fraction(2) ** two / Fraction(10) ** ten for two, ten in zip(one.two, one.ten, strict=True)]
    return [[int(number) * unit[i] * unit[j] for j, number in enumerate(row)] for i, row in enumerate(one.sums)]


def products(columns: list[list[Fraction]]) -> list[list[Fraction]]:
    return [[sum(map(Fraction.__mul__, a, b), Fraction(0)) for b in columns] for a in columns]


@given(blocks(), blocks(), blocks())
@settings(deadline=None)
def test_merge_is_associative(a: FloatArray, b: FloatArray, c: FloatArray) -> None:
    one, two, three = gram(a), gram(b), gram(c)
    assert numbers(merge(merge(one, two), three)) == numbers(merge(one, merge(two, three)))


@given(blocks(), blocks())
@settings(deadline=None)
def test_merge_commutes(a: FloatArray, b: FloatArray) -> None:
    assert numbers(merge(gram(a), gram(b))) == numbers(merge(gram(b), gram(a)))


@given(blocks())
@settings(deadline=None)
def test_each_number_is_taken_for_its_decimal_or_itself(rows: FloatArray) -> None:
    """A column of at most 15 digits counts as the decimals it was written as, any other as the doubles it holds."""
    one = gram(rows)
    columns = [
        [Fraction(repr(value)) if ten or not two < 0 else Fraction(value) for value in column.tolist()]
        for column, two, ten in zip(rows.T, one.two, one.ten, strict=True)
    ]
    assert numbers(one) == products(columns)


@pytest.mark.parametrize("scale", [1e-300, 1e-9, 1.0, 1e9, 1e300])
def test_doubles_of_any_size_are_multiplied_exactly(scale: float) -> None:
    rows = np.random.default_rng(1).standard_normal((40, 4)) * scale
    columns = [list(map(Fraction, column.tolist())) for column in rows.T]
    assert numbers(gram(rows)) == products(columns)


def test_what_rounding_lost_is_counted_too() -> None:
    X, low = np.array([[1.0], [3.0]]), np.array([[2.0**-60], [-(2.0**-70)]])
    with np.errstate(all="ignore"):
        one = gram_of(sample_of(X, np.array([1.0, 2.0]), X_low=low))
    x = [Fraction(1) + Fraction(2) ** -60, Fraction(3) - Fraction(2) ** -70]
    assert numbers(one) == products([x, [Fraction(1), Fraction(2)]])


@pytest.mark.parametrize("digits", [5, 7, 9, 12, 15])
@pytest.mark.parametrize("rows", [3, 150, 4000])
def test_decimals_of_any_length_are_multiplied_exactly(digits: int, rows: int) -> None:
    """Short ones fit a product in doubles, longer ones whole numbers of 64 bits, the longest take slices."""
    whole = np.random.default_rng(digits).integers(10 ** (digits - 1), 10**digits, (rows, 3))
    values = whole / 100.0
    assert numbers(gram(values)) == products([[Fraction(int(number), 100) for number in column] for column in whole.T])
