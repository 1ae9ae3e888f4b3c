"""How good forecasts were: MASE, sMAPE, OWA against Naive2, coverage, MSIS and CRPS, as the M4 competition has them."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from science.table import FloatArray


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


def crps(actual: FloatArray, median: FloatArray, error: FloatArray) -> float:
    """Return the mean continuous ranked probability score of normal forecasts (Gneiting and Raftery 2007, eq. 21)."""
    safe = np.where(error > 0, error, 1.0)
    away = actual - median
    z = np.clip(away / safe, -40, 40)  # where the density is zero in doubles
    scores = away * (2 * ndtr(z) - 1) + safe * (2 * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi) - 1 / np.sqrt(np.pi))
    return float(np.mean(np.where(error > 0, scores, np.abs(actual - median))))


def naive2(y: FloatArray, season: int, h: int) -> FloatArray:
    """Return M4's Naive2: the last value, seasonally adjusted by classical ratios where a test at 90% finds a season."""
    if not _seasonal(y, season) or y.min() <= 0:
        return np.full(h, y[-1])
    kernel = np.full(season + 1 - season % 2, 1.0 / season)
    if season % 2 == 0:
        kernel[[0, -1]] /= 2
    edge = len(kernel) // 2
    ratios = y[edge : len(y) - edge] / np.convolve(y, kernel, "valid")
    phases = np.arange(edge, len(y) - edge) % season
    pattern = np.bincount(phases, ratios, season) / np.bincount(phases, minlength=season)
    pattern *= season / pattern.sum()
    n = len(y)
    forecast: FloatArray = y[-1] / pattern[(n - 1) % season] * pattern[(n + np.arange(h)) % season]
    return forecast


def _seasonal(y: FloatArray, season: int) -> bool:
    if season == 1 or len(y) < 3 * season:
        return False
    e = y - y.mean()
    whole = float(e @ e)
    if whole == 0:
        return False
    r = np.array([e[:-k] @ e[k:] for k in range(1, season + 1)]) / whole
    return bool(abs(r[-1]) > 1.645 * np.sqrt((1 + 2 * np.sum(r[:-1] ** 2)) / len(y)))
