"""Maximum likelihood for seasonal ARMA: exact, as a problem of least squares, and from several starts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from science.deadline import Deadline
from science.forecast.banded import process
from science.forecast.likelihood import Profile, Sample, deviations, profile, quick_length
from science.forecast.minimum import IMPOSSIBLE, bounded, minimum
from science.forecast.orders import Orders
from science.forecast.starts import quick_starts, starts
from science.table import FloatArray

FINE, COARSE, ROUGH = 1e-12, 1e-6, 1e-4  # of the sum of squares, left to gain: for digits, for an order, for a choice of starts
CLIMBED = 2  # of the starts of a sketch
SMALL = 20_000  # numbers of a sample with many gaps that is climbed whole from every start all the same: a second
STEP = 1e-4  # of the second differences for standard errors
SEARCHED, CLIMBED_LAST = 16, 4  # times the coefficients squared: evaluations of a search from all starts, and of its last climb
SHORT_ROWS = 200  # numbers, that a step along a band takes beside those of the band: LAPACK is slow on narrow ones


@dataclass(frozen=True)
class Estimate:
    """Coefficients of an ARMA and the likelihood there."""

    orders: Orders
    coefficients: FloatArray  # named by orders.names
    profile: Profile
    converged: bool


def reach(orders: Orders) -> int:
    """Return how many values back the coefficients reach: max(p, q) of the whole polynomials."""
    return max(orders.p + orders.P * orders.season, orders.q + orders.Q * orders.season)


def work(orders: Orders, length: int, columns: int) -> float:
    """Return about how many multiplications estimate() and standard_errors() take of a sample.

    columns: of its regressors, and the number, or the bandwidth, of its gaps.
    """
    m, count = float(reach(orders)), orders.count
    autoregressive = float(orders.p + orders.P * orders.season)
    each = m * (m + SHORT_ROWS)  # value, of one evaluation
    searched = SEARCHED * (count + 1) ** 2
    last = CLIMBED_LAST * (count + 1) ** 2 + 2 * count * (count + 1)
    whole = last * length * (each + float(columns) ** 2)
    return whole + searched * quick_length(length, reach(orders)) * each + (searched + last) * autoregressive**3


def at(orders: Orders, coefficients: FloatArray, sample: Sample) -> Profile | None:
    """Evaluate the likelihood at given coefficients; None where the AR part is not stationary."""
    phi, theta = orders.polynomials(coefficients)
    found = process(phi, theta, len(sample.w))
    return profile(found, sample) if found else None


def estimate(orders: Orders, sample: Sample, deadline: Deadline, *, also: Sequence[FloatArray] = ()) -> Estimate:
    """Maximise the exact likelihood: the highest peak that is found from several starts, and from those coefficients.

    Each is climbed twice, once within the invertible coefficients and once with none but stationarity to mind: the two ways
    end on different peaks now and then. What is dear is climbed on a shortened sample first. Raises DeadlineExceeded.
    """
    short = sample.shortened(reach(orders))
    residuals = _residuals(orders, short, deadline)
    tried = (*starts(orders, short), *also) if orders.count else ()
    peaks = [_climbed(orders, residuals, start, COARSE, within=within)[0] for start in tried for within in (False, True)]
    whole = _residuals(orders, sample, deadline)
    if short is not sample and sample.columns.size <= SMALL:  # what was filled for the search may have hidden a peak
        peaks += [_climbed(orders, whole, start, COARSE, within=False)[0] for start in tried]
    return _at_peak(orders, sample, whole, [*peaks, *also], FINE)


def sketch(orders: Orders, sample: Sample, deadline: Deadline, *, also: Sequence[FloatArray] = ()) -> Estimate:
    """Come near the maximum: enough to compare orders, at a fraction of the time. Raises DeadlineExceeded."""
    residuals = _residuals(orders, sample, deadline)
    tried = (*quick_starts(orders, sample), *also) if orders.count else ()
    highest = sorted(tried, key=lambda one: _squares(residuals(one)))[:CLIMBED]
    peaks = [_climbed(orders, residuals, start, ROUGH, within=False)[0] for start in highest]
    return _at_peak(orders, sample, residuals, peaks, COARSE)


def _at_peak(
    orders: Orders,
    sample: Sample,
    residuals: Callable[[FloatArray], FloatArray],
    tried: Sequence[FloatArray],
    tolerance: float,
) -> Estimate:
    """Climb from the best of what was tried."""
    coefficients, converged = np.zeros(0), True
    if orders.count:
        best = min(tried, key=lambda one: _squares(residuals(one)))
        coefficients, converged = _climbed(orders, residuals, best, tolerance, within=False)
        if _squares(residuals(coefficients)) > _squares(residuals(best)):
            coefficients = best  # on the edge of what is stationary, where a step inwards is a step down
    found = at(orders, coefficients, sample)
    if found is None:  # without noise the peak is on the unit circle, where rounding decides; white noise can always be evaluated
        return _at_peak(orders, sample, residuals, [np.zeros(orders.count)], tolerance)
    return Estimate(orders, coefficients, found, converged)


def _residuals(orders: Orders, sample: Sample, deadline: Deadline) -> Callable[[FloatArray], FloatArray]:
    """Make the function of the coefficients whose sum of squares is least where the likelihood is highest."""
    impossible = np.full(len(sample.w), IMPOSSIBLE)

    def residuals(coefficients: FloatArray) -> FloatArray:
        deadline.check()
        found = process(*orders.polynomials(coefficients), len(sample.w))
        try:
            return bounded(deviations(found, sample)) if found else impossible
        except np.linalg.LinAlgError:  # so near the unit circle nothing tells a missing value
            return impossible

    return residuals


def _climbed(
    orders: Orders, residuals: Callable[[FloatArray], FloatArray], start: FloatArray, tolerance: float, *, within: bool
) -> tuple[FloatArray, bool]:
    mapped, free = (orders.regular, orders.regular_free) if within else (orders.stationary, orders.free)
    found, converged = minimum(lambda parameters: residuals(mapped(parameters)), free(start), tolerance)
    return orders.invertible(mapped(found)), converged


def _squares(residuals: FloatArray) -> float:
    return float(residuals @ residuals)


def standard_errors(found: Estimate, sample: Sample, deadline: Deadline) -> FloatArray:
    """Return the coefficients' standard errors from the curvature of the likelihood; NaN where it has none.

    Raises DeadlineExceeded.
    """
    count = found.orders.count
    steps = np.eye(count) * STEP

    def value(offset: FloatArray) -> float:
        deadline.check()
        try:
            moved = at(found.orders, found.coefficients + offset, sample)
        except np.linalg.LinAlgError:
            return np.nan
        return moved.log_likelihood if moved else np.nan

    curvature = np.empty((count, count))
    for i in range(count):
        for j in range(i + 1):
            a, b = steps[i], steps[j]
            curvature[i, j] = curvature[j, i] = -(value(a + b) - value(a - b) - value(b - a) + value(-a - b)) / (4 * STEP**2)
    if not np.all(np.isfinite(curvature)) or (count and np.linalg.eigvalsh(curvature)[0] <= 0):
        return np.full(count, np.nan)
    errors: FloatArray = np.sqrt(np.diag(np.linalg.solve(curvature, np.eye(count))))
    return errors
