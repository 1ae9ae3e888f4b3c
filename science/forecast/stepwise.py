"""The orders of a seasonal ARMA, stepwise by a criterion (Hyndman and Khandakar 2008)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from science.forecast.estimate import Estimate
from science.forecast.orders import Orders
from science.table import FloatArray

MOST = 3  # of p and q
FITS = 14  # at most
STEPS = ((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1), (1, 1, 0, 0))

Key = tuple[int, ...]
Sketched = Callable[[Orders, Sequence[FloatArray]], tuple[float, Estimate]]  # orders, starts → criterion, fit


def stepwise(sketched: Sketched, season: int, room: int) -> Estimate:
    """Find the orders with the lowest criterion. season: 1 for none; room: of how many coefficients at most."""
    seasonal = int(season > 1)
    most = (MOST, MOST, seasonal, seasonal)
    known: dict[Key, tuple[float, Estimate]] = {}

    def tried(key: Key, also: Sequence[FloatArray] = ()) -> None:
        allowed = all(0 <= order <= limit for order, limit in zip(key, most, strict=True)) and sum(key) <= room
        if allowed and key not in known and len(known) < FITS:
            p, q, P, Q = key
            known[key] = sketched(Orders(p, q, P, Q, season), also)

    for start in ((0, 0, 0, 0), (1, 0, seasonal, 0), (0, 1, 0, seasonal), (2, 2, 0, seasonal), (1, 1, 0, seasonal)):
        tried(start)
    best: Key | None = None
    while best != (best := min(known, key=lambda key: known[key][0])) and len(known) < FITS:
        for step in STEPS:
            for sign in (1, -1):
                key = tuple(order + sign * one for order, one in zip(best, step, strict=True))
                tried(key, [_carried(known[best][1], key)] if min(key) >= 0 else ())
    return known[min(known, key=lambda key: known[key][0])][1]


def _carried(found: Estimate, key: Key) -> FloatArray:
    """Write coefficients for other orders: zero for the new ones."""
    parts = found.orders.split(found.coefficients)
    return np.concatenate([np.append(part, np.zeros(order))[:order] for part, order in zip(parts, key, strict=True)])
