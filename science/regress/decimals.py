"""The decimals that doubles were written as: 0.1 is taken for one tenth, exactly, where a whole column allows it."""

from __future__ import annotations

import numpy as np

from science.table import BoolArray, FloatArray, IntArray

LARGEST = 1e15  # every decimal of 15 significant digits has a double of its own (IEEE 754)
POWERS: FloatArray = 10.0 ** np.arange(23)  # 10**22 is the last power of ten that is a double
SCOUTS = 6  # rows that are looked at first: most columns show there what they are


def decimal_places(columns: FloatArray) -> IntArray:
    """Return for each column decimal places that write all its values with 15 digits, or -1 where there are none.

    x = m / 10**k is told from the double itself: the division is rounded correctly, so it gives x back just when x is
    the double nearest to that decimal.
    """
    places = _fewest(columns[:SCOUTS])
    for _ in POWERS:
        wrong = (places >= 0) & ~_written_with(columns, POWERS[places])
        if not wrong.any():
            break
        row = _first_false(columns[:, wrong], POWERS[places[wrong]])
        fewest = _fewest(np.take_along_axis(columns[:, wrong], row[None, :], axis=0))
        places[wrong] = np.where(fewest > places[wrong], fewest, -1)
    return places


def _fewest(rows: FloatArray) -> IntArray:
    """Return the fewest places for these rows of each column, or -1."""
    scaled = rows * POWERS[:, None, None]
    whole = np.rint(scaled)
    written = ((whole / POWERS[:, None, None] == rows) & (np.abs(whole) < LARGEST)).all(axis=1)
    return np.where(written.any(axis=0), written.argmax(axis=0), -1)


def _written_with(columns: FloatArray, powers: FloatArray) -> BoolArray:
    whole = np.rint(columns * powers)
    written: BoolArray = (whole / powers == columns).all(axis=0) & (np.abs(whole).max(axis=0) < LARGEST)
    return written


def _first_false(columns: FloatArray, powers: FloatArray) -> IntArray:
    whole = np.rint(columns * powers)
    return np.argmin((whole / powers == columns) & (np.abs(whole) < LARGEST), axis=0)
