"""The ML criterion of a linear model with one parameter held, as a smooth function of free coordinates of the others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from science.deadline import Deadline
from science.mixed.coordinates import Coordinates, Held, coordinates_of, stride
from science.mixed.criterion import LOG_TWO_PI
from science.mixed.descent import Point
from science.mixed.estimate import Estimate
from science.table import FloatArray


@dataclass(frozen=True)
class HeldValue:
    theta: FloatArray  # the coordinates
    value: float
    gradient: FloatArray


@dataclass(frozen=True)
class Landscape:
    """The criterion at one held value, in the coordinates: L's rows, then log sigma unless that is held."""

    surface: Surface
    value: float

    def evaluate(self, x: FloatArray) -> HeldValue | None:
        self.surface.deadline.check()
        try:
            return self._evaluated(x)
        except np.linalg.LinAlgError:
            return None

    def point(self, evaluation: HeldValue) -> Point:
        return Point(evaluation, evaluation.gradient)

    def _evaluated(self, x: FloatArray) -> HeldValue:
        surface, held, coordinates = self.surface, self.surface.held, self.surface.coordinates
        criterion, length = surface.estimate.criterion, self.value / surface.scale
        sigma = length if held.kind == "sigma" else float(np.exp(x[-1]))
        own = coordinates.own_lambdas(criterion.pattern, x, self.value, length, sigma)
        bases = surface.estimate.prepared.bases.T
        factor = criterion.system.factorise([T @ Lambda for T, Lambda in zip(bases, own, strict=True)])
        known, r2 = surface.residual(factor.Q, self.value)
        n = criterion.rows
        value = factor.log_determinant + n * (LOG_TWO_PI + 2.0 * np.log(sigma)) + r2 / sigma**2 + criterion.constant
        scaled = criterion.system.gradient(factor, np.outer(known, known) / sigma**2)  # type: ignore[arg-type]
        gradients = [T.T @ one for T, one in zip(bases, scaled, strict=True)]
        gradient = coordinates.pulled_back(x, self.value, length, [one / sigma for one in gradients])
        if held.kind != "sigma":
            along = sum(
                float(np.sum(gradients[row.place.grouping][at] * own[row.place.grouping][at])) for row, at in coordinates.placed()
            )
            gradient = np.append(gradient, 2.0 * n - 2.0 * r2 / sigma**2 - along)
        return HeldValue(x, float(value), gradient)


@dataclass(frozen=True)
class Surface:
    """One parameter held at any value. All in the scaled system; `scale` takes standard deviations there."""

    held: Held
    estimate: Estimate
    deadline: Deadline
    coordinates: Coordinates
    start: FloatArray  # coordinates at the optimum
    curvature: FloatArray  # a rough inverse Hessian there

    @property
    def scale(self) -> float:
        return self.estimate.prepared.scaling.scale

    def at(self, value: float) -> Landscape:
        return Landscape(self, value)

    def stride(self, best: float) -> float:
        """Guess how far the parameter moves for a fifth of a unit of zeta."""
        estimate = self.estimate
        if self.held.kind == "fixed":
            return 0.2 * float(np.sqrt(estimate.covariance[self.held.column, self.held.column]))
        if self.held.kind == "sigma":
            return 0.2 * best / float(np.sqrt(2.0 * estimate.criterion.rows))
        return stride(self.held, best, estimate.prepared.bases.T, float(np.sqrt(estimate.sigma2)))

    def residual(self, Q: FloatArray, value: float) -> tuple[FloatArray, float]:
        """Return [-beta, 1] and r2 at the best fixed effects, or at the best with one of them held."""
        root = np.linalg.cholesky(Q[:-1, :-1])
        half = np.linalg.solve(root, Q[:-1, -1])
        r2 = float(Q[-1, -1] - half @ half)
        beta = np.linalg.solve(root.T, half)
        if self.held.kind == "fixed":
            scaling = self.estimate.prepared.scaling
            unit = np.zeros(len(beta))
            unit[self.held.column] = 1.0
            along = np.linalg.solve(scaling.R.T, unit)  # beta_j = start_j + scale along'beta_scaled
            moved = np.linalg.solve(root.T, np.linalg.solve(root, along))
            gap = (value - scaling.start[self.held.column]) / scaling.scale - along @ beta
            beta = beta + moved * gap / (along @ moved)
            r2 += float(gap**2 / (along @ moved))
        if not r2 > 0.0:
            raise np.linalg.LinAlgError("no residual variation is left")
        return np.append(-beta, 1.0), r2


def surface_of(held: Held, estimate: Estimate, deadline: Deadline) -> Surface:
    """Lay out the coordinates and find the optimum in them."""
    prepared, pattern = estimate.prepared, estimate.criterion.pattern
    scale = prepared.scaling.scale
    sigma = float(np.sqrt(estimate.sigma2)) / scale
    covariances = [S / scale**2 for S in estimate.covariances()]
    coordinates = coordinates_of(held, pattern, covariances, prepared.bases.T, sigma)
    start, widths = coordinates.start, coordinates.widths
    if held.kind != "sigma":
        start, widths = np.append(start, np.log(sigma)), np.append(widths, 0.5 / np.sqrt(estimate.criterion.rows))
    return Surface(held, estimate, deadline, coordinates, start, np.diag(widths**2))
