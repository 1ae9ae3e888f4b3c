"""Differencing at any ordered list of lags, and undoing it exactly: last in, first out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from errors import InvalidInput
from science.table import FloatArray


class TooShort(InvalidInput):
    """The series has fewer values than its stack of differences needs."""

    type = "series-too-short"


def difference(y: FloatArray, lags: Sequence[int]) -> tuple[FloatArray, list[FloatArray]]:
    """Difference y at each lag in turn, keeping the heads that integrate() needs.

    y: (n,), oldest first. Returns w: (n - sum(lags),), and per level the first `lag` values that it used up.
    Raises TooShort unless at least one value remains.
    """
    check_length(len(y), lags, remaining=1)
    heads = []
    for lag in lags:
        heads.append(y[:lag])
        y = y[lag:] - y[:-lag]
    return y, heads


def integrate(w: FloatArray, heads: Sequence[FloatArray], lags: Sequence[int]) -> FloatArray:
    """Undo difference(): each value is its difference plus the value one lag earlier, the last lag undone first.

    w: (n - sum(lags),); heads: per level, the `lag` values in front of it. Returns y: (n,).
    """
    for lag, head in zip(reversed(lags), reversed(heads), strict=True):
        w = _undo(w, head, lag)
    return w


def extend(y: FloatArray, w: FloatArray, lags: Sequence[int]) -> FloatArray:
    """Continue y by the forecasts w of its differences: the values after y's end, (h,).

    The anchors are y's own last values at each level; only the last sum(lags) values of y take part.
    """
    tails, level = [], y[len(y) - sum(lags) :]
    for lag in lags:
        tails.append(level[-lag:])
        level = level[lag:] - level[:-lag]
    for lag, tail in zip(reversed(lags), reversed(tails), strict=True):
        w = _undo(w, tail, lag)[lag:]
    return w


def check_length(n: int, lags: Sequence[int], *, remaining: int, field: str = "y") -> None:
    """Raise TooShort unless n values leave `remaining` after the differences."""
    needed = sum(lags) + remaining
    if n < needed:
        stack = f"the stack of differences at {', '.join(map(str, lags))}" if lags else "a forecast"
        values = "1 value" if n == 1 else f"{n} values"
        raise TooShort(f"the series has {values}; {stack} needs at least {needed}", field=field)


def _undo(w: FloatArray, head: FloatArray, lag: int) -> FloatArray:
    seasons = -(-len(w) // lag) + 1
    cycles = np.zeros(seasons * lag)
    cycles[:lag] = head
    cycles[lag : lag + len(w)] = w
    undone: FloatArray = np.cumsum(cycles.reshape(seasons, lag), axis=0).reshape(-1)
    return undone[: lag + len(w)]
