"""The decimals that doubles were written as: 0.1 is taken for one tenth, exactly, where a whole column allows it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from science.table import FloatArray, IntArray

LARGEST = 1e15  # every decimal of 15 significant digits has a double of its own (IEEE 754)
POWERS: FloatArray = np.array([10.0**places for places in range(23)])  # 10**22 is the last power of ten that is a double
SCOUTS = 4  # rows that are looked at first: most columns show there what they are


class Decimals(NamedTuple):
    """Columns as whole / 10**places. A column with places of -1 is no decimal, and its whole means nothing."""

    places: IntArray  # (q,)
    whole: FloatArray  # (n, q)
    largest: FloatArray  # (q,) in size, of whole


def decimals_of(columns: FloatArray) -> Decimals:
    """Write each column with as few decimal places as give 15 digits or less, where there are such.

    x = m / 10**k is told from the double itself: the division is rounded correctly, so it gives x back just when x is
    the double nearest to that decimal.
    """
    places = _fewest(columns[:SCOUTS])
    while True:
        powers = POWERS[places]
        whole = np.rint(columns * powers)
        largest = np.abs(whole).max(axis=0)
        written = whole / powers == columns
        if places.min() >= 0 and largest.max() < LARGEST and written.all():
            return Decimals(places, whole, largest)
        wrong = (places >= 0) & ~(written.all(axis=0) & (largest < LARGEST))
        if not wrong.any():
            return Decimals(places, whole, largest)
        row = np.argmin(written[:, wrong], axis=0)
        fewest = _fewest(np.take_along_axis(columns[:, wrong], row[None, :], axis=0))
        places[wrong] = np.where(fewest > places[wrong], fewest, -1)


def _fewest(rows: FloatArray) -> IntArray:
    """Return the fewest places for these rows of each column, or -1. How many digits they make is not looked at."""
    fewest = [max(map(_places, column)) for column in rows.T.tolist()]
    return np.array([places if places < len(POWERS) else -1 for places in fewest])


def _places(number: float) -> int:
    """Count the decimal places that Python writes: of all decimals that are read as this double it writes the shortest."""
    digits, _, exponent = repr(number).partition("e")
    decimals = digits.partition(".")[2]
    return max((0 if decimals == "0" else len(decimals)) - int(exponent or 0), 0)
