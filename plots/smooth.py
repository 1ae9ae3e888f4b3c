"""A smooth through points: local lines under Gaussian weights (Fan and Gijbels 1996, Local Polynomial Modelling, 2.3)."""

from __future__ import annotations

import numpy as np

from plots.points import FloatArray

WIDTH = 0.15  # of the range of x: the standard deviation of the weights
PLACES = 60  # where the curve is computed: a curve across 300 pixels needs no more
FEWEST = 10  # different x; with fewer a smooth shows noise


def smooth(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray] | None:
    """Compute the curve through (x, y), both (n,). None when there are too few different x."""
    low, spread = x.min(), np.ptp(x)
    if spread == 0 or len(np.unique(np.round((x - low) / spread, 6))) < FEWEST:  # the fits of a group differ by rounding
        return None
    places = np.linspace(low, low + spread, PLACES)
    width = WIDTH * spread
    return places, np.array([_height(place, x, y, width) for place in places])


def _height(place: float, x: FloatArray, y: FloatArray, width: float) -> float:
    far = ((x - place) / width) ** 2
    weight = np.exp(-0.5 * (far - far.min()))  # the nearest point weighs one: never all zero
    total = weight.sum()
    mean_x, mean_y = weight @ x / total, weight @ y / total
    spread = weight @ (x - mean_x) ** 2 + 1e-3 * total * width**2  # where one point is alone, a level instead of a wild slope
    slope = weight @ ((x - mean_x) * (y - mean_y)) / spread
    return float(mean_y + slope * (place - mean_x))
