"""-2 log likelihood of a generalized mixed model by Laplace's approximation, as a function of theta and beta.

At given (theta, beta) the modes u = Lambda v are found by penalised iteratively reweighted least squares (Bates et al.
2015, "glmer"); each step is the linear model's factorisation with weighted cross-products. The gradient takes the change
of the weights with the parameters into account, so it is that of the criterion itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse

from science.deadline import Deadline
from science.limits import Limits
from science.mixed.crossed import CrossedFactor, CrossedSystem, crossed_system, indicator
from science.mixed.descent import Point
from science.mixed.family import Family
from science.mixed.grouping import Grouping
from science.mixed.nested import NestedFactor, NestedSystem, nested_system
from science.mixed.theta import Pattern
from science.table import FloatArray

MOST_STEPS = 100  # of the inner iteration
SETTLED = 1e-9  # a step of the modes, of unit scale, that ends it: Newton's next one would be its square
ROUNDING = 1e-13  # of the penalised deviance: differences below are noise
HALVINGS = 30
LEAST_WEIGHT = 1e-14  # of a row: a fitted probability of 0 or 1 keeps its cross-products positive


@dataclass(frozen=True)
class Responses:
    """The rows of a generalized model. y: the mean of `weights` trials, or a count."""

    family: Family
    y: FloatArray  # (n,)
    X: FloatArray  # (n, p), scaled
    offset: FloatArray  # (n,)
    weights: FloatArray  # (n,)
    constant: float  # -2 times the part of the log likelihood that has no parameter
    groupings: tuple[Grouping, ...]
    Z: tuple[sparse.csr_matrix, ...]
    limits: Limits

    def deviance(self, eta: FloatArray) -> float:
        """Return -2 log likelihood (n rows) given the effects, without the constant."""
        return -2.0 * float(self.weights @ (self.y * eta - self.family.cumulant(eta)))

    def score(self, eta: FloatArray) -> FloatArray:
        score: FloatArray = self.weights * (self.y - self.family.mean(eta))
        return score

    def curvature(self, eta: FloatArray) -> FloatArray:
        """Return the weights of the working model (n,)."""
        return np.maximum(self.weights * self.family.variance(eta), LEAST_WEIGHT)

    def system(self, curvature: FloatArray, working: FloatArray) -> NestedSystem | CrossedSystem:
        """Gather the cross-products with these weights, the response Z' of which is Z'(working)."""
        root = np.sqrt(curvature)
        groupings = tuple(_weighted(grouping, root) for grouping in self.groupings)
        XY = (working / root)[:, None]
        return nested_system(groupings, XY) or crossed_system(groupings, XY, self.limits, streamed=True)


@dataclass(frozen=True)
class Mode:
    """Where the inner iteration ended."""

    theta: FloatArray  # of the outer search: theta, then beta
    value: float
    eta: FloatArray
    u: tuple[FloatArray, ...]  # (J, q) per factor
    v: tuple[FloatArray, ...]  # u = Lambda v
    lambdas: tuple[FloatArray, ...]
    system: NestedSystem | CrossedSystem
    factor: NestedFactor | CrossedFactor


@dataclass
class Laplace:
    """The criterion under a deadline; it remembers the last modes to start from."""

    responses: Responses
    pattern: Pattern
    deadline: Deadline
    evaluations: int = 0
    last: list[FloatArray] = field(default_factory=list)
    trace: list[tuple[FloatArray, float]] = field(default_factory=list)  # parameters and value

    def evaluate(self, parameters: FloatArray) -> Mode | None:
        self.evaluations += 1
        split = self.pattern.length
        return self.mode_at(parameters, self.pattern.lambdas(parameters[:split]), parameters[split:])

    def mode_at(self, parameters: FloatArray, lambdas: Sequence[FloatArray], beta: FloatArray) -> Mode | None:
        """Evaluate for any Lambda (q, q) of each factor; None where there is no criterion. parameters: what stands for them."""
        self.deadline.check()
        try:
            mode = self._mode(parameters, lambdas, self.responses.X @ beta + self.responses.offset)
        except np.linalg.LinAlgError:
            return None
        if mode is not None:
            self.last = list(mode.v)
        return mode

    def point(self, mode: Mode) -> Point:
        return Point(mode, self.gradient(mode))

    def visit(self, point: Point) -> None:
        self.trace.append((point.theta, point.value))

    def gradient(self, mode: Mode) -> FloatArray:
        """Return the gradient in (theta, beta)."""
        lambdas, beta = self.gradients(mode)
        return np.concatenate([self.pattern.collected(lambdas), beta])

    def gradients(self, mode: Mode) -> tuple[list[FloatArray], FloatArray]:
        """Return the gradients in each Lambda (q, q) and in beta."""
        responses, eta = self.responses, mode.eta
        score, curvature = responses.score(eta), responses.curvature(eta)
        change = _third(responses, eta) * self._leverage(mode)  # d log|K| / d eta
        a, b = self._solved(mode, change)
        total = change - curvature * self._effect(a)
        beta = -2.0 * (responses.X.T @ score) + responses.X.T @ total
        nothing = np.zeros((1, 1))
        direct = mode.system.gradient(mode.factor, nothing)  # type: ignore[arg-type]
        lambdas = []
        for Z, grouping, gradient, v, w in zip(responses.Z, responses.groupings, direct, mode.v, b, strict=True):
            shape = (len(grouping.levels), grouping.width)
            ZS, ZT = (Z.T @ score).reshape(shape), (Z.T @ total).reshape(shape)
            lambdas.append(gradient - 2.0 * ZS.T @ v + ZT.T @ v + ZS.T @ w)
        return lambdas, beta

    def _mode(self, parameters: FloatArray, lambdas: Sequence[FloatArray], fixed: FloatArray) -> Mode | None:
        responses = self.responses
        v = self.last or [np.zeros((len(g.levels), g.width)) for g in responses.groupings]
        eta, value = self._penalised(fixed, v, lambdas)
        if not np.isfinite(value):
            v = [np.zeros_like(one) for one in v]
            eta, value = self._penalised(fixed, v, lambdas)
        for _ in range(MOST_STEPS):
            self.deadline.check()
            curvature, score = responses.curvature(eta), responses.score(eta)
            system = responses.system(curvature, curvature * (eta - fixed) + score)
            factor = system.factorise(lambdas)
            u = system.effects(factor, np.zeros(0))  # type: ignore[arg-type]
            residual = score - curvature * (self._effect(u) - (eta - fixed))
            step = [
                (Z.T @ residual).reshape(one.shape) @ Lambda - one for Z, one, Lambda in zip(responses.Z, v, lambdas, strict=True)
            ]
            found = self._shortened(fixed, v, step, lambdas, value)
            if found is None:
                break
            v, eta, value = found
            if max(float(np.abs(one).max()) for one in step) <= SETTLED:
                break
        return self._finished(parameters, lambdas, fixed, v, eta, value)

    def _finished(
        self,
        parameters: FloatArray,
        lambdas: Sequence[FloatArray],
        fixed: FloatArray,
        v: list[FloatArray],
        eta: FloatArray,
        value: float,
    ) -> Mode | None:
        curvature = self.responses.curvature(eta)
        system = self.responses.system(curvature, curvature * (eta - fixed) + self.responses.score(eta))
        factor = system.factorise(lambdas)
        total = value + factor.log_determinant + self.responses.constant
        if not np.isfinite(total):
            return None
        u = tuple(one @ Lambda.T for one, Lambda in zip(v, lambdas, strict=True))
        return Mode(parameters, total, eta, u, tuple(v), tuple(lambdas), system, factor)

    def _penalised(self, fixed: FloatArray, v: Sequence[FloatArray], lambdas: Sequence[FloatArray]) -> tuple[FloatArray, float]:
        eta = fixed + self._effect([one @ Lambda.T for one, Lambda in zip(v, lambdas, strict=True)])
        return eta, self.responses.deviance(eta) + sum(float(np.sum(one**2)) for one in v)

    def _shortened(
        self,
        fixed: FloatArray,
        v: Sequence[FloatArray],
        step: Sequence[FloatArray],
        lambdas: Sequence[FloatArray],
        value: float,
    ) -> tuple[list[FloatArray], FloatArray, float] | None:
        length = 1.0
        for _ in range(HALVINGS):
            moved = [one + length * part for one, part in zip(v, step, strict=True)]
            eta, following = self._penalised(fixed, moved, lambdas)
            if following <= value + ROUNDING * abs(value):
                return moved, eta, following
            length *= 0.5
        return None

    def _effect(self, u: Sequence[FloatArray]) -> FloatArray:
        total = np.zeros(len(self.responses.y))
        for Z, one in zip(self.responses.Z, u, strict=True):
            total += Z @ one.reshape(-1)
        return total

    def _leverage(self, mode: Mode) -> FloatArray:
        """Return z'Lambda K^-1 Lambda'z for every row (n,)."""
        loadings = [Z.T.tocsr() for Z in self.responses.Z]
        return mode.system.quadratic(mode.factor, loadings, np.zeros((0, len(mode.eta))))  # type: ignore[arg-type]

    def _solved(self, mode: Mode, change: FloatArray) -> tuple[list[FloatArray], list[FloatArray]]:
        """Return a = Lambda b and b = K^-1 Lambda' Z' change per factor."""
        shapes = [one.shape for one in mode.v]
        ZC = [(Z.T @ change).reshape(shape) for Z, shape in zip(self.responses.Z, shapes, strict=True)]
        system = mode.system.with_response(ZC, np.array([float(change @ change)]))
        factor = system.factorise(mode.lambdas)
        a = system.effects(factor, np.zeros(0))  # type: ignore[arg-type]
        rest = change - self.responses.curvature(mode.eta) * self._effect(a)
        b = [
            (Z.T @ rest).reshape(shape) @ Lambda for Z, shape, Lambda in zip(self.responses.Z, shapes, mode.lambdas, strict=True)
        ]
        return a, b


def responses_of(
    family: Family,
    y: FloatArray,
    X: FloatArray,
    offset: FloatArray,
    weights: FloatArray,
    constant: float,
    groupings: tuple[Grouping, ...],
    limits: Limits,
) -> Responses:
    Z = tuple(indicator(grouping) for grouping in groupings)
    return Responses(family, y, X, offset, weights, constant, groupings, Z, limits)


def _weighted(grouping: Grouping, root: FloatArray) -> Grouping:
    Z = grouping.Z * root[:, None]
    return Grouping(grouping.group, grouping.names, grouping.sizes, grouping.codes, grouping.levels, Z)


def _third(responses: Responses, eta: FloatArray) -> FloatArray:
    """Return d curvature / d eta."""
    third: FloatArray = responses.weights * responses.family.third(eta)
    return third
