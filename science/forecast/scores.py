"""How good forecasts were: MASE, sMAPE, OWA against Naive2, coverage, MSIS and CRPS, as the M4 competition has them."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, pi, sqrt

import numpy as np
from scipy.special import beta, ndtr, stdtr

from science.table import BoolArray, FloatArray, IntArray

FAR = 1e8  # standard errors: beyond it a distribution function is 0 or 1 beside 1, and squares could overflow


def smape(actual: FloatArray, forecast: FloatArray) -> float:
    """Return the symmetric mean absolute percentage error, 0 to 200."""
    size = np.abs(actual) + np.abs(forecast)
    return float(200 * np.mean(np.divide(np.abs(actual - forecast), size, out=np.zeros_like(size), where=size > 0)))


def seasonal_scale(y: FloatArray, season: int) -> float:
    """Return the mean absolute error of the seasonal naive forecast inside y, (n,): what MASE and MSIS are in units of."""
    lag = season if len(y) > season else 1
    return float(np.mean(np.abs(y[lag:] - y[:-lag]))) if len(y) > lag else 0.0


def mase(actual: FloatArray, forecast: FloatArray, scale: float) -> float:
    """Return the mean absolute scaled error; NaN when the scale is zero."""
    return float(np.mean(np.abs(actual - forecast))) / scale if scale > 0 else float("nan")


def msis(actual: FloatArray, low: FloatArray, high: FloatArray, level: float, scale: float) -> float:
    """Return the mean scaled interval score of intervals of `level` percent (Gneiting and Raftery 2007)."""
    missed = np.maximum(low - actual, 0) + np.maximum(actual - high, 0)
    return float(np.mean(high - low + 2 / (1 - level / 100) * missed)) / scale if scale > 0 else float("nan")


def coverage(actual: FloatArray, low: FloatArray, high: FloatArray) -> float:
    """Return the share of values inside their intervals."""
    return float(np.mean((actual >= low) & (actual <= high)))


def crps(actual: FloatArray, median: FloatArray, error: FloatArray, freedom: float = inf) -> float:
    """Return the mean continuous ranked probability score of forecasts with these standard errors.

    Normal ones (Gneiting and Raftery 2007, eq. 21), or Student's t of more than two degrees of freedom (Jordan, Krueger and
    Lerch 2019, appendix A; scoringRules' crps_t).
    """
    scale = error if freedom == inf else error * sqrt((freedom - 2) / freedom)
    safe = np.where(scale > 0, scale, 1.0)
    away = actual - median
    z = np.clip(away / safe, -FAR, FAR)
    if freedom == inf:
        below, density, least = ndtr(z), np.exp(-(z**2) / 2) / sqrt(2 * pi), 1 / sqrt(pi)
    else:
        below, half = stdtr(freedom, z), beta(0.5, freedom / 2)
        density = (freedom + z**2) / (freedom - 1) * (1 + z**2 / freedom) ** (-(freedom + 1) / 2) / (sqrt(freedom) * half)
        least = 2 * sqrt(freedom) / (freedom - 1) * beta(0.5, freedom - 0.5) / half**2
    scores = away * (2 * below - 1) + safe * (2 * density - least)
    return float(np.mean(np.where(scale > 0, scores, np.abs(away))))


def naive2(y: FloatArray, season: int, h: int) -> FloatArray:
    """Return M4's Naive2: the last value, seasonally adjusted by classical ratios where a test at 90% finds a season."""
    forecast: FloatArray = naive2s(y, [len(y)], season, h)[0]
    return forecast


def naive2s(y: FloatArray, lengths: Sequence[int], season: int, h: int) -> FloatArray:
    """Return Naive2 from each of the lengths, (lengths, h)."""
    ends = np.array(lengths)
    forecasts = np.repeat(y[ends - 1][:, None], h, axis=1)
    seasonal = np.flatnonzero(_seasonal(y, ends, season) & (np.minimum.accumulate(y)[ends - 1] > 0))
    if seasonal.size:
        patterns, last = _patterns(y, ends[seasonal], season), ends[seasonal, None] - 1
        ahead = np.take_along_axis(patterns, (last + 1 + np.arange(h)) % season, axis=1)
        forecasts[seasonal] *= ahead / np.take_along_axis(patterns, last % season, axis=1)
    return forecasts


def _patterns(y: FloatArray, ends: IntArray, season: int) -> FloatArray:
    """Return the mean ratio to a centred moving average by season, of mean 1, of y up to each end: (ends, season)."""
    kernel = np.full(season + 1 - season % 2, 1.0 / season)
    if season % 2 == 0:
        kernel[[0, -1]] /= 2
    edge = len(kernel) // 2
    longest = int(ends.max())
    ratios = y[edge : longest - edge] / np.convolve(y[:longest], kernel, "valid")
    phases = np.arange(edge, longest - edge) % season
    patterns = np.empty((len(ends), season))
    for i, end in enumerate(ends):
        known = end - 2 * edge
        patterns[i] = np.bincount(phases[:known], ratios[:known], season) / np.bincount(phases[:known], minlength=season)
    patterns *= season / patterns.sum(axis=1, keepdims=True)
    return patterns


def _seasonal(y: FloatArray, ends: IntArray, season: int) -> BoolArray:
    """Tell of y up to each end whether its autocorrelation at the season stands out from those before it."""
    found = np.zeros(len(ends), dtype=bool)
    long = np.flatnonzero(ends >= 3 * season)
    if season == 1 or not long.size:
        return found
    products = _cross_products(y, ends[long], season)
    r = products[:, 1:] / np.where(products[:, :1] > 0, products[:, :1], np.inf)
    found[long] = np.abs(r[:, -1]) > 1.645 * np.sqrt((1 + 2 * np.sum(r[:, :-1] ** 2, axis=1)) / ends[long])
    return found


def _cross_products(y: FloatArray, ends: IntArray, most: int) -> FloatArray:
    """Return the sums of products of what y up to each end is above its mean there, 0 to `most` values apart: (ends, most + 1).

    Those of the shortest are summed; each later value adds its own products.
    """
    shortest, n, lags = int(ends.min()), ends[:, None], np.arange(most + 1)
    z = y - y[:shortest].mean()
    first = np.array([z[lag:shortest] @ z[: shortest - lag] for lag in lags])
    later = np.arange(shortest, int(ends.max()))[:, None]
    sums = np.cumsum(np.vstack([first, z[later] * z[later - lags]]), axis=0)[ends - shortest]
    running = np.concatenate([[0.0], np.cumsum(z)])
    mean = running[n] / n
    products: FloatArray = sums - mean * (running[n - lags] + running[n] - running[lags]) + (n - lags) * mean**2
    return products
