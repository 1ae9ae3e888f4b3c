"""A generalized model made ready: its response, its columns scaled, and the criterion to search."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from science.deadline import Deadline
from science.limits import Limits
from science.mixed.answered import Answered, answered_by, constant_of
from science.mixed.bases import Bases, whitened
from science.mixed.family import family_of
from science.mixed.grouping import Grouping, grouped
from science.mixed.laplace import Laplace, Responses, responses_of
from science.mixed.quadrature import Quadrature, quadrature_of
from science.mixed.spec import Spec
from science.mixed.theta import Pattern, pattern_of
from science.mixed.triangle import triangle
from science.regress.rank import independent
from science.table import FloatArray, IntArray, Table


@dataclass(frozen=True)
class Columns:
    """X with dependent columns left out and the others orthogonal: X[:, kept] = scaled R, columns of length sqrt(n)."""

    kept: IntArray
    R: FloatArray
    scaled: FloatArray

    def beta(self, scaled: FloatArray) -> FloatArray:
        """Return the fixed effects (k,) for those of the scaled columns."""
        return np.linalg.solve(self.R, scaled)


@dataclass(frozen=True)
class Problem:
    """What the search needs. The groupings of `responses` are scaled ones."""

    spec: Spec
    answered: Answered
    columns: Columns
    responses: Responses
    bases: Bases
    limits: Limits

    @property
    def groupings(self) -> tuple[Grouping, ...]:
        return self.responses.groupings

    @property
    def pattern(self) -> Pattern:
        return pattern_of(tuple(grouping.sizes for grouping in self.groupings))

    def search(self, deadline: Deadline) -> Laplace | Quadrature:
        """Return the criterion of (theta, beta of the scaled columns) under a deadline."""
        laplace = Laplace(self.responses, self.pattern, deadline)
        return laplace if self.spec.quadrature == 1 else quadrature_of(laplace, self.spec.quadrature)

    def with_response(self, y: FloatArray) -> Problem:
        """Put other means or counts (n,) in."""
        constant = constant_of(self.spec.family, y, self.responses.weights)
        return replace(self, responses=replace(self.responses, y=y, constant=constant))

    def covariances(self, lambdas: tuple[FloatArray, ...]) -> list[FloatArray]:
        """Return the covariance matrix (q, q) of the effects of each factor, in the units of the data."""
        return self.bases.outward([Lambda @ Lambda.T for Lambda in lambdas])


def problem_of(spec: Spec, table: Table, limits: Limits) -> Problem:
    """Build the model of a question. Raises InvalidInput and its kinds for what cannot be fitted."""
    answered = answered_by(spec, table, limits)
    design = answered.design
    columns = _columns(design.fixed.X)
    groupings, bases = whitened(grouped(design.terms))
    y, trials = answered.y, answered.trials
    offset = np.zeros(len(y)) if design.fixed.offset is None else design.fixed.offset
    constant = constant_of(spec.family, y, trials)
    responses = responses_of(family_of(spec.family), y, columns.scaled, offset, trials, constant, groupings, limits)
    return Problem(spec, answered, columns, responses, bases, limits)


def _columns(X: FloatArray) -> Columns:
    n = len(X)
    kept, R = independent(triangle(np.column_stack([X, np.ones(n)])))
    rank = len(kept)
    R = R[:rank, :rank] / np.sqrt(n)
    scaled = np.linalg.solve(R.T, X[:, kept].T).T if rank else X[:, kept]
    return Columns(kept, R, np.ascontiguousarray(scaled))
