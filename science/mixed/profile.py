"""Profile likelihood intervals of standard deviations, correlations, sigma and fixed effects, as lme4's profile (by ML).

One parameter is held, the criterion minimised over all others; zeta is the signed root of the increase.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import optimize, special

from errors import InvalidInput
from science.deadline import Deadline
from science.limits import Limits
from science.mixed.compare import likelihood_of
from science.mixed.coordinates import held_parameters
from science.mixed.descent import Point, descend
from science.mixed.fit import Analysis, analyse_model
from science.mixed.generalized import GeneralizedAnalysis
from science.mixed.held import Surface, surface_of
from science.mixed.held_generalized import GeneralizedSurface, generalized_surface_of
from science.mixed.parameters import names_of, values_of
from science.table import FloatArray

ENDLESS = ("no_residual", "extreme_fit")  # warnings of fits whose criterion falls without end

AnySurface = Surface | GeneralizedSurface

STRIDE = 0.5  # of zeta, between two points of a profile
BEYOND = 1.1  # times the quantile, where a profile ends
MOST_POINTS = 60  # on one side
NEGLIGIBLE = 1e-8  # of the criterion: zeta of 2 is then right to 3e-9
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


def profile(analysis: Analysis | GeneralizedAnalysis, limits: Limits, deadline: Deadline) -> Profile:
    """Profile every parameter of a model, by ML whatever it was fitted by. Raises InvalidInput for given variances."""
    spec, kept = analysis.fit.spec, analysis.fit
    if spec.variances is not None:
        raise InvalidInput("profiles are for estimated variances; leave variances out", field="intervals")
    if any(notice.code in ENDLESS for notice in kept.warnings):
        detail = (
            "the fit explains the response to the last: the criterion has no minimum inside the parameters' ranges to profile"
        )
        raise InvalidInput(detail, field="intervals")
    surfaces = _generalized_surfaces(analysis, deadline) if isinstance(analysis, GeneralizedAnalysis) else None
    if surfaces is None:
        assert isinstance(analysis, Analysis)
        if spec.method != "ml":
            analysis = analyse_model(likelihood_of(spec), analysis.model, limits, deadline)
        surfaces, kept = _surfaces(analysis, deadline), analysis.fit
    present = [place for place, name in enumerate(kept.fixed.terms) if name not in kept.fixed.aliased]
    sigma2 = None if kept.residual is None else kept.residual.variance
    best = values_of(kept.random, sigma2, kept.fixed.estimate[present])
    names = names_of(kept.random, [kept.fixed.terms[place] for place in present], sigma=sigma2 is not None)
    quantile = float(special.ndtri(0.5 + spec.level / 2.0))
    lows, highs, curves = [], [], []
    for surface, value in zip(surfaces, best, strict=True):
        low, left = _side(surface, -2.0 * kept.fit.log_lik, value, -1.0, quantile)
        high, right = _side(surface, -2.0 * kept.fit.log_lik, value, 1.0, quantile)
        lows.append(low)
        highs.append(high)
        curves.append(_curve(left, value, right))
    return Profile(names, best, np.array(lows), np.array(highs), tuple(curves))


def _surfaces(analysis: Analysis, deadline: Deadline) -> list[AnySurface]:
    estimate = analysis.solved.estimate
    parameters = held_parameters(estimate.criterion.pattern, len(estimate.beta), sigma=True)
    return [surface_of(held, estimate, deadline) for held in parameters]


def _generalized_surfaces(analysis: GeneralizedAnalysis, deadline: Deadline) -> list[AnySurface]:
    problem = analysis.problem
    parameters = held_parameters(problem.pattern, len(problem.columns.kept), sigma=False)
    return [generalized_surface_of(held, analysis, deadline) for held in parameters]


def _side(
    surface: AnySurface, least: float, best: float, sign: float, quantile: float
) -> tuple[float, list[tuple[float, float]]]:
    """Walk from the optimum until zeta is past the quantile. Returns the end of the interval and the points."""
    if not np.isfinite(best):
        return float("nan"), []
    climb = _Climb(surface, least, best, sign)
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

    def excess(value: float) -> float:
        return sign * climb.zeta(value) - quantile

    if not excess(inner) < 0.0 < excess(outer):  # on a rough criterion the way back is not the way there
        return float(np.interp(quantile, [abs(points[past - 1][1]), abs(points[past][1])], [inner, outer]))
    end: float = optimize.brentq(excess, inner, outer, xtol=tolerance, rtol=1e-12)
    return end


def _curve(left: list[tuple[float, float]], best: float, right: list[tuple[float, float]]) -> Curve:
    points = [*reversed(left), (best, 0.0), *right]
    values, zeta = np.array(points).T
    return Curve(values, zeta)


class _Climb:
    """One side of a profile: every minimisation starts where the last one ended."""

    def __init__(self, surface: AnySurface, least: float, best: float, sign: float) -> None:
        self.surface, self.least, self.best, self.sign = surface, least, best, sign
        self.position, self.W = surface.start, surface.curvature

    def zeta(self, value: float) -> float:
        if value == self.best:
            return 0.0
        landscape: Any = self.surface.at(value)  # either kind, with values of its own
        evaluation = landscape.evaluate(self.position)
        if evaluation is None:
            return self.sign * float("inf")
        start = Point(evaluation, landscape.point(evaluation).gradient)
        point, self.W = descend(landscape, start, self.W, enough=NEGLIGIBLE)
        self.position = point.theta
        return self.sign * float(np.sqrt(max(point.value - self.least, 0.0)))
