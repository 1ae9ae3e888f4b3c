"""Minimise the criterion over theta: BFGS from the expected information, then Newton's steps if the gradient wants them.

theta is free of bounds: the criterion does not change with the sign of a column of Lambda, so a variance of zero is an
inner point, though always a stationary one. Whether it is a minimum is tested at the end.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from science.deadline import Deadline
from science.mixed.criterion import Criterion, Evaluation
from science.mixed.information import inverse_information
from science.table import FloatArray, IntArray

MOST_STEPS = 300
MOST_RESTARTS = 3
FLAT = 1e-6  # the gradient to reach
NEGLIGIBLE = 1e-8  # a decrease of the criterion that a Newton step promises and nobody could see
SUFFICIENT = 1e-4  # of the decrease that the slope promises (Armijo; Nocedal and Wright 2006, section 3.1)
ROUNDING = 1e-13  # of the criterion: differences below are noise
SHORTEST = 1e-9  # of a step
CURVED = 1e-10  # the cosine of a step and its change of gradient that still updates the curvature
VANISHED = 1e-4  # a diagonal entry of Lambda below is zero, as in lme4's isSingular
PROBE = 1e-3  # how far from zero the one-sided derivative in a variance is taken
RETURN = 0.3  # where a search goes on that had stopped at a zero which is no minimum


@dataclass(frozen=True)
class Point:
    """An evaluation with its gradient."""

    evaluation: Evaluation
    gradient: FloatArray

    @property
    def theta(self) -> FloatArray:
        return self.evaluation.theta

    @property
    def value(self) -> float:
        return self.evaluation.value

    @property
    def flat(self) -> bool:
        return bool(np.abs(self.gradient).max(initial=0.0) <= FLAT)


@dataclass(frozen=True)
class Optimum:
    """Where the search ended. The diagonals of Lambda are not negative."""

    point: Point
    converged: bool
    evaluations: int
    inverse_hessian: FloatArray  # of the search: a scale for each entry of theta, no more


@dataclass
class Search:
    """The criterion under a deadline, counting evaluations."""

    criterion: Criterion
    deadline: Deadline
    evaluations: int = 0
    trace: list[Evaluation] = field(default_factory=list)

    def evaluate(self, theta: FloatArray) -> Evaluation | None:
        """Return None where rounding leaves no criterion."""
        self.deadline.check()
        self.evaluations += 1
        try:
            return self.criterion.at(theta)
        except np.linalg.LinAlgError:
            return None

    def point(self, evaluation: Evaluation) -> Point:
        return Point(evaluation, self.criterion.gradient(evaluation))

    def point_at(self, theta: FloatArray) -> Point:
        """Evaluate where a criterion is known to exist."""
        self.deadline.check()
        self.evaluations += 1
        return self.point(self.criterion.at(theta))


def light(evaluation: Evaluation) -> Evaluation:
    """Forget the factor of an evaluation: the trace would keep a large one for each step."""
    return replace(evaluation, factor=None)  # type: ignore[arg-type]


def minimise(search: Search, start: FloatArray | None = None) -> Optimum:
    """Find theta from `start` (the identity when None). Raises DeadlineExceeded; never asks for more than a bounded work."""
    pattern = search.criterion.pattern
    point = search.point_at(pattern.identity() if start is None else start)
    for _ in range(MOST_RESTARTS):
        point, W = _descend(search, point)
        point = _snapped(search, _with_positive_diagonals(search, point))
        way_out = _way_out(search, point)
        if way_out is None:
            break
        point = way_out
    if not point.flat:
        point = _polished(search, point)
    promised = 0.5 * float(point.gradient @ W @ point.gradient)
    return Optimum(point, point.flat or promised <= NEGLIGIBLE, search.evaluations, W)


def hessian(search: Search, optimum: Point, free: IntArray, steps: FloatArray) -> FloatArray:
    """Return the Hessian over the free entries of theta, by central differences of the gradient."""
    columns = []
    for entry, step in zip(free, steps, strict=True):
        move = np.zeros(len(optimum.theta))
        move[entry] = step
        ahead, behind = search.point_at(optimum.theta + move), search.point_at(optimum.theta - move)
        columns.append((ahead.gradient - behind.gradient)[free] / (2.0 * step))
    H = np.array(columns).reshape(len(free), len(free))
    symmetric: FloatArray = 0.5 * (H + H.T)
    return symmetric


def _descend(search: Search, point: Point) -> tuple[Point, FloatArray]:
    """BFGS (Nocedal and Wright 2006, algorithm 6.1) with a backtracking line search."""
    W = inverse_information(search.criterion, point.theta)
    search.trace.append(light(point.evaluation))
    for _ in range(MOST_STEPS):
        if point.flat:
            break
        following = _along(search, point, -W @ point.gradient)
        if following is None:
            break
        W = _updated(W, following.theta - point.theta, following.gradient - point.gradient)
        point = following
        search.trace.append(light(point.evaluation))
    return point, W


def _along(search: Search, point: Point, direction: FloatArray) -> Point | None:
    slope = float(point.gradient @ direction)
    noise = ROUNDING * abs(point.value)
    length = 1.0
    while length > SHORTEST:
        trial = search.evaluate(point.theta + length * direction)
        if trial is not None:
            excess = trial.value - point.value - length * slope
            if trial.value <= point.value + SUFFICIENT * length * slope + noise:
                return search.point(trial)
            length *= min(max(-0.5 * slope * length / excess, 0.1), 0.5)
        else:
            length *= 0.5
    return None


def _updated(W: FloatArray, step: FloatArray, change: FloatArray) -> FloatArray:
    along = float(step @ change)
    if along <= CURVED * float(np.linalg.norm(step) * np.linalg.norm(change)):
        return W
    A = np.eye(len(step)) - np.outer(step, change) / along
    updated: FloatArray = A @ W @ A.T + np.outer(step, step) / along
    return updated


def _with_positive_diagonals(search: Search, point: Point) -> Point:
    signs = np.ones(len(point.theta))
    for place in search.criterion.pattern.places:
        columns = np.triu_indices(place.size)[0]
        diagonal = point.theta[place.entries][_diagonal_entries(place.size)]
        signs[place.entries] = np.where(diagonal < 0.0, -1.0, 1.0)[columns]
    if (signs > 0.0).all():
        return point
    return search.point_at(signs * point.theta)


def _diagonal_entries(size: int) -> IntArray:
    rows, columns = np.triu_indices(size)
    return np.flatnonzero(rows == columns)


def _diagonals(search: Search, theta: FloatArray) -> IntArray:
    """Return the entries of theta that are vanished diagonals."""
    on_diagonal = search.criterion.pattern.diagonal() > 0.0
    return np.flatnonzero(on_diagonal & (np.abs(theta) < VANISHED))


def _snapped(search: Search, point: Point) -> Point:
    """Put what vanished to zero exactly, if that costs nothing."""
    vanished = _diagonals(search, point.theta)
    if not vanished.size or not point.theta[vanished].any():
        return point
    theta = point.theta.copy()
    theta[vanished] = 0.0
    at_zero = search.evaluate(theta)
    if at_zero is None or at_zero.value > point.value + NEGLIGIBLE:
        return point
    return search.point(at_zero)


def _way_out(search: Search, point: Point) -> Point | None:
    """Return a better point beside a zero that is no minimum: where the derivative in the variance is negative."""
    for entry in _diagonals(search, point.theta):
        theta = point.theta.copy()
        theta[entry] = PROBE
        beside = search.point_at(theta)
        if beside.gradient[entry] < -FLAT and beside.value < point.value - ROUNDING * abs(point.value):
            theta[entry] = RETURN
            further = search.point_at(theta)
            return further if further.value < point.value else beside
    return None


def _polished(search: Search, point: Point) -> Point:
    """Take Newton steps while they bring the gradient down."""
    for _ in range(3):
        free = np.flatnonzero(point.theta)
        H = hessian(search, point, free, np.full(len(free), PROBE) * np.maximum(np.abs(point.theta[free]), PROBE))
        step = np.zeros(len(point.theta))
        step[free] = np.linalg.lstsq(H, point.gradient[free], rcond=1e-10)[0]
        evaluation = search.evaluate(point.theta - step)
        if evaluation is None or evaluation.value > point.value + NEGLIGIBLE:
            return point
        following = search.point(evaluation)
        if np.abs(following.gradient).max() >= np.abs(point.gradient).max():
            return point
        point = following
        if point.flat:
            return point
    return point
