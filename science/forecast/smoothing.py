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

from science.deadline import Deadline
from science.table import BoolArray, FloatArray

ALPHA = (0.02, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 1.0)
RATIO = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4)  # beta / alpha
PHI = (0.8, 0.87, 0.92, 0.96, 0.98, 1.0)
START_WEIGHT = 30.0  # of the trend of the whole series as a prior of the first slope, in observations of it
ONE = np.ones(1)


@dataclass(frozen=True)
class Form:
    """A family of parameter sets: which ones, how much quick trends are distrusted, and how its drift is set."""

    name: str
    phi: tuple[float, float]  # from, to
    ratio: float = 1.0  # beta / alpha at most
    distrust: float = 0.0  # log prior per unit of beta / alpha
    drift: float | None = None  # None: the slope is estimated; else this share of the mean change


FORMS = (
    Form("ses", (1, 1), ratio=0.0, drift=0.0),
    Form("theta", (1, 1), ratio=0.0, drift=0.5),
    Form("damped", (0.8, 0.98), distrust=20.0),
    Form("holt", (1, 1), distrust=20.0),
)


@dataclass(frozen=True)
class Grid:
    """Every parameter set. alpha, beta, phi, ratio: (G,)."""

    alpha: FloatArray
    beta: FloatArray
    phi: FloatArray
    ratio: FloatArray


@dataclass(frozen=True)
class Smoothed:
    """One form at every origin asked for."""

    mean: FloatArray  # (origins, h)
    sigma: FloatArray  # (origins,)
    psi: FloatArray  # (h,) at the first origin, averaged over the sets
    parameters: dict[str, float]  # averaged likewise
    weights: FloatArray  # (G,) at the first origin
    start: tuple[FloatArray, FloatArray]  # (G,) level and slope before the first value, for the first origin


def grid() -> Grid:
    """Lay out the parameter sets."""
    alpha, ratio, phi = (axis.reshape(-1) for axis in np.meshgrid(ALPHA, RATIO, PHI, indexing="ij"))
    return Grid(alpha, alpha * ratio, phi, ratio)


GRID = grid()


@dataclass(frozen=True)
class Passed:
    """Sums and states of one pass at one length of the series, per row of the batch and per set."""

    length: int
    squares: tuple[FloatArray, FloatArray, FloatArray]  # (G,) of the responses to the start: 11, 12, 22
    products: tuple[FloatArray, FloatArray]  # (rows, G) of errors and responses
    errors: FloatArray  # (rows, G) sum of squared errors from a start of zero
    states: tuple[FloatArray, FloatArray]  # (rows, G) level, slope
    responses: tuple[FloatArray, FloatArray, FloatArray, FloatArray]  # (G,) of level and slope to each start


def passes(x: FloatArray, lengths: frozenset[int], deadline: Deadline, sets: Grid = GRID) -> dict[int, Passed]:
    """Run every set over every row of x, (rows, n), and keep what is known after each of the `lengths`."""
    alpha, beta, phi = sets.alpha, sets.beta, sets.phi
    level, slope = np.zeros((len(x), len(alpha))), np.zeros((len(x), len(alpha)))
    level1, slope1, level2, slope2 = np.ones(len(alpha)), np.zeros(len(alpha)), np.zeros(len(alpha)), np.ones(len(alpha))
    s11, s12, s22 = (np.zeros(len(alpha)) for _ in range(3))
    c1, c2, squares = (np.zeros_like(level) for _ in range(3))
    kept = {}
    for t in range(x.shape[1]):
        if t % 64 == 0:
            deadline.check()
        trend = phi * slope
        one = level + trend
        error = x[:, t : t + 1] - one
        trend1, trend2 = phi * slope1, phi * slope2
        response1, response2 = level1 + trend1, level2 + trend2
        s11, s12, s22 = s11 + response1 * response1, s12 + response1 * response2, s22 + response2 * response2
        c1, c2, squares = c1 + error * response1, c2 + error * response2, squares + error * error
        level, slope = one + alpha * error, trend + beta * error
        level1, slope1 = response1 - alpha * response1, trend1 - beta * response1
        level2, slope2 = response2 - alpha * response2, trend2 - beta * response2
        if t + 1 in lengths:
            states, responses = (level, slope), (level1, slope1, level2, slope2)
            kept[t + 1] = Passed(t + 1, (s11, s12, s22), (c1, c2), squares, states, responses)
    return kept


def smooth(form: Form, x: FloatArray, at: list[Passed], row: int, h: int, sets: Grid = GRID) -> Smoothed:
    """Average one form's sets at each origin. x: (n,) is the row that was passed over; at: the first origin first."""
    member = _members(form, sets)
    cumulated = np.cumsum(sets.phi[member, None] ** np.arange(1, h + 1), axis=1)
    means, sigmas, first = np.empty((len(at), h)), np.empty(len(at)), None
    for i, passed in enumerate(at):
        weights, sigma2, level0, slope0 = _weighted(form, x[: passed.length], passed, row, member, sets)
        level1, slope1, level2, slope2 = (response[member] for response in passed.responses)
        level = passed.states[0][row, member] + level0 * level1 + slope0 * level2
        slope = passed.states[1][row, member] + level0 * slope1 + slope0 * slope2
        means[i] = weights @ level + (weights * slope) @ cumulated
        sigmas[i] = np.sqrt(weights @ sigma2)
        first = first or (weights, level0, slope0)
    assert first is not None
    weights, level0, slope0 = first
    psi = np.r_[1.0, weights @ sets.alpha[member] + (weights * sets.beta[member]) @ cumulated[:, : h - 1]]
    whole = np.zeros((3, len(sets.alpha)))
    whole[:, member] = weights, level0, slope0
    names = {"alpha": sets.alpha, "beta": sets.beta, "phi": sets.phi}
    parameters = {name: float(values[member] @ weights) for name, values in names.items()}
    return Smoothed(means, sigmas, psi, parameters, whole[0], (whole[1], whole[2]))


def fitted(x: FloatArray, smoothed: Smoothed, sets: Grid = GRID) -> FloatArray:
    """Return the one-step forecasts of x, (n,), by the weights and starts of the first origin."""
    used = np.flatnonzero(smoothed.weights > 1e-4)
    weights = smoothed.weights[used] / smoothed.weights[used].sum()
    level, slope = smoothed.start[0][used], smoothed.start[1][used]
    alpha, beta, phi = sets.alpha[used], sets.beta[used], sets.phi[used]
    one_step = np.empty(len(x))
    for t, value in enumerate(x):
        trend = phi * slope
        one = level + trend
        one_step[t] = weights @ one
        level, slope = one + alpha * (value - one), trend + beta * (value - one)
    return one_step


def _members(form: Form, sets: Grid) -> BoolArray:
    member: BoolArray = (sets.phi >= form.phi[0]) & (sets.phi <= form.phi[1]) & (sets.ratio <= form.ratio)
    return member


def _weighted(
    form: Form, x: FloatArray, passed: Passed, row: int, member: BoolArray, sets: Grid
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Find each set's start by (ridge) least squares; weigh the sets by likelihood and prior."""
    n = passed.length
    s11, s12, s22 = (s[member] for s in passed.squares)
    c1, c2 = (c[row, member] for c in passed.products)
    squares = passed.errors[row, member]
    change = (x[-1] - x[0]) / max(n - 1, 1)
    if form.drift is not None:
        slope0 = np.full(len(s11), form.drift * change)
        level0 = (c1 - slope0 * s12) / s11
        squares = squares - 2 * slope0 * c2 + slope0**2 * s22 - level0**2 * s11
        log_determinant = np.zeros(len(s11))
    else:
        prior = _trend(x)
        d2, e2 = s22 + START_WEIGHT, c2 + START_WEIGHT * prior
        determinant = s11 * d2 - s12**2
        level0, slope0 = (d2 * c1 - s12 * e2) / determinant, (s11 * e2 - s12 * c1) / determinant
        squares = squares + START_WEIGHT * prior**2 - level0 * c1 - slope0 * e2
        log_determinant = np.log(determinant)
    floor = 1e-16 * float(x @ x) + np.finfo(float).tiny
    squares = np.maximum(squares, floor)
    log_weight = -n / 2 * np.log(squares) - log_determinant / 2 - form.distrust * sets.ratio[member]
    weights = np.exp(log_weight - log_weight.max())
    freedom = max(n - 2, 1)
    return weights / weights.sum(), squares / freedom, level0, slope0


def _trend(x: FloatArray) -> float:
    time = np.arange(len(x)) - (len(x) - 1) / 2
    return float(time @ x / (time @ time)) if len(x) > 1 else 0.0
