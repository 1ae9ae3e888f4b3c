"""Quotients of whole numbers of any size as the nearest double."""

from __future__ import annotations

import math


def ratio(numerator: int, denominator: int, two: int = 0, ten: int = 0) -> float:
    """Return numerator / denominator * 2**two * 10**ten, rounded once; infinite where no double is so large."""
    above, below = int(numerator), int(denominator)
    if ten > 0:
        above *= 10**ten
    elif ten < 0:
        below *= 10**-ten
    if two > 0:
        above <<= two
    elif two < 0:
        below <<= -two
    return quotient(above, below)


def quotient(above: int, below: int) -> float:
    """Return the double nearest to above / below, which is positive; infinite where none is so large."""
    try:
        return above / below
    except OverflowError:
        return math.inf if above > 0 else -math.inf
