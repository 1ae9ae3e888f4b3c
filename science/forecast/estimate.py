"""Maximum likelihood for seasonal ARMA: exact, started from conditional least squares, as R's arima(method = "CSS-ML")."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.signal import lfilter

from science.deadline import Deadline
from science.forecast.banded import process
from science.forecast.likelihood import Profile, Sample, profile
from science.forecast.orders import Orders
from science.table import FloatArray

IMPOSSIBLE = 1e10  # stands for minus the likelihood of coefficients that no process has
FINE, COARSE = 1e-6, 1e-3  # of the gradient per value: the first gives digits, the second an order and a start
STEP = 1e-4  # of the second differences for standard errors


@dataclass(frozen=True)
class Estimate:
    """Coefficients of an ARMA and the likelihood there."""

    orders: Orders
    coefficients: FloatArray  # named by orders.names
    profile: Profile
    converged: bool


def at(orders: Orders, coefficients: FloatArray, sample: Sample) -> Profile | None:
    """Evaluate the likelihood at given coefficients; None where the AR part is not stationary."""
    phi, theta = orders.polynomials(coefficients)
    found = process(phi, theta, len(sample.w))
    return profile(found, sample) if found else None


def estimate(
    orders: Orders, sample: Sample, deadline: Deadline, *, start: FloatArray | None = None, tolerance: float = FINE
) -> Estimate:
    """Maximise the exact likelihood, from coefficients already found or from CSS. Raises DeadlineExceeded."""
    if not orders.count:
        found = at(orders, np.zeros(0), sample)
        assert found is not None
        return Estimate(orders, np.zeros(0), found, True)

    def loss(free: FloatArray) -> float:
        deadline.check()
        found = at(orders, orders.stationary(free), sample)
        return -found.log_likelihood / sample.nobs if found and np.isfinite(found.log_likelihood) else IMPOSSIBLE

    starts = [np.zeros(orders.count), conditional(orders, sample)] if start is None else [orders.free(start)]
    free, converged = _minimum(loss, min(starts, key=loss), tolerance)
    coefficients = orders.invertible(orders.stationary(free))
    found = at(orders, coefficients, sample)
    assert found is not None
    return Estimate(orders, coefficients, found, converged)


def conditional(orders: Orders, sample: Sample) -> FloatArray:
    """Minimise the conditional sum of squares from zero; returns free parameters (see Orders.stationary)."""
    design = np.column_stack([sample.gaps, sample.X])
    w = sample.w - design @ np.linalg.lstsq(design, sample.w, rcond=None)[0] if design.size else sample.w
    lost = min(orders.p + orders.P * orders.season, len(w) // 2)

    def loss(free: FloatArray) -> float:
        phi, theta = orders.polynomials(orders.stationary(free))
        with np.errstate(over="ignore", invalid="ignore"):
            e = lfilter(np.r_[1.0, -phi], np.r_[1.0, theta], w)[lost:]
            squares = float(e @ e)
        return 0.5 * np.log(squares / len(e)) if 0 < squares < np.inf else IMPOSSIBLE

    free, _ = _minimum(loss, np.zeros(orders.count), COARSE)
    return orders.free(orders.invertible(orders.stationary(free)))


def standard_errors(found: Estimate, sample: Sample) -> FloatArray:
    """Return the coefficients' standard errors from the curvature of the likelihood; NaN where it has none."""
    count = found.orders.count
    steps = np.eye(count) * STEP

    def value(offset: FloatArray) -> float:
        moved = at(found.orders, found.coefficients + offset, sample)
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


def _minimum(loss: Callable[[FloatArray], float], start: FloatArray, tolerance: float) -> tuple[FloatArray, bool]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        found = minimize(loss, start, method="BFGS", options={"gtol": tolerance, "maxiter": 100})
    return found.x, bool(found.success or np.max(np.abs(found.jac)) < 1e-4)
