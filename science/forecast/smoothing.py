"""Exponential smoothing forms, each averaged over a grid of its parameters, at many origins in one pass.

    y_t = l + phi b + e,   l <- l + phi b + alpha e,   b <- phi b + beta e     (Hyndman et al. 2008, local trend)

is linear in its start (l, b), so the pass runs from zero and the start is found afterwards by least squares, for every set of
parameters and every origin at once. Sets are weighted by their likelihood times a prior that distrusts quick trends: averaging
does what choosing one set does, without its jumps on short series. SES is (0,1,1), theta (0,1,1) with a drift, Holt (0,2,2) and
the damped trend (1,1,2): stacked differences in disguise, and psi_j = alpha + beta (phi + ... + phi^j) says how.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from science.forecast.passing import GRID, START_WEIGHT, Grid, Passed
from science.table import FloatArray


@dataclass(frozen=True)
class Form:
    """A family of parameter sets: which ones, how much quick trends are distrusted, and which drifts they may have."""

    name: str
    phi: tuple[float, float]  # from, to
    ratio: float = 1.0  # beta / alpha at most
    distrust: float = 0.0  # log prior per unit of beta / alpha
    drift: tuple[float, ...] = ()  # shares of the mean change, averaged by their likelihood; none: the slope is estimated


FORMS = (
    Form("ses", (1, 1), ratio=0.0, drift=(0.0,)),
    Form("theta", (1, 1), ratio=0.0, drift=(0.5,)),
    Form("damped", (0.8, 0.98), distrust=20.0),
    Form("holt", (1, 1), distrust=20.0),
)


@dataclass(frozen=True)
class Smoothed:
    """One form at every origin asked for."""

    mean: FloatArray  # (origins, h)
    sigma: FloatArray  # (origins,)
    psi: FloatArray  # (h,) at the first origin, averaged over the sets
    parameters: dict[str, float]  # averaged likewise
    sets: slice  # those of the form, S of them
    weights: FloatArray  # (S,) at the first origin
    start: tuple[FloatArray, FloatArray]  # (S,) level and slope before the first value, for the first origin


def smooth(form: Form, passed: Passed, origins: slice, h: int, sets: Grid = GRID) -> Smoothed:
    """Average one form's sets at some of the origins that were passed."""
    member = _members(form, sets)
    ends = passed.ends.of(origins, member)
    weights, sigma2, level0, slope0 = _weighted(form, passed, origins, member, sets)
    level1, slope1, level2, slope2 = (ends.responses[:, i] for i in range(4))
    level = passed.states[0, origins, member] + level0 * level1 + slope0 * level2
    slope = passed.states[1, origins, member] + level0 * slope1 + slope0 * slope2
    alpha, beta, phi = (values[member] for values in (sets.alpha, sets.beta, sets.phi))
    cumulated = np.cumsum(np.cumprod(np.broadcast_to(phi, (h, len(phi))), axis=0), axis=0)
    means = (weights * level).sum(axis=1)[:, None] + (weights * slope) @ cumulated.T
    sigmas = np.sqrt((weights * sigma2).sum(axis=1))
    psi = np.ones(h)
    psi[1:] = weights[0] @ alpha + cumulated[: h - 1] @ (weights[0] * beta)
    parameters = {name: float(values @ weights[0]) for name, values in (("alpha", alpha), ("beta", beta), ("phi", phi))}
    return Smoothed(means, sigmas, psi, parameters, member, weights[0], (level0[0], slope0[0]))


def fitted(passed: Passed, row: int, smoothed: Smoothed) -> FloatArray:
    """Return the one-step forecasts of a row, (n,), by the weights and starts of the first origin."""
    used = np.flatnonzero(smoothed.weights > 1e-4)
    level, slope = (each[used] for each in smoothed.start)
    shares = smoothed.weights[used] / smoothed.weights[used].sum()
    places = used + smoothed.sets.start
    way = passed.on_the_way[:, :, places]
    one_step: FloatArray = passed.one_step[row][:, places] @ shares
    return one_step + way[:, 0] @ (shares * level) + way[:, 1] @ (shares * slope)


def _members(form: Form, sets: Grid) -> slice:
    member = np.flatnonzero((sets.phi >= form.phi[0]) & (sets.phi <= form.phi[1]) & (sets.ratio <= form.ratio))
    return slice(int(member[0]), int(member[-1]) + 1)


def _weighted(
    form: Form, passed: Passed, origins: slice, member: slice, sets: Grid
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Find each set's start by (ridge) least squares; weigh the sets by likelihood and prior. All are (origins, sets)."""
    cuts, ends = passed.cuts.of(origins), passed.ends.of(origins, member)
    n = cuts.length[:, None]
    s11, s12, s22 = (ends.squares[:, i] for i in range(3))
    c1, c2 = passed.products[:, origins, member]
    errors = passed.errors[origins, member]
    if form.drift:
        slope0 = np.array(form.drift)[:, None, None] * np.broadcast_to(cuts.change[:, None], s11.shape)
        level0 = (c1 - slope0 * s12) / s11
        squares = errors - 2 * slope0 * c2 + slope0**2 * s22 - level0**2 * s11
        log_prior = np.zeros(1)
    else:
        prior = cuts.trend[:, None]
        d2, e2 = s22 + START_WEIGHT, c2 + START_WEIGHT * prior
        determinant = s11 * d2 - s12**2
        level0, slope0 = ((d2 * c1 - s12 * e2) / determinant)[None], ((s11 * e2 - s12 * c1) / determinant)[None]
        squares = (errors + START_WEIGHT * prior**2)[None] - level0 * c1 - slope0 * e2
        log_prior = -ends.log_determinant / 2 - form.distrust * sets.ratio[member]
    squares = np.maximum(squares, cuts.floor[:, None])
    log_weight = log_prior - n / 2 * np.log(squares)
    weights = np.exp(log_weight - log_weight.max(axis=(0, 2), keepdims=True))  # (drifts, origins, sets)
    weights /= weights.sum(axis=(0, 2), keepdims=True)
    sigma2 = squares / np.maximum(n - 2, 1)
    if len(weights) == 1:
        return weights[0], sigma2[0], level0[0], slope0[0]
    of_sets = weights.sum(axis=0)
    shares = np.divide(weights, of_sets, out=np.full_like(weights, 1 / len(weights)), where=of_sets > 0)
    sigma2, level0, slope0 = ((shares * each).sum(axis=0) for each in (sigma2, level0, slope0))
    return of_sets, sigma2, level0, slope0
