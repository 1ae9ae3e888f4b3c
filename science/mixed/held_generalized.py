"""The criterion of a generalized model with one parameter held, as a smooth function of free coordinates of the others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import null_space

from science.deadline import Deadline
from science.mixed.coordinates import Coordinates, Held, coordinates_of, stride
from science.mixed.descent import Point
from science.mixed.generalized import GeneralizedAnalysis
from science.mixed.laplace import Laplace, Mode
from science.mixed.quadrature import Quadrature
from science.table import FloatArray

STEP = 1e-4  # of the differences that make the gradient by quadrature
SIGMA = 1.0  # what variances on the scale of the link compare with


@dataclass(frozen=True)
class GeneralizedSurface:
    """One parameter held at any value. The coordinates: L's rows, then beta along `free`; beta = value `along` + free z."""

    held: Held
    search: Laplace | Quadrature
    bases: tuple[FloatArray, ...]
    coordinates: Coordinates
    along: FloatArray  # (p,)
    free: FloatArray  # (p, p), or (p, p - 1) when a fixed effect is held
    start: FloatArray
    curvature: FloatArray
    deviation: float  # standard error of a held fixed effect

    @property
    def laplace(self) -> Laplace:
        return self.search if isinstance(self.search, Laplace) else self.search.laplace

    def at(self, value: float) -> GeneralizedLandscape:
        return GeneralizedLandscape(self, value)

    def stride(self, best: float) -> float:
        return 0.2 * self.deviation if self.held.kind == "fixed" else stride(self.held, best, self.bases, SIGMA)


@dataclass(frozen=True)
class GeneralizedLandscape:
    """The criterion at one held value."""

    surface: GeneralizedSurface
    value: float

    def evaluate(self, x: FloatArray) -> Mode | None:
        surface = self.surface
        split = len(surface.coordinates.start)
        own = surface.coordinates.own_lambdas(surface.laplace.pattern, x, self.value, self.value, 1.0)
        lambdas = [T @ Lambda for T, Lambda in zip(surface.bases, own, strict=True)]
        beta = surface.free @ x[split:] + (self.value * surface.along if surface.held.kind == "fixed" else 0.0)
        return surface.search.mode_at(x, lambdas, beta)

    def point(self, mode: Mode) -> Point:
        return Point(mode, self._gradient(mode) if isinstance(self.surface.search, Laplace) else self._differences(mode))

    def _gradient(self, mode: Mode) -> FloatArray:
        surface = self.surface
        scaled, beta = surface.laplace.gradients(mode)
        gradients = [T.T @ one for T, one in zip(surface.bases, scaled, strict=True)]
        rows = surface.coordinates.pulled_back(mode.theta, self.value, self.value, gradients)
        return np.concatenate([rows, surface.free.T @ beta])

    def _differences(self, mode: Mode) -> FloatArray:
        gradient = np.empty(len(mode.theta))
        for entry, position in enumerate(mode.theta):
            move = np.zeros(len(gradient))
            move[entry] = STEP * max(abs(float(position)), 0.1)
            ahead, behind = self.evaluate(mode.theta + move), self.evaluate(mode.theta - move)
            if ahead is None or behind is None:
                raise np.linalg.LinAlgError("the likelihood ends here")
            gradient[entry] = (ahead.value - behind.value) / (2.0 * move[entry])
        return gradient


def generalized_surface_of(held: Held, analysis: GeneralizedAnalysis, deadline: Deadline) -> GeneralizedSurface:
    """Lay out the coordinates and find the optimum in them."""
    problem, mode = analysis.problem, analysis.optimum.point.evaluation
    pattern, bases = problem.pattern, problem.bases.T
    coordinates = coordinates_of(held, pattern, problem.covariances(mode.lambdas), bases, SIGMA)
    beta = mode.theta[pattern.length :]
    scaled = problem.columns.R @ analysis.fit.fixed.covariance @ problem.columns.R.T
    along, free, deviation = np.zeros(len(beta)), np.eye(len(beta)), 0.0
    if held.kind == "fixed":
        unit = np.zeros(len(beta))
        unit[held.column] = 1.0
        row = np.linalg.solve(problem.columns.R.T, unit)  # the effect is row'beta
        along, free = row / (row @ row), null_space(row[None])
        deviation = float(np.sqrt(analysis.fit.fixed.covariance[held.column, held.column]))
    split = len(coordinates.start)
    W = np.zeros((split + free.shape[1],) * 2)
    W[:split, :split] = np.diag(coordinates.widths**2)
    W[split:, split:] = 0.5 * free.T @ scaled @ free
    start = np.append(coordinates.start, free.T @ beta)
    return GeneralizedSurface(held, problem.search(deadline), bases, coordinates, along, free, start, W, deviation)
