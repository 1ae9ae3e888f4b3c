"""One pass of exponential smoothing over many series, cut at many origins, for every set of parameters of a grid."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from science.deadline import Deadline
from science.table import FloatArray, IntArray

ALPHA = (0.02, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 1.0)
RATIO = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4)  # beta / alpha
PHI = (0.8, 0.87, 0.92, 0.96, 0.98, 1.0)
SHORT = 256  # values, up to which what only the grid decides is kept
BLOCK = 32  # values whose errors are kept until they are summed: of ten rows just below gunicorn.conf's M_MMAP_THRESHOLD
START_WEIGHT = 30.0  # of the trend of the whole series as a prior of the first slope, in observations of it


@dataclass(frozen=True)
class Grid:
    """Every parameter set. alpha, beta, phi, ratio: (G,)."""

    alpha: FloatArray
    beta: FloatArray
    phi: FloatArray
    ratio: FloatArray


def grid() -> Grid:
    """Lay out the parameter sets; those of a form are neighbours."""
    phi, ratio, alpha = (axis.reshape(-1) for axis in np.meshgrid(PHI, RATIO, ALPHA, indexing="ij"))
    return Grid(alpha, alpha * ratio, phi, ratio)


GRID = grid()


@dataclass(frozen=True)
class Cuts:
    """Where rows are cut, and what no set has a part in. All are (origins,)."""

    length: IntArray
    row: IntArray
    change: FloatArray  # the mean one
    trend: FloatArray  # the slope by least squares
    floor: FloatArray  # the least that a sum of squared errors can be told from nothing

    def of(self, origins: slice) -> Cuts:
        length, row = self.length[origins], self.row[origins]
        return Cuts(length, row, self.change[origins], self.trend[origins], self.floor[origins])


@dataclass(frozen=True)
class Passed:
    """Sums and states after each of O origins, per set; and what was said on the way."""

    cuts: Cuts
    ends: Ends  # of the responses to the start
    products: FloatArray  # (2, O, G) of errors and responses
    errors: FloatArray  # (O, G) sum of squared errors from a start of zero
    states: FloatArray  # (2, O, G) level, slope
    one_step: Mapping[int, FloatArray]  # (n, G) from a start of zero, of the rows asked for
    on_the_way: FloatArray  # (n, 2, G) responses of the one-step forecasts to level and slope of the start


def passes(
    x: FloatArray, origins: Sequence[tuple[int, int]], deadline: Deadline, sets: Grid = GRID, told: Sequence[int] = (0,)
) -> Passed:
    """Run every set over every row of x, (rows, n); keep what is known at each origin, and the way of `told` rows.

    An origin is a length, and the row that is cut there. Raises DeadlineExceeded.
    """
    n, shape = x.shape[1], (len(x), len(sets.alpha))
    columns = np.ascontiguousarray(x.T)[:, :, None]
    gains, phi = np.empty((2, *shape)), np.empty(shape)  # whole: to stretch them at each step takes twice the time
    gains[0], gains[1], phi[:] = sets.alpha, sets.beta, sets.phi
    states, moved, errors = np.zeros((2, *shape)), np.empty((2, *shape)), np.empty((BLOCK, *shape))
    level, slope = states
    squares, products = np.zeros(shape), np.zeros((2, *shape))
    passed = _room(x, origins, sets, told)
    for first, last in _blocks(passed.cuts.length, n):
        deadline.check()
        block, ways = errors[: last - first], passed.on_the_way[first:last]
        for value, error in zip(columns[first:last], block, strict=True):
            slope *= phi
            level += slope
            np.subtract(value, level, out=error)
            states += np.multiply(gains, error, out=moved)
        squares += np.einsum("trg,trg->rg", block, block)
        products += np.einsum("trg,tjg->jrg", block, ways)
        for row, one_step in passed.one_step.items():
            np.subtract(x[row, first:last, None], block[:, row], out=one_step[first:last])
        for at in np.flatnonzero(passed.cuts.length == last):
            row = passed.cuts.row[at]
            passed.products[:, at], passed.errors[at], passed.states[:, at] = products[:, row], squares[row], states[:, row]
    return passed


def _blocks(lengths: IntArray, n: int) -> Iterator[tuple[int, int]]:
    """Part n values into blocks that end at least where a row is cut."""
    ends = sorted({*range(BLOCK, n, BLOCK), *lengths.tolist(), n})
    return zip([0, *ends], ends, strict=False)


@dataclass(frozen=True)
class Ends:
    """What a unit of level or of slope at the start has done after so many values, per set: no series has a part in it."""

    squares: FloatArray  # (lengths, 3, G) sums of squared responses: 11, 12, 22
    log_determinant: FloatArray  # (lengths, G) of those sums, with START_WEIGHT on the slope
    responses: FloatArray  # (lengths, 4, G) of level and slope to each start

    def at(self, places: IntArray) -> Ends:
        return Ends(self.squares[places], self.log_determinant[places], self.responses[places])

    def of(self, origins: slice, sets: slice) -> Ends:
        return Ends(self.squares[origins, :, sets], self.log_determinant[origins, sets], self.responses[origins, :, sets])


@dataclass(frozen=True)
class Ways:
    """What a unit of level or of slope at the start does to each one-step forecast, (n, 2, G), and after each of the lengths."""

    on_the_way: FloatArray
    ends: Ends


@cache
def _ways_of_short() -> Ways:
    """Keep those of the grid for series that are not long: 7 MB."""
    return _ways(GRID, SHORT, range(1, SHORT + 1))


def _ways(sets: Grid, n: int, lengths: Collection[int]) -> Ways:
    alpha, beta, phi = sets.alpha, sets.beta, sets.phi
    G = len(alpha)
    level1, slope1, level2, slope2 = np.ones(G), np.zeros(G), np.zeros(G), np.ones(G)
    s11, s12, s22 = (np.zeros(G) for _ in range(3))
    on_the_way = np.empty((n, 2, G))
    squares, responses = np.empty((len(lengths), 3, G)), np.empty((len(lengths), 4, G))
    at = 0
    for t in range(n):
        trend1, trend2 = phi * slope1, phi * slope2
        response1, response2 = level1 + trend1, level2 + trend2
        on_the_way[t, 0], on_the_way[t, 1] = response1, response2
        s11, s12, s22 = s11 + response1 * response1, s12 + response1 * response2, s22 + response2 * response2
        level1, slope1 = response1 - alpha * response1, trend1 - beta * response1
        level2, slope2 = response2 - alpha * response2, trend2 - beta * response2
        if t + 1 in lengths:
            squares[at], responses[at] = (s11, s12, s22), (level1, slope1, level2, slope2)
            at += 1
    determinant = squares[:, 0] * (squares[:, 2] + START_WEIGHT) - squares[:, 1] ** 2
    return Ways(on_the_way, Ends(squares, np.log(determinant), responses))


def _room(x: FloatArray, origins: Sequence[tuple[int, int]], sets: Grid, told: Sequence[int]) -> Passed:
    """Make room for what a pass finds; what it does not have to find is there."""
    n, size = x.shape[1], (len(origins), len(sets.alpha))
    cuts = _cuts(x, origins)
    if sets is GRID and n <= SHORT:
        ways, places = _ways_of_short(), cuts.length - 1
    else:
        lengths = np.unique(cuts.length)
        ways, places = _ways(sets, n, lengths.tolist()), np.searchsorted(lengths, cuts.length)
    return Passed(
        cuts=cuts,
        ends=ways.ends.at(places),
        products=np.empty((2, *size)),
        errors=np.empty(size),
        states=np.empty((2, *size)),
        one_step={row: np.empty((n, size[1])) for row in told},
        on_the_way=ways.on_the_way[:n],
    )


def _cuts(x: FloatArray, origins: Sequence[tuple[int, int]]) -> Cuts:
    length, row = np.array(origins).T
    last = length - 1
    change = (x[row, last] - x[row, 0]) / np.maximum(last, 1)
    floor = 1e-16 * np.cumsum(x**2, axis=1)[row, last] + np.finfo(float).tiny
    return Cuts(length, row, change, _trends(x, row, length), floor)


def _trends(x: FloatArray, rows: IntArray, lengths: IntArray) -> FloatArray:
    """Return the least-squares slopes of rows cut at lengths, (origins,); 0 of a single value."""
    start = x[:, :1]  # taken off, so that a high level costs no digits
    sums = np.cumsum(x - start, axis=1)[rows, lengths - 1]
    products = np.cumsum((x - start) * np.arange(x.shape[1]), axis=1)[rows, lengths - 1]
    spread = lengths * (lengths**2 - 1.0) / 12
    slopes: FloatArray = (products - (lengths - 1) / 2 * sums) / np.maximum(spread, 1.0)
    return slopes
