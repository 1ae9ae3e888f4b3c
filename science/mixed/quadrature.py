"""-2 log likelihood of a generalized mixed model with one factor, by adaptive Gauss-Hermite quadrature.

Each level's integral is taken around its mode in units of its curvature (Pinheiro and Bates 1995); one point is
Laplace's approximation. Several effects per level take a product rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product as every

import numpy as np
from scipy import special

from errors import InvalidInput
from science.mixed.descent import Point
from science.mixed.laplace import Laplace, Mode
from science.mixed.nested import NestedFactor
from science.mixed.theta import Pattern
from science.table import FloatArray

MOST_NODES = 1_000  # of the product rule
STEP = 1e-4  # of the differences that make the gradient


@dataclass
class Quadrature:
    """The criterion; Laplace's modes and curvatures place the nodes."""

    laplace: Laplace
    nodes: FloatArray  # (m, q), of the standard normal distribution
    log_weights: FloatArray  # (m,)

    @property
    def evaluations(self) -> int:
        return self.laplace.evaluations

    @property
    def pattern(self) -> Pattern:
        return self.laplace.pattern

    @property
    def trace(self) -> list[tuple[FloatArray, float]]:
        return self.laplace.trace

    def visit(self, point: Point) -> None:
        self.laplace.visit(point)

    def evaluate(self, parameters: FloatArray) -> Mode | None:
        mode = self.laplace.evaluate(parameters)
        return None if mode is None else replace(mode, value=self._value(mode))

    def mode_at(self, parameters: FloatArray, lambdas: Sequence[FloatArray], beta: FloatArray) -> Mode | None:
        """Evaluate for any Lambda, as Laplace's."""
        mode = self.laplace.mode_at(parameters, lambdas, beta)
        return None if mode is None else replace(mode, value=self._value(mode))

    def point(self, mode: Mode) -> Point:
        return Point(mode, self._gradient(mode))

    def _value(self, mode: Mode) -> float:
        responses = self.laplace.responses
        (grouping,), (Lambda,) = responses.groupings, mode.lambdas
        factor = mode.factor
        assert isinstance(factor, NestedFactor)
        stage = factor.stages[0]
        K = Lambda.T @ stage.A @ Lambda + np.eye(len(Lambda))
        spread = np.linalg.inv(np.linalg.cholesky(K)).transpose(0, 2, 1)  # (J, q, q): spread spread' = K^-1
        fixed = mode.eta - (grouping.Z * mode.u[0][grouping.codes]).sum(1)
        logs = np.empty((len(self.nodes), len(grouping.levels)))
        for row, node, log_weight in zip(logs, self.nodes, self.log_weights, strict=True):
            v = mode.v[0] + spread @ node
            eta = fixed + (grouping.Z * (v @ Lambda.T)[grouping.codes]).sum(1)
            own = responses.weights * (responses.y * eta - responses.family.cumulant(eta))
            row[:] = np.bincount(grouping.codes, own, len(grouping.levels)) - 0.5 * (v**2).sum(1) + 0.5 * node @ node + log_weight
        integrals = special.logsumexp(logs, axis=0)
        return responses.constant - 2.0 * float(integrals.sum()) + factor.log_determinant

    def _gradient(self, mode: Mode) -> FloatArray:
        gradient = np.empty(len(mode.theta))
        for entry in range(len(gradient)):
            step = STEP * max(abs(float(mode.theta[entry])), 0.1)
            move = np.zeros(len(gradient))
            move[entry] = step
            ahead, behind = self.evaluate(mode.theta + move), self.evaluate(mode.theta - move)
            if ahead is None or behind is None:
                raise np.linalg.LinAlgError("the likelihood ends here")
            gradient[entry] = (ahead.value - behind.value) / (2.0 * step)
        return gradient


def quadrature_of(laplace: Laplace, points: int) -> Quadrature:
    """Lay out a rule of `points` nodes per effect. Raises InvalidInput for more than one factor or too many nodes."""
    groupings = laplace.responses.groupings
    if len(groupings) > 1:
        raise InvalidInput(
            "quadrature is for one grouping factor; leave it out, or take 1 for Laplace's approximation", field="quadrature"
        )
    q = groupings[0].width
    if points**q > MOST_NODES:
        raise InvalidInput(
            f"{points} points for each of {q} effects are more than {MOST_NODES} nodes; take fewer", field="quadrature"
        )
    x, w = special.roots_hermitenorm(points)
    log_w = np.log(w) - 0.5 * np.log(2.0 * np.pi)
    nodes = np.array(list(every(x, repeat=q)))
    log_weights = np.array([sum(parts) for parts in every(log_w, repeat=q)])
    return Quadrature(laplace, nodes, log_weights)
