"""Profile likelihood intervals of standard deviations, correlations, sigma and fixed effects, as lme4's profile (by ML).

One parameter is held, the criterion minimised over all others; zeta is the signed root of the increase. The factor L of
each term's covariance is L = sigma Lambda, its rows free: a held standard deviation fixes a row's length, a held
correlation the direction of the second row once its two effects are put first. (The criterion depends on Lambda through
Lambda Lambda' alone, so rows may be in any order.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import optimize, special

from errors import InvalidInput
from science.deadline import Deadline
from science.limits import Limits
from science.mixed.bootstrap import parameter_names, parameters
from science.mixed.descent import Point, descend
from science.mixed.estimate import Estimate
from science.mixed.held import Surface, held_parameters, surface_of
from science.mixed.model import model_of
from science.mixed.solve import solve
from science.mixed.spec import Spec
from science.table import FloatArray, Table

STRIDE = 0.5  # of zeta, between two points of a profile
BEYOND = 1.1  # times the quantile, where a profile ends
MOST_POINTS = 60  # on one side
PRECISION = 1e-6  # of an interval's end, relative to the last stride


@dataclass(frozen=True)
class Curve:
    """The profile of one parameter: zeta (m,) at its values (m,), both ascending."""

    values: FloatArray
    zeta: FloatArray


@dataclass(frozen=True)
class Profile:
    """names: as of the bootstrap. A standard deviation whose profile meets zero has that as its lower end."""

    names: tuple[str, ...]
    estimate: FloatArray  # by ML
    conf_low: FloatArray
    conf_high: FloatArray
    curves: tuple[Curve, ...]


def profile(spec: Spec, table: Table, limits: Limits, deadline: Deadline) -> Profile:
    """Profile every parameter of the model of `spec`, refitted by ML. Raises InvalidInput for other families."""
    if spec.family != "gaussian" or spec.variances is not None:
        raise InvalidInput("profiles are for gaussian models with estimated variances", field="method")
    likelihood = Spec(spec.formula, method="ml", level=spec.level, df="none", missing=spec.missing, weights=spec.weights)
    model = model_of(likelihood, table, limits)
    solved = solve(likelihood, model, deadline)
    estimate = solved.estimate
    best = parameters(estimate, model.groupings)
    quantile = float(special.ndtri(0.5 + spec.level / 2.0))
    lows, highs, curves = [], [], []
    for held, value in zip(held_parameters(estimate), best, strict=True):
        surface = surface_of(held, estimate, deadline)
        low, left = _side(surface, estimate, value, -1.0, quantile)
        high, right = _side(surface, estimate, value, 1.0, quantile)
        lows.append(low)
        highs.append(high)
        curves.append(_curve(left, value, right))
    terms = [model.design.fixed.columns[column] for column in model.prepared.scaling.kept]
    names = (*parameter_names(estimate, model.groupings), *terms)
    return Profile(names, best, np.array(lows), np.array(highs), tuple(curves))


def _side(
    surface: Surface, estimate: Estimate, best: float, sign: float, quantile: float
) -> tuple[float, list[tuple[float, float]]]:
    """Walk from the optimum until zeta is past the quantile. Returns the end of the interval and the points."""
    if not np.isfinite(best):
        return float("nan"), []
    climb = _Climb(surface, estimate.evaluation.value, best, sign)
    points = [(best, 0.0)]
    step, bound = surface.stride(best), surface.held.bound(sign)
    while abs(points[-1][1]) < BEYOND * quantile and len(points) < MOST_POINTS:
        following = points[-1][0] + sign * step
        at_bound = sign * (following - bound) >= 0.0
        following = bound if at_bound else following
        points.append((following, climb.zeta(following)))
        gained = abs(points[-1][1] - points[-2][1])
        step *= float(np.clip(STRIDE / max(gained, 1e-3), 0.3, 3.0))
        if at_bound:
            break
    return _end(climb, points, sign, quantile, bound), points[1:]


def _end(climb: _Climb, points: Sequence[tuple[float, float]], sign: float, quantile: float, bound: float) -> float:
    past = next((number for number, (_, zeta) in enumerate(points) if abs(zeta) >= quantile), None)
    if past is None:
        return bound if points[-1][0] == bound else float("nan")
    inner, outer = points[past - 1][0], points[past][0]
    tolerance = PRECISION * max(abs(outer - inner), 1e-300)
    end: float = optimize.brentq(lambda value: sign * climb.zeta(value) - quantile, inner, outer, xtol=tolerance, rtol=1e-12)
    return end


def _curve(left: list[tuple[float, float]], best: float, right: list[tuple[float, float]]) -> Curve:
    points = [*reversed(left), (best, 0.0), *right]
    values, zeta = np.array(points).T
    return Curve(values, zeta)


class _Climb:
    """One side of a profile: every minimisation starts where the last one ended."""

    def __init__(self, surface: Surface, least: float, best: float, sign: float) -> None:
        self.surface, self.least, self.best, self.sign = surface, least, best, sign
        self.position, self.W = surface.start, surface.curvature

    def zeta(self, value: float) -> float:
        if value == self.best:
            return 0.0
        landscape = self.surface.at(value)
        evaluation = landscape.evaluate(self.position)
        if evaluation is None:
            return self.sign * float("inf")
        start = Point(evaluation, landscape.point(evaluation).gradient)
        point, self.W = descend(landscape, start, self.W)
        self.position = point.theta
        return self.sign * float(np.sqrt(max(point.value - self.least, 0.0)))
