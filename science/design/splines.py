"""B-splines and natural splines as R's package splines makes them (bs and ns; de Boor 1978)."""

from __future__ import annotations

from math import factorial

import numpy as np

from science.design.state import Spline
from science.table import FloatArray

PIVOT = 0.25  # where R's bs() expands the outermost polynomial, as a share of the outermost interval


def quantile_knots(x: FloatArray, count: int) -> tuple[float, ...]:
    """Place `count` inner knots at equally spaced quantiles of x (type 7)."""
    ordered = np.sort(x)
    index = (len(x) - 1) * (np.arange(1, count + 1) / (count + 1))
    low = np.floor(index).astype(np.intp)
    high = np.ceil(index).astype(np.intp)
    share = index - low
    return tuple(((1 - share) * ordered[low] + share * ordered[high]).tolist())


def b_spline(x: FloatArray, spline: Spline, degree: int, intercept: bool) -> FloatArray:
    """Evaluate bs(): (k, n). Beyond the boundary knots the outermost polynomials go on, as in R's predict."""
    order = degree + 1
    knots = _augmented(spline, order)
    low, high = spline.boundary
    basis = design(knots, np.clip(x, low, high), order)
    for outside, pivot in (
        (x < low, (1 - PIVOT) * low + PIVOT * knots[order]),
        (x > high, (1 - PIVOT) * high + PIVOT * knots[-order - 1]),
    ):
        if outside.any():
            basis[:, outside] = _taylor(knots, order, pivot, x[outside], degree)
    return basis if intercept else basis[1:]


def natural_spline(x: FloatArray, spline: Spline, intercept: bool) -> FloatArray:
    """Evaluate ns(): (k, n), cubic, with no curvature at the boundary knots and straight beyond them."""
    knots = _augmented(spline, 4)
    low, high = spline.boundary
    basis = design(knots, np.clip(x, low, high), 4)
    for outside, pivot in ((x < low, low), (x > high, high)):
        if outside.any():
            basis[:, outside] = _taylor(knots, 4, pivot, x[outside], 1)
    curvature = derivative(knots, np.array([low, high]), 4, 2)
    if not intercept:
        basis, curvature = basis[1:], curvature[1:]
    Q = np.linalg.qr(curvature, mode="complete").Q  # the reflections of R's LINPACK QR, sign for sign
    natural: FloatArray = Q[:, 2:].T @ basis
    return natural


def design(knots: FloatArray, x: FloatArray, order: int) -> FloatArray:
    """Evaluate every B-spline of an order: (len(knots) - order, n), by the Cox-de Boor recurrence. x: inside the knots."""
    count = len(knots) - order
    last = int(np.searchsorted(knots, knots[count], side="left")) - 1  # the last interval that is not empty
    interval = np.clip(np.searchsorted(knots, x, side="right") - 1, order - 1, last)
    local = np.zeros((order, len(x)))
    local[0] = 1.0
    for degree in range(1, order):
        saved = np.zeros(len(x))
        for r in range(degree):
            right = knots[interval + r + 1] - x
            left = x - knots[interval + 1 - degree + r]
            share = local[r] / (right + left)
            local[r] = saved + right * share
            saved = left * share
        local[degree] = saved
    basis = np.zeros((count, len(x)))
    places = np.arange(len(x))
    for r in range(order):
        basis[interval - order + 1 + r, places] = local[r]
    return basis


def derivative(knots: FloatArray, x: FloatArray, order: int, times: int) -> FloatArray:
    """Evaluate a derivative of every B-spline of an order: (len(knots) - order, n)."""
    if times == 0:
        return design(knots, x, order)
    lower = derivative(knots, x, order - 1, times - 1)
    width = knots[order - 1 :] - knots[: len(knots) - order + 1]
    slopes = lower * np.divide(order - 1, width, out=np.zeros_like(width), where=width > 0)[:, None]
    difference: FloatArray = slopes[:-1] - slopes[1:]
    return difference


def _augmented(spline: Spline, order: int) -> FloatArray:
    low, high = spline.boundary
    return np.array([low] * order + sorted(spline.knots) + [high] * order)


def _taylor(knots: FloatArray, order: int, pivot: float, x: FloatArray, degree: int) -> FloatArray:
    point = np.array([pivot])
    powers = [(x - pivot) ** d / factorial(d) for d in range(degree + 1)]
    parts = [derivative(knots, point, order, d) * powers[d] for d in range(degree + 1)]
    return np.sum(parts, axis=0)
