"""BFGS (Nocedal and Wright 2006, algorithm 6.1) with a backtracking line search, for any smooth criterion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from science.table import FloatArray

MOST_STEPS = 300
FLAT = 1e-6  # the gradient to reach
SUFFICIENT = 1e-4  # of the decrease that the slope promises (Armijo; section 3.1)
ROUNDING = 1e-13  # of the criterion: differences below are noise
SHORTEST = 1e-9  # of a step
RENEWALS = 3  # of 23 models with published fits, the fewest evaluations in total
CURVED = 1e-10  # the cosine of a step and its change of gradient that still updates the curvature


class Value(Protocol):
    """A criterion's value at theta, and whatever its gradient will need."""

    @property
    def theta(self) -> FloatArray: ...

    @property
    def value(self) -> float: ...


@dataclass(frozen=True)
class Point:
    """An evaluation with its gradient."""

    evaluation: Any  # what `evaluate` gave: only the criterion knows its type
    gradient: FloatArray

    @property
    def theta(self) -> FloatArray:
        theta: FloatArray = self.evaluation.theta
        return theta

    @property
    def value(self) -> float:
        return float(self.evaluation.value)

    @property
    def steepest(self) -> float:
        return float(np.abs(self.gradient).max(initial=0.0))

    @property
    def flat(self) -> bool:
        return self.steepest <= FLAT


class Landscape(Protocol):
    def evaluate(self, theta: FloatArray) -> Any | None:
        """Return a Value, or None where there is none."""

    def point(self, evaluation: Any) -> Point:
        """Add the gradient."""


def descend(
    landscape: Landscape,
    point: Point,
    W: FloatArray,
    visit: Callable[[Point], None] | None = None,
    renewed: Callable[[FloatArray], FloatArray] | None = None,
    enough: float = 0.0,
) -> tuple[Point, FloatArray]:
    """Go down from `point` with the inverse Hessian W until the gradient is flat or no step goes down any more.

    Returns where it stopped and W there. visit: called with every point on the way. renewed: an inverse Hessian from theory,
    taken for the first steps, which change too much for their differences to say much. enough: a decrease that is not worth
    another step.
    """
    for number in range(MOST_STEPS):
        direction = -W @ point.gradient
        if point.flat or -0.5 * float(direction @ point.gradient) < enough:
            break
        following = _along(landscape, point, direction)
        if following is None:
            break
        if renewed is not None and number < RENEWALS:
            W = renewed(following.theta)
        W = _updated(W, following.theta - point.theta, following.gradient - point.gradient)
        point = following
        if visit is not None:
            visit(point)
    return point, W


def _along(landscape: Landscape, point: Point, direction: FloatArray) -> Point | None:
    slope = float(point.gradient @ direction)
    noise = ROUNDING * abs(point.value)
    length = 1.0
    while length > SHORTEST:
        trial = landscape.evaluate(point.theta + length * direction)
        if trial is None:
            length *= 0.5
            continue
        excess = trial.value - point.value - length * slope
        if trial.value <= point.value + SUFFICIENT * length * slope + noise:
            return landscape.point(trial)
        length *= min(max(-0.5 * slope * length / excess, 0.1), 0.5)
    return None


def _updated(W: FloatArray, step: FloatArray, change: FloatArray) -> FloatArray:
    along = float(step @ change)
    if along <= CURVED * float(np.linalg.norm(step) * np.linalg.norm(change)):
        return W
    turned = W @ change
    pushed = step * (0.5 * (1.0 + float(change @ turned) / along) / along) - turned / along
    cross = step[:, None] * pushed
    updated: FloatArray = W + cross + cross.T
    return updated
