"""Arithmetic that keeps what rounding loses: a number is values + low, about 106 bits (Dekker 1971, Knuth 4.2.2).

Plain double operations only, so that every machine gives the same bits. Arrays broadcast; a low of None is exactly zero.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from science.table import FloatArray

SPLITTER = 134217729.0  # 2^27 + 1: halves a 53-bit significand
MOST_EXTENDED_POWER = 64  # higher powers of anything but 1 are out of double's range or tiny; NumPy's pow will do


class Extended(NamedTuple):
    values: FloatArray
    low: FloatArray | None


def add(a: Extended, b: Extended) -> Extended:
    total = a.values + b.values
    share = total - a.values
    error = (a.values - (total - share)) + (b.values - share)
    return _normal(total, _sum(error, a.low, b.low))


def subtract(a: Extended, b: Extended) -> Extended:
    return add(a, negative(b))


def negative(a: Extended) -> Extended:
    return Extended(-a.values, None if a.low is None else -a.low)


def multiply(a: Extended, b: Extended) -> Extended:
    product = a.values * b.values
    a_high, a_low = _split(a.values)
    b_high, b_low = _split(b.values)
    error = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low
    low = _sum(error, None if b.low is None else a.values * b.low, None if a.low is None else a.low * b.values)
    return _normal(product, low)


def divide(a: Extended, b: Extended) -> Extended:
    quotient = Extended(a.values / b.values, None)
    remainder = subtract(a, multiply(quotient, b))
    return _normal(quotient.values, remainder.values / b.values)


def power(a: Extended, exponent: int) -> Extended:
    """Raise to a whole power by squaring."""
    if exponent < 0:
        return divide(Extended(np.float64(1.0), None), power(a, -exponent))  # type: ignore[arg-type]
    if exponent > MOST_EXTENDED_POWER:
        return Extended(a.values ** float(exponent), None)
    result: Extended | None = None
    while exponent:
        if exponent & 1:
            result = a if result is None else multiply(result, a)
        exponent >>= 1
        if exponent:
            a = multiply(a, a)
    return Extended(np.ones_like(a.values), None) if result is None else result


def _split(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    shifted = SPLITTER * values
    high = shifted - (shifted - values)
    return high, values - high


def _sum(*parts: FloatArray | None) -> FloatArray:
    present = [part for part in parts if part is not None]
    total = present[0]
    for part in present[1:]:
        total = total + part
    return total


def _normal(values: FloatArray, low: FloatArray) -> Extended:
    """Carry low into values, and drop it where it is zero everywhere (or lost, near the ends of double's range)."""
    if not low.any():
        return Extended(values, None)
    total = values + low
    rest = low - (total - values)
    lost = ~np.isfinite(rest)
    if lost.any():
        return Extended(np.where(lost, values, total), np.where(lost, 0.0, rest))
    return Extended(total, rest)
