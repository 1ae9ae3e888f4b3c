"""Autoregressions of differenced series by least squares, every order averaged, at many origins at once.

One Cholesky factor of the lags' cross-products holds the least-squares fit of every lower order, so the average of
all orders, weighted by AICc, costs one triangular solve. What least squares finds explosive, as they do where an outlier
came last, is drawn in until it no longer is: phi_i becomes phi_i r^i, which multiplies every root of the process by r.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from science.deadline import Deadline
from science.forecast.differences import difference
from science.forecast.weights import psi_weights
from science.table import BoolArray, FloatArray, IntArray

DRAWN_IN = np.array([0.9999, 0.9997, 0.999, 0.997, 0.99, 0.97, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.0])
AT_ONCE = 2_000_000  # numbers of the cross-products of as many rows as are fitted together, of which there are four copies: 64 MB


@dataclass(frozen=True)
class Autoregression:
    """An averaged autoregression at every origin asked for."""

    mean: FloatArray  # (origins, h)
    sigma: FloatArray  # (origins,)
    psi: FloatArray  # (h,) at the first origin
    phi: FloatArray  # (p,) at the first origin
    constant: float
    fitted: FloatArray  # (n,) NaN where there are no lags yet


@dataclass(frozen=True)
class Autoregressions:
    """Averaged autoregressions at O origins of the rows of x."""

    x: FloatArray  # (rows, n)
    lags: tuple[int, ...]
    row: IntArray  # (O,)
    order: IntArray  # (O,)
    mean: FloatArray  # (O, h)
    sigma: FloatArray  # (O,)
    phi: FloatArray  # (O, p), zeros beyond the order
    constant: FloatArray  # (O,)

    def of(self, origins: slice) -> Autoregression:
        """Take those of some origins together, the first of them first."""
        first = range(len(self.row))[origins][0]
        x, phi, constant = self.x[self.row[first]], self.phi[first, : self.order[first]], float(self.constant[first])
        w, _ = difference(x, self.lags)
        errors = np.convolve(w, np.append(1.0, -phi), "valid") - constant
        fitted = np.full(len(x), np.nan)
        fitted[len(x) - len(errors) :] = x[len(x) - len(errors) :] - errors
        psi = psi_weights(phi, np.zeros(0), self.lags, self.mean.shape[1])
        return Autoregression(self.mean[origins], self.sigma[origins], psi, phi, constant, fitted)


def autoregress(
    x: FloatArray,
    origins: Sequence[tuple[int, int]],
    lags: Sequence[int],
    order: int,
    constant: bool,
    h: int,
    deadline: Deadline,
) -> Autoregressions | None:
    """Fit to the rows of x, (rows, n), from each origin: a length, and the row that is cut there, which has the longest first.

    All origins of a row have as many lags as its shortest allows; None when that is none. Raises DeadlineExceeded.
    """
    length, row = np.array(origins).T
    shortest = np.full(len(x), x.shape[1])
    np.minimum.at(shortest, row, length)
    orders = np.minimum(order, (shortest - sum(lags)) // 3 - 1)[row]
    if orders.min() < 1:
        return None
    mean, phi = np.empty((len(row), h)), np.zeros((len(row), orders.max()))
    sigma, constants = np.empty((2, len(row)))
    for same in set(orders.tolist()):
        for at in _parts(np.flatnonzero(orders == same), row, same + 2):
            deadline.check()
            mean[at], sigma[at], phi[at, :same], constants[at] = _fitted(x, length[at], row[at], lags, same, constant, h)
    return Autoregressions(x, tuple(lags), row, orders, mean, sigma, phi, constants)


def _parts(at: IntArray, row: IntArray, size: int) -> list[IntArray]:
    """Part origins into those that are fitted together: all, or those of each row when their cross-products take much room."""
    if len(at) * size**2 <= AT_ONCE:
        return [at]
    return [at[row[at] == each] for each in dict.fromkeys(row[at].tolist())]


def _fitted(
    x: FloatArray, length: IntArray, row: IntArray, lags: Sequence[int], order: int, constant: bool, h: int
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    lost = sum(lags)
    w = x
    for lag in lags:
        w = w[:, lag:] - w[:, :-lag]
    count = length - lost - order
    grams = np.concatenate([_grams(_rows(w[each], order, constant), count[row == each]) for each in dict.fromkeys(row.tolist())])
    coefficients, sigma = _averaged(grams, count, int(constant))
    constants = coefficients[:, 0] if constant else np.zeros(len(coefficients))
    found = coefficients[:, int(constant) :]
    phi = drawn_in(found)
    if constant:
        means = grams[:, 0, -1] / grams[:, 0, 0]  # what a fit that was drawn in returns to
        constants = np.where((phi != found).any(axis=1), means * (1 - phi.sum(axis=1)), constants)
    past = w[row[:, None], count[:, None] + np.arange(order)]
    anchors = x[row[:, None], length[:, None] + np.arange(-lost, 0)]
    return undone(anchors, _continued(past, phi, constants, h), lags), sigma, phi, constants


def _rows(w: FloatArray, order: int, constant: bool) -> FloatArray:
    windows = np.lib.stride_tricks.sliding_window_view(w, order + 1)
    columns = [np.ones((len(windows), 1))] if constant else []
    return np.hstack([*columns, windows[:, -2::-1], windows[:, -1:]])


def _grams(rows: FloatArray, counts: IntArray) -> FloatArray:
    """Cross-products of the first `count` rows for each count (descending)."""
    fewest = counts[-1]
    later = rows[fewest : counts[0]]
    totals = np.empty((len(later) + 1, rows.shape[1], rows.shape[1]))
    totals[0] = rows[:fewest].T @ rows[:fewest]
    np.multiply(later[:, :, None], later[:, None, :], out=totals[1:])
    grams: FloatArray = np.cumsum(totals, axis=0, out=totals)[counts - fewest]
    return grams


def _averaged(grams: FloatArray, counts: IntArray, fixed: int) -> tuple[FloatArray, FloatArray]:
    size = grams.shape[1]
    diagonal = np.arange(size)
    scale = np.sqrt(grams[:, diagonal, diagonal])
    scale[scale == 0] = 1.0
    grams = grams / (scale[:, :, None] * scale[:, None, :])
    grams[:, diagonal, diagonal] += 1e-8  # so that a series without noise still has a factor
    L = np.linalg.cholesky(grams)
    r = L[:, -1, :-1]
    n = counts[:, None].astype(float)
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
        values[:, order + step] = constants + np.einsum("op,op->o", backwards, values[:, step : step + order])
    return values[:, order:]


def undone(anchors: FloatArray, forecasts: FloatArray, lags: Sequence[int]) -> FloatArray:
    """Undo the differences of every origin's forecasts, (origins, h), behind its last sum(lags) values, (origins, sum(lags))."""
    level, tails = anchors, []
    for lag in lags:
        tails.append(level[:, -lag:])
        level = level[:, lag:] - level[:, :-lag]
    for lag, tail in zip(reversed(lags), reversed(tails), strict=True):
        forecasts = _undone(tail, forecasts, lag)
    return forecasts


def _undone(tail: FloatArray, forecasts: FloatArray, lag: int) -> FloatArray:
    origins, h = forecasts.shape
    cycles = -(-h // lag) + 1
    steps = np.zeros((origins, cycles * lag))
    steps[:, :lag], steps[:, lag : lag + h] = tail, forecasts
    undone: FloatArray = np.cumsum(steps.reshape(origins, cycles, lag), axis=1).reshape(origins, -1)
    return undone[:, lag : lag + h]
