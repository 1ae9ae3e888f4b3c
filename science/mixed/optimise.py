"""Minimise the criterion over theta: BFGS from the expected information, then Newton's steps if the gradient wants them.

theta is free of bounds: the criterion does not change with the sign of a column of Lambda, so a variance of zero is an
inner point, though always a stationary one. Whether it is a minimum is tested at the end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np

from science.deadline import Deadline
from science.mixed.criterion import Criterion, Evaluation
from science.mixed.descent import FLAT, ROUNDING, Point, descend
from science.mixed.information import inverse_information
from science.mixed.moments import moments
from science.mixed.theta import Pattern
from science.table import FloatArray, IntArray

MOST_RESTARTS = 3
NEGLIGIBLE = 1e-8  # a decrease of the criterion that a Newton step promises and nobody could see
VANISHED = 1e-4  # a diagonal entry of Lambda below is zero, as in lme4's isSingular
PROBE = 1e-3  # how far from zero the one-sided derivative in a variance is taken
RETURN = 0.3  # where a search goes on that had stopped at a zero which is no minimum
POLISHING = 3  # Newton steps at most


@dataclass(frozen=True)
class Optimum:
    """Where the search ended. The diagonals of Lambda are not negative."""

    point: Point
    converged: bool
    evaluations: int
    inverse_hessian: FloatArray  # of the search: a scale for each entry of theta, no more


class Explorer(Protocol):
    """A criterion of theta, and perhaps of more, that can be searched."""

    @property
    def pattern(self) -> Pattern: ...

    @property
    def evaluations(self) -> int: ...

    def evaluate(self, theta: FloatArray) -> Any | None: ...

    def point(self, evaluation: Any) -> Point: ...

    def visit(self, point: Point) -> None: ...


@dataclass
class Search:
    """The criterion of a linear model under a deadline, counting evaluations."""

    criterion: Criterion
    deadline: Deadline
    evaluations: int = 0
    trace: list[Evaluation] = field(default_factory=list)

    @property
    def pattern(self) -> Pattern:
        return self.criterion.pattern

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

    def visit(self, point: Point) -> None:
        """Keep what the trace tells; the factor would be large."""
        self.trace.append(replace(point.evaluation, factor=None))

    def curvature(self, theta: FloatArray) -> FloatArray:
        """Guess the inverse Hessian."""
        criterion = self.criterion
        return inverse_information(criterion.pattern, criterion.system.own_blocks(), criterion.degrees, theta)


def minimise(search: Search, start: FloatArray | None = None) -> Optimum:
    """Find theta from `start` (moments when None). Raises DeadlineExceeded; never asks for more than a bounded work."""
    return explore(search, moments(search.criterion) if start is None else start, search.curvature)


def explore(search: Explorer, start: FloatArray, curvature: Callable[[FloatArray], FloatArray]) -> Optimum:
    """Go down from `start`, and on from every zero that is no minimum. curvature: an inverse Hessian to begin with."""
    point = point_at(search, start)
    for _ in range(MOST_RESTARTS):
        search.visit(point)
        point, W = descend(search, point, curvature(point.theta), search.visit, curvature)
        point = _snapped(search, _with_positive_diagonals(search, point))
        way_out = _way_out(search, point)
        if way_out is None:
            break
        point = way_out
    promised = 0.5 * float(point.gradient @ W @ point.gradient)
    if not point.flat:
        point = _polished(search, point)
    return Optimum(point, point.flat or promised <= NEGLIGIBLE, search.evaluations, W)


def point_at(search: Explorer, theta: FloatArray) -> Point:
    """Evaluate where a criterion is known to exist. Raises LinAlgError if it does not."""
    evaluation = search.evaluate(theta)
    if evaluation is None:
        raise np.linalg.LinAlgError("the criterion does not exist here")
    return search.point(evaluation)


def hessian(search: Explorer, optimum: Point, free: IntArray, steps: FloatArray) -> FloatArray:
    """Return the Hessian over the free entries of theta, by central differences of the gradient."""
    columns = []
    for entry, step in zip(free, steps, strict=True):
        move = np.zeros(len(optimum.theta))
        move[entry] = step
        ahead, behind = point_at(search, optimum.theta + move), point_at(search, optimum.theta - move)
        columns.append((ahead.gradient - behind.gradient)[free] / (2.0 * step))
    H = np.array(columns).reshape(len(free), len(free))
    symmetric: FloatArray = 0.5 * (H + H.T)
    return symmetric


def _with_positive_diagonals(search: Explorer, point: Point) -> Point:
    heads = search.pattern.heads
    signs = np.ones(len(point.theta))
    signs[: len(heads)] = np.where(point.theta[heads] < 0.0, -1.0, 1.0)
    if (signs > 0.0).all():
        return point
    return point_at(search, signs * point.theta)


def _diagonals(search: Explorer, theta: FloatArray) -> IntArray:
    """Return the entries of theta that are vanished diagonals."""
    heads = search.pattern.heads
    return np.unique(heads[np.abs(theta[heads]) < VANISHED])


def _snapped(search: Explorer, point: Point) -> Point:
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


def _way_out(search: Explorer, point: Point) -> Point | None:
    """Return a better point beside a zero that is no minimum: where the derivative in the variance is negative."""
    for entry in _diagonals(search, point.theta):
        theta = point.theta.copy()
        theta[entry] = PROBE
        beside = point_at(search, theta)
        if beside.gradient[entry] < -FLAT and beside.value < point.value - ROUNDING * abs(point.value):
            theta[entry] = RETURN
            further = point_at(search, theta)
            return further if further.value < point.value else beside
    return None


def _polished(search: Explorer, point: Point) -> Point:
    """Take Newton steps while they bring the gradient down."""
    for _ in range(POLISHING):
        free = np.flatnonzero(point.theta)
        H = hessian(search, point, free, np.full(len(free), PROBE) * np.maximum(np.abs(point.theta[free]), PROBE))
        step = np.zeros(len(point.theta))
        step[free] = np.linalg.lstsq(H, point.gradient[free], rcond=1e-10)[0]
        evaluation = search.evaluate(point.theta - step)
        if evaluation is None or evaluation.value > point.value + NEGLIGIBLE:
            return point
        following = search.point(evaluation)
        if following.steepest >= point.steepest:
            return point
        point = following
        if point.flat:
            return point
    return point
