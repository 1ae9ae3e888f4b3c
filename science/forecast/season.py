"""Seasonal indices, shrunken by how sure they are, and how strong a season is."""

from __future__ import annotations

import numpy as np

from science.table import FloatArray

PERIODS = {"Y": (), "Q": (4,), "M": (12,), "W": (52,), "D": (7,), "H": (24, 168), "30min": (48, 336), "15min": (96, 672)}
GUESSES = (4, 7, 12, 24, 52)  # tried when neither the dates nor the caller tell the season
CYCLES = 5  # of a season that must be there before it is guessed
MEMORY = 0.85  # weight of a cycle of the season over that of the next
SEEN = 200  # last cycles that a strength is measured on
MARGIN = 0.1  # a season is taken before its multiples if its strength is no further below theirs
SPAN = 11  # cycles that a season is smoothed over: mstl's window
STRONG = 0.64  # R's nsdiffs(test = "seas"), from Wang, Smith and Hyndman 2006
WEAK = 0.3  # strength below which differencing a season adds more noise than it takes away


def indices(y: FloatArray, season: int, *, multiplicative: bool) -> FloatArray:
    """Estimate the (season,) indices by ratio (or difference) to a centred moving average, shrunken towards none.

    Recent cycles weigh more, as seasons change. The shrinkage is James and Stein's: one minus the variance of the
    indices' errors over that of the indices (Miller and Williams 2003 show that it helps forecasts). Indices belong
    to times modulo the season, 0 for y's first.
    """
    neutral = np.ones(season) if multiplicative else np.zeros(season)
    if season == 1 or len(y) < 2 * season + 2:
        return neutral
    phases, ratios = _detrended(y, season, multiplicative)
    weights = MEMORY ** (np.arange(len(ratios))[::-1] / season)
    totals = np.bincount(phases, weights, season)
    means = np.bincount(phases, weights * ratios, season) / totals
    means -= means.mean()
    rest = ratios - means[phases]
    error = float(rest @ rest) / max(len(rest) - season, 1) * float(np.mean(np.bincount(phases, weights**2, season) / totals**2))
    signal = float(means @ means) / (season - 1)
    kept = max(0.0, 1 - error / signal) if signal > 0 else 0.0
    shrunken: FloatArray = neutral + kept * means
    return shrunken if not multiplicative or shrunken.min() > 0.01 else neutral


def strength(y: FloatArray, season: int) -> float:
    """Return 1 - var(remainder) / var(season + remainder), 0 to 1, with a season that may change slowly, as STL's may."""
    y = y[-SEEN * season :]
    if season == 1 or len(y) < 2 * season + 2:
        return 0.0
    phases, rest = _detrended(y, season, False)
    cycles = -(-(phases[0] + len(rest)) // season)
    table = np.full(cycles * season, np.nan)
    table[phases[0] : phases[0] + len(rest)] = rest
    seasonal = _smoothed(table.reshape(cycles, season)).reshape(-1)[phases[0] : phases[0] + len(rest)]
    seasonal = (
        seasonal
        - np.convolve(np.pad(seasonal, season // 2, mode="wrap"), np.full(season, 1 / season), "same")[
            season // 2 : season // 2 + len(rest)
        ]
    )
    whole = float(np.var(rest))
    return max(0.0, 1 - float(np.var(rest - seasonal)) / whole) if whole > 0 else 0.0


def guess(y: FloatArray) -> int:
    """Return the season, among the customary ones, whose strength stands out; 1 when none does."""
    strengths = {m: strength(y, m) for m in GUESSES if len(y) >= CYCLES * m}
    strong = max(strengths.values(), default=0.0)
    return min((m for m, found in strengths.items() if found > max(STRONG, strong - MARGIN)), default=1)


def _smoothed(table: FloatArray) -> FloatArray:
    """Smooth each column of (cycles, season) by tricube-weighted local lines; NaN counts as nothing."""
    cycles = np.arange(len(table), dtype=float)
    known = np.isfinite(table)
    values = np.where(known, table, 0.0)
    distance = np.abs(cycles[:, None] - cycles) / (SPAN / 2 + 1)
    kernel = np.clip(1 - distance**3, 0, 1) ** 3
    offset = cycles - cycles[:, None]
    w0, w1, w2 = kernel @ known, (kernel * offset) @ known, (kernel * offset**2) @ known
    v0, v1 = kernel @ values, (kernel * offset) @ values
    determinant = w0 * w2 - w1**2
    level = np.divide(v0, w0, out=np.zeros_like(v0), where=w0 > 0)
    smoothed: FloatArray = np.divide(w2 * v0 - w1 * v1, determinant, out=level, where=determinant > 1e-9 * w0 * (w2 + 1))
    return smoothed


def _detrended(y: FloatArray, season: int, multiplicative: bool) -> tuple[np.ndarray, FloatArray]:
    kernel = np.full(season + 1, 1.0 / season) if season % 2 == 0 else np.full(season, 1.0 / season)
    if season % 2 == 0:
        kernel[[0, -1]] /= 2
    trend = np.convolve(y, kernel, "valid")
    edge = len(kernel) // 2
    middle = y[edge : len(y) - edge]
    phases = np.arange(edge, len(y) - edge) % season
    return phases, middle / trend - 1 if multiplicative else middle - trend
