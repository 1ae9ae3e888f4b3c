"""Exponential smoothing forms, each averaged over a grid of its parameters, at many origins in one pass.

    y_t = l + phi b + e,   l <- l + phi b + alpha e,   b <- phi b + beta e     (Hyndman et al. 2008, local trend)

is linear in its start (l, b), so the pass runs from zero and the start is found afterwards by least squares, for every set of
parameters and every origin at once. Sets are weighted by their likelihood times a prior that distrusts quick trends: averaging
does what choosing one set does, without its jumps on short series. SES is (0,1,1), theta (0,1,1) with a drift, Holt (0,2,2) and
the damped trend (1,1,2): stacked differences in disguise, and psi_j = alpha + beta (phi + ... + phi^j) says how.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from science.deadline import Deadline
from science.table import BoolArray, FloatArray, IntArray

ALPHA = (0.02, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 1.0)
RATIO = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4)  # beta / alpha
PHI = (0.8, 0.87, 0.92, 0.96, 0.98, 1.0)
SHORT = 256  # values, up to which what only the grid decides is kept
START_WEIGHT = 30.0  # of the trend of the whole series as a prior of the first slope, in observations of it
ONE = np.ones(1)


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
    """Sums and states of one pass after each of its L lengths, per row of the batch and per set; and what it said on the way."""

    places: Mapping[int, int]  # a length → its place among the L
    squares: FloatArray  # (L, 3, G) of the responses to the start: 11, 12, 22
    products: FloatArray  # (L, 2, rows, G) of errors and responses
    errors: FloatArray  # (L, rows, G) sum of squared errors from a start of zero
    states: FloatArray  # (L, 2, rows, G) level, slope
    responses: FloatArray  # (L, 4, G) of level and slope to each start
    one_step: Mapping[int, FloatArray]  # (n, G) from a start of zero, of the rows asked for
    on_the_way: FloatArray  # (n, 2, G) responses of the one-step forecasts to level and slope of the start


Origins = Sequence[tuple[int, int]]  # a length, and the row that is cut there


def passes(x: FloatArray, lengths: frozenset[int], deadline: Deadline, sets: Grid = GRID, told: Sequence[int] = (0,)) -> Passed:
    """Run every set over every row of x, (rows, n); keep what is known after each length, and the way of `told` rows."""
    n, G = x.shape[1], len(sets.alpha)
    level, slope = np.zeros((len(x), G)), np.zeros((len(x), G))
    products, squares = np.zeros((2, *level.shape)), np.zeros_like(level)
    ways = _ways_of_short() if sets is GRID and n <= SHORT else _ways(sets, n, lengths)
    known = _room(sorted(lengths), len(x), G, {row: np.empty((n, G)) for row in told}, ways)
    columns = np.ascontiguousarray(x.T)[:, :, None]
    for t in range(n):
        if t % 64 == 0:
            deadline.check()
        slope *= sets.phi
        level += slope
        error = columns[t] - level
        for row, way in known.one_step.items():
            way[t] = level[row]
        products += error * ways.on_the_way[t][:, None]
        squares += error * error
        level += sets.alpha * error
        slope += sets.beta * error
        if t + 1 in lengths:
            at = known.places[t + 1]
            known.products[at], known.errors[at] = products, squares
            known.states[at, 0], known.states[at, 1] = level, slope
    return known


@dataclass(frozen=True)
class Ways:
    """What a unit of level or of slope at the start does: no series has a part in it."""

    on_the_way: FloatArray  # (n, 2, G) to each one-step forecast
    ends: Mapping[int, tuple[FloatArray, FloatArray]]  # a length → squares, (3, G), and responses, (4, G), after it


@cache
def _ways_of_short() -> Ways:
    """Keep those of the grid for series that are not long: 6 MB."""
    return _ways(GRID, SHORT, range(1, SHORT + 1))


def _ways(sets: Grid, n: int, lengths: Collection[int]) -> Ways:
    alpha, beta, phi = sets.alpha, sets.beta, sets.phi
    G = len(alpha)
    level1, slope1, level2, slope2 = np.ones(G), np.zeros(G), np.zeros(G), np.ones(G)
    s11, s12, s22 = (np.zeros(G) for _ in range(3))
    on_the_way = np.empty((n, 2, G))
    ends = {}
    for t in range(n):
        trend1, trend2 = phi * slope1, phi * slope2
        response1, response2 = level1 + trend1, level2 + trend2
        on_the_way[t, 0], on_the_way[t, 1] = response1, response2
        s11, s12, s22 = s11 + response1 * response1, s12 + response1 * response2, s22 + response2 * response2
        level1, slope1 = response1 - alpha * response1, trend1 - beta * response1
        level2, slope2 = response2 - alpha * response2, trend2 - beta * response2
        if t + 1 in lengths:
            ends[t + 1] = np.array([s11, s12, s22]), np.array([level1, slope1, level2, slope2])
    return Ways(on_the_way, ends)


def _room(lengths: Sequence[int], rows: int, G: int, one_step: Mapping[int, FloatArray], ways: Ways) -> Passed:
    """Make room for what a pass finds; what it does not have to find is there."""
    L = len(lengths)
    n = lengths[-1] if not one_step else len(next(iter(one_step.values())))
    return Passed(
        places={length: i for i, length in enumerate(lengths)},
        squares=np.array([ways.ends[length][0] for length in lengths]),
        products=np.empty((L, 2, rows, G)),
        errors=np.empty((L, rows, G)),
        states=np.empty((L, 2, rows, G)),
        responses=np.array([ways.ends[length][1] for length in lengths]),
        one_step=one_step,
        on_the_way=ways.on_the_way[:n],
    )


def smooth(form: Form, x: FloatArray, passed: Passed, origins: Origins, h: int, sets: Grid = GRID) -> Smoothed:
    """Average one form's sets at each origin, the first of them first. x: (rows, n), the rows that were passed over."""
    member = np.flatnonzero(_members(form, sets))
    lengths, rows = np.array([length for length, _ in origins]), np.array([row for _, row in origins])
    at = np.array([passed.places[length] for length in lengths])
    weights, sigma2, level0, slope0 = _weighted(form, x, passed, (at, lengths, rows), member, sets)
    responses = passed.responses[at][:, :, member]
    level = passed.states[at, 0, rows][:, member] + level0 * responses[:, 0] + slope0 * responses[:, 2]
    slope = passed.states[at, 1, rows][:, member] + level0 * responses[:, 1] + slope0 * responses[:, 3]
    cumulated = np.cumsum(sets.phi[member, None] ** np.arange(1, h + 1), axis=1)
    means = (weights * level).sum(axis=1)[:, None] + np.einsum("og,gh->oh", weights * slope, cumulated)
    sigmas = np.sqrt((weights * sigma2).sum(axis=1))
    psi = np.r_[1.0, weights[0] @ sets.alpha[member] + (weights[0] * sets.beta[member]) @ cumulated[:, : h - 1]]
    names = {"alpha": sets.alpha, "beta": sets.beta, "phi": sets.phi}
    parameters = {name: float(values[member] @ weights[0]) for name, values in names.items()}
    whole = np.zeros((3, len(sets.alpha)))
    whole[:, member] = weights[0], level0[0], slope0[0]
    return Smoothed(means, sigmas, psi, parameters, whole[0], (whole[1], whole[2]))


def fitted(passed: Passed, row: int, smoothed: Smoothed) -> FloatArray:
    """Return the one-step forecasts of a row, (n,), by the weights and starts of the first origin."""
    weights, (level, slope) = smoothed.weights, smoothed.start
    used = np.flatnonzero(weights > 1e-4)
    shares = weights[used] / weights[used].sum()
    way = passed.on_the_way[:, :, used]
    one_step: FloatArray = passed.one_step[row][:, used] @ shares
    return one_step + way[:, 0] @ (shares * level[used]) + way[:, 1] @ (shares * slope[used])


def _members(form: Form, sets: Grid) -> BoolArray:
    member: BoolArray = (sets.phi >= form.phi[0]) & (sets.phi <= form.phi[1]) & (sets.ratio <= form.ratio)
    return member


def _weighted(
    form: Form, x: FloatArray, passed: Passed, picked: tuple[IntArray, IntArray, IntArray], member: IntArray, sets: Grid
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Find each set's start by (ridge) least squares; weigh the sets by likelihood and prior. All are (origins, sets)."""
    at, lengths, rows = picked
    n = lengths[:, None]
    s11, s12, s22 = (passed.squares[at, i][:, member] for i in range(3))
    c1, c2 = (passed.products[at, i, rows][:, member] for i in range(2))
    errors = passed.errors[at, rows][:, member]
    if form.drift:
        change = (x[rows, lengths - 1] - x[rows, 0]) / np.maximum(lengths - 1, 1)
        slope0 = np.array(form.drift)[:, None, None] * np.broadcast_to(change[:, None], s11.shape)
        level0 = (c1 - slope0 * s12) / s11
        squares = errors - 2 * slope0 * c2 + slope0**2 * s22 - level0**2 * s11
        log_determinant = np.zeros(1)
    else:
        prior = _trends(x, rows, lengths)[:, None]
        d2, e2 = s22 + START_WEIGHT, c2 + START_WEIGHT * prior
        determinant = s11 * d2 - s12**2
        level0, slope0 = ((d2 * c1 - s12 * e2) / determinant)[None], ((s11 * e2 - s12 * c1) / determinant)[None]
        squares = (errors + START_WEIGHT * prior**2)[None] - level0 * c1 - slope0 * e2
        log_determinant = np.log(determinant)
    floor = 1e-16 * np.cumsum(x**2, axis=1)[rows, lengths - 1][:, None] + np.finfo(float).tiny
    squares = np.maximum(squares, floor)
    log_weight = -n / 2 * np.log(squares) - log_determinant / 2 - form.distrust * sets.ratio[member]
    weights = np.exp(log_weight - log_weight.max(axis=(0, 2), keepdims=True))  # (drifts, origins, sets)
    weights /= weights.sum(axis=(0, 2), keepdims=True)
    of_sets = weights.sum(axis=0)
    shares = np.divide(weights, of_sets, out=np.full_like(weights, 1 / len(weights)), where=of_sets > 0)
    sigma2, level0, slope0 = ((shares * each).sum(axis=0) for each in (squares / np.maximum(n - 2, 1), level0, slope0))
    return of_sets, sigma2, level0, slope0


def _trends(x: FloatArray, rows: IntArray, lengths: IntArray) -> FloatArray:
    """Return the least-squares slopes of rows cut at lengths, (origins,); 0 of a single value."""
    start = x[:, :1]  # taken off, so that a high level costs no digits
    sums = np.cumsum(x - start, axis=1)[rows, lengths - 1]
    products = np.cumsum((x - start) * np.arange(x.shape[1]), axis=1)[rows, lengths - 1]
    spread = lengths * (lengths**2 - 1.0) / 12
    slopes: FloatArray = (products - (lengths - 1) / 2 * sums) / np.maximum(spread, 1.0)
    return slopes
