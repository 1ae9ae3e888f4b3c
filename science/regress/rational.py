"""Columns of rational numbers: whole numbers over one denominator, added, multiplied and raised without rounding."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm

import numpy as np

from errors import InvalidInput
from science.regress.decimals import decimals_of
from science.regress.gram import Integers, whole_numbers
from science.table import FloatArray

MOST_BITS = 4_000  # of a denominator or a value: quotients of columns run away


@dataclass(frozen=True)
class Rationals:
    """numerators / denominator. numerators: (n,) whole numbers, or () for a constant."""

    numerators: Integers
    denominator: int

    def __add__(self, other: Rationals) -> Rationals:
        common = lcm(self.denominator, other.denominator)
        here, there = common // self.denominator, common // other.denominator
        return checked(Rationals(self.numerators * here + other.numerators * there, common))

    def __neg__(self) -> Rationals:
        return Rationals(-self.numerators, self.denominator)

    def __sub__(self, other: Rationals) -> Rationals:
        return self + -other

    def __mul__(self, other: Rationals) -> Rationals:
        return checked(Rationals(self.numerators * other.numerators, self.denominator * other.denominator))

    def __truediv__(self, other: Rationals) -> Rationals:
        common = 1
        for divisor in np.ravel(other.numerators):
            common = lcm(common, int(divisor))
            check_bits(common.bit_length())
        return checked(Rationals(self.numerators * other.denominator * (common // other.numerators), self.denominator * common))

    def __pow__(self, exponent: int) -> Rationals:
        check_bits(exponent * max(_bits(self.numerators), self.denominator.bit_length()))
        return Rationals(self.numerators**exponent, self.denominator**exponent)


def of_decimals(values: FloatArray) -> Rationals:
    """Read each double as the shortest decimal that gives it back."""
    decimals = decimals_of(values[:, None])
    places = int(decimals.places[0])
    if places >= 0:
        return Rationals(whole_numbers(decimals.whole[:, 0]), 10**places)
    return of_fractions([Fraction(repr(value)) for value in values.tolist()])


def is_long(values: FloatArray) -> bool:
    """Tell whether the values have more than 15 digits: then most were computed, and rounded, before they came."""
    return int(decimals_of(values[:, None]).places[0]) < 0


def of_doubles(values: FloatArray, low: FloatArray | None) -> Rationals:
    """Read each double as the binary fraction that it is, together with what its rounding lost."""
    if low is None or not low.any():
        return of_fractions([Fraction(value) for value in values.tolist()])
    return of_fractions([Fraction(a) + Fraction(b) for a, b in zip(values.tolist(), low.tolist(), strict=True)])


def of_fractions(fractions: list[Fraction]) -> Rationals:
    common = lcm(*(fraction.denominator for fraction in fractions))
    numerators = [fraction.numerator * (common // fraction.denominator) for fraction in fractions]
    return Rationals(np.array(numerators, dtype=object), common)


def of_constant(value: float) -> Rationals:
    fraction = Fraction(repr(value))
    return Rationals(np.array(fraction.numerator, dtype=object), fraction.denominator)


def reduced(column: Rationals, n: int) -> tuple[Integers, Fraction]:
    """Return whole numbers (n,) without a common divisor, and the unit they count."""
    numerators = np.broadcast_to(column.numerators, n)
    divisor = gcd(*numerators.tolist()) or 1
    whole: Integers = numerators // divisor
    return whole, Fraction(divisor, column.denominator)


def checked(column: Rationals) -> Rationals:
    check_bits(max(_bits(column.numerators), column.denominator.bit_length()))
    return column


def check_bits(bits: int) -> None:
    """Raise InvalidInput for a number that is too long to go on with."""
    if bits > MOST_BITS:
        raise InvalidInput(
            f"the columns of this formula need more than {MOST_BITS} bits in rational arithmetic; use precision double",
            field="precision",
        )


def _bits(numerators: Integers) -> int:
    return max((int(number).bit_length() for number in np.ravel(numerators)), default=0)
