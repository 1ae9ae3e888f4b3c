"""Autoregressions of differenced series by least squares, every order averaged, at many origins at once.

One Cholesky factor of the lags' cross-products holds the least-squares fit of every lower order, so the average of
all orders, weighted by AICc, costs one triangular solve. What least squares finds explosive, as they do where an outlier
came last, is drawn in until it no longer is: phi_i becomes phi_i r^i, which multiplies every root of the process by r.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.signal import lfilter

from science.forecast.differences import difference
from science.forecast.weights import psi_weights
from science.table import BoolArray, FloatArray

DRAWN_IN = np.array([0.9999, 0.9997, 0.999, 0.997, 0.99, 0.97, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.0])


@dataclass(frozen=True)
class Autoregression:
    """An averaged autoregression at every origin asked for."""

    mean: FloatArray  # (origins, h)
    sigma: FloatArray  # (origins,)
    psi: FloatArray  # (h,) at the first origin
    phi: FloatArray  # (p,) at the first origin
    constant: float
    fitted: FloatArray  # (n,) NaN where there are no lags yet


def autoregress(
    x: FloatArray, lags: Sequence[int], order: int, constant: bool, lengths: Sequence[int], h: int
) -> Autoregression | None:
    """Fit to x, (n,), cut at each of the lengths (longest first); None when the shortest is too short."""
    return autoregress_all([x], lags, order, constant, [lengths], h)


def autoregress_all(
    xs: Sequence[FloatArray], lags: Sequence[int], order: int, constant: bool, groups: Sequence[Sequence[int]], h: int
) -> Autoregression | None:
    """Fit to each x cut at the lengths of its group (longest first), all at once where they have as many lags."""
    orders = [min(order, (min(lengths) - sum(lags)) // 3 - 1) for lengths in groups]
    if min(orders) < 1:
        return None
    parts = []
    for same in dict.fromkeys(orders):
        chosen = [i for i, one in enumerate(orders) if one == same]
        parts.append(_fitted([xs[i] for i in chosen], lags, same, constant, [groups[i] for i in chosen], h))
    return replace(
        parts[0], mean=np.concatenate([part.mean for part in parts]), sigma=np.concatenate([part.sigma for part in parts])
    )


def _fitted(
    xs: Sequence[FloatArray], lags: Sequence[int], order: int, constant: bool, groups: Sequence[Sequence[int]], h: int
) -> Autoregression:
    lost = sum(lags)
    counts = [[length - lost - order for length in lengths] for lengths in groups]
    ws = [difference(x, lags)[0] for x in xs]
    rows = [_rows(w, order, constant) for w in ws]
    grams = np.concatenate([_grams(each, count) for each, count in zip(rows, counts, strict=True)])
    coefficients, sigma = _averaged(grams, [one for count in counts for one in count], int(constant))
    constants = coefficients[:, 0] if constant else np.zeros(len(coefficients))
    found = coefficients[:, int(constant) :]
    phi = drawn_in(found)
    if constant:
        means = grams[:, 0, -1] / grams[:, 0, 0]  # what a fit that was drawn in returns to
        constants = np.where((phi != found).any(axis=1), means * (1 - phi.sum(axis=1)), constants)
    past = np.stack(
        [w[length - lost - order : length - lost] for w, lengths in zip(ws, groups, strict=True) for length in lengths]
    )
    forecasts = _continued(past, phi, constants, h)
    starts = np.cumsum([0, *map(len, groups)])
    cuts = zip(xs, groups, starts, strict=False)
    mean = np.concatenate([undone(x, forecasts[at : at + len(lengths)], lags, lengths) for x, lengths, at in cuts])
    one_step = np.full(len(xs[0]), np.nan)
    said = constants[0] + rows[0][:, int(constant) : -1] @ phi[0]
    one_step[lost + order :] = xs[0][lost + order :] - (rows[0][:, -1] - said)
    return Autoregression(mean, sigma, psi_weights(phi[0], np.zeros(0), lags, h), phi[0], float(constants[0]), one_step)


def _rows(w: FloatArray, order: int, constant: bool) -> FloatArray:
    windows = np.lib.stride_tricks.sliding_window_view(w, order + 1)
    columns = [np.ones((len(windows), 1))] if constant else []
    return np.hstack([*columns, windows[:, -2::-1], windows[:, -1:]])


def _grams(rows: FloatArray, counts: Sequence[int]) -> FloatArray:
    """Cross-products of the first `count` rows for each count (descending)."""
    total = rows[: counts[-1]].T @ rows[: counts[-1]]
    grams = [total]
    for fewer, more in zip(counts[:0:-1], counts[-2::-1], strict=True):
        total = total + rows[fewer:more].T @ rows[fewer:more]
        grams.append(total)
    return np.stack(grams[::-1])


def _averaged(grams: FloatArray, counts: Sequence[int], fixed: int) -> tuple[FloatArray, FloatArray]:
    size = grams.shape[1]
    diagonal = np.arange(size)
    grams = grams.copy()
    scale = np.sqrt(grams[:, diagonal, diagonal])
    scale[scale == 0] = 1.0
    grams /= scale[:, :, None] * scale[:, None, :]
    grams[:, diagonal, diagonal] += 1e-8  # so that a series without noise still has a factor
    L = np.linalg.cholesky(grams)
    r = L[:, -1, :-1]
    n = np.asarray(counts, dtype=float)[:, None]
    errors = 1.0 + 1e-8 - np.cumsum(np.pad(r**2, ((0, 0), (1, 0))), axis=1)[:, fixed:]
    errors = np.maximum(errors, 1e-9)
    k = np.arange(fixed, size)[None] + 1.0
    aicc = n * np.log(errors) + 2 * k + 2 * k * (k + 1) / np.maximum(n - k - 1, 1.0)
    weights = np.exp(-0.5 * (aicc - aicc.min(axis=1, keepdims=True)))
    weights /= weights.sum(axis=1, keepdims=True)
    share = np.ones((len(grams), size - 1))  # how much weight the orders that include each column have
    share[:, fixed:] = np.cumsum(weights[:, :0:-1], axis=1)[:, ::-1]
    coefficients = np.linalg.solve(L[:, :-1, :-1].transpose(0, 2, 1), (r * share)[:, :, None])[:, :, 0]
    coefficients = coefficients * scale[:, -1:] / scale[:, :-1]
    sigma2 = (weights * errors / np.maximum(n - k, 1.0)).sum(axis=1) * scale[:, -1] ** 2
    return coefficients, np.sqrt(sigma2)


def drawn_in(phi: FloatArray) -> FloatArray:
    """Return phi, (fits, p), where explosive ones are phi_i r^i with the largest r of DRAWN_IN that makes them stable."""
    explosive = ~_stable(phi)
    if not explosive.any():
        return phi
    powers = DRAWN_IN[:, None] ** np.arange(1, phi.shape[1] + 1)
    nearer = phi[explosive][:, None, :] * powers  # (explosive fits, r, p)
    first = _stable(nearer.reshape(-1, phi.shape[1])).reshape(nearer.shape[:2]).argmax(axis=1)
    steady = phi.copy()
    steady[explosive] = nearer[np.arange(len(first)), first]
    return steady


def _stable(phi: FloatArray) -> BoolArray:
    """Tell of each row whether all its partial autocorrelations are within the unit circle (Durbin and Levinson, backwards)."""
    rest, partial = phi.T, np.empty((phi.shape[1], len(phi)))
    with np.errstate(all="ignore"):  # behind one outside, the numbers mean nothing
        for order in range(phi.shape[1] - 1, -1, -1):
            last = partial[order] = rest[order]
            rest = (rest[:order] + last * rest[:order][::-1]) / (1 - last * last)
    stable: BoolArray = (np.abs(partial) < 1).all(axis=0)
    return stable


def _continued(past: FloatArray, phi: FloatArray, constants: FloatArray, h: int) -> FloatArray:
    order = past.shape[1]
    values = np.hstack([past, np.zeros((len(past), h))])
    backwards = np.ascontiguousarray(phi[:, ::-1])
    for step in range(h):
        values[:, order + step] = constants + (backwards * values[:, step : step + order]).sum(axis=1)
    return values[:, order:]


def undone(x: FloatArray, forecasts: FloatArray, lags: Sequence[int], lengths: Sequence[int]) -> FloatArray:
    """Undo the differences of every origin's forecasts at once."""
    lost = sum(lags)
    level = np.stack([x[length - lost : length] for length in lengths])
    tails = []
    for lag in lags:
        tails.append(level[:, -lag:])
        level = level[:, lag:] - level[:, :-lag]
    for lag, tail in zip(reversed(lags), reversed(tails), strict=True):
        polynomial = np.r_[1.0, np.zeros(lag - 1), -1.0]
        forecasts = lfilter([1.0], polynomial, forecasts, axis=1, zi=tail)[0]
    return forecasts
