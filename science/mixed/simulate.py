"""Draw responses from a fitted model, and put them in place of the observed one without touching anything else."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from errors import InvalidInput
from science.deadline import Deadline
from science.limits import Limits
from science.mixed.bases import whitened
from science.mixed.batch import cross_products
from science.mixed.estimate import Estimate
from science.mixed.fit import Analysis
from science.mixed.generalized import GeneralizedAnalysis
from science.mixed.grouping import Grouping
from science.mixed.model import Model
from science.mixed.sample import Prepared, Scaling, weighted
from science.mixed.theta import semidefinite_factor
from science.table import FloatArray

MOST_DRAWN = 1e15  # a count beyond which neighbours are no whole numbers apart


def simulate(model: Model, estimate: Estimate, generator: np.random.Generator, count: int = 1) -> FloatArray:
    """Draw `count` responses (count, n), new effects and new residuals each time, offset included."""
    mean = model.fixed_part(estimate.beta) + model.offset
    factors = [semidefinite_factor(S) for S in estimate.covariances()]
    weights = model.sample.weights
    spread = np.sqrt(estimate.sigma2) / (1.0 if weights is None else np.sqrt(weights))
    drawn = np.empty((count, model.sample.rows))
    for row in drawn:
        modes = [
            generator.standard_normal((len(grouping.levels), grouping.width)) @ L.T
            for grouping, L in zip(model.groupings, factors, strict=True)
        ]
        row[:] = mean + model.random_part(modes) + spread * generator.standard_normal(len(mean))
    return drawn


def simulated(
    analysis: Analysis | GeneralizedAnalysis, limits: Limits, deadline: Deadline, *, seed: int, count: int = 1
) -> FloatArray:
    """Draw `count` responses (count, n) from a fit, n the rows that took part; of successes and failures, the successes.

    Equal seeds give equal responses. Raises LimitExceeded for too many numbers, InvalidInput where trials are no whole
    numbers.
    """
    rows = analysis.fit.nobs
    limits.check("max_simulated", count * rows, f"{count} simulations of {rows} rows are asked", field="simulate")
    generator = np.random.default_rng(seed)
    if isinstance(analysis, Analysis):
        return simulate(analysis.model, analysis.solved.estimate, generator, count)
    answered = analysis.problem.answered
    drawn = np.empty((count, rows))
    for row in drawn:
        deadline.check()
        means = drawn_means(analysis, generator)
        row[:] = np.round(means * answered.trials) if answered.counted else means
    return drawn


def drawn_means(analysis: GeneralizedAnalysis, generator: np.random.Generator) -> FloatArray:
    """Draw one response (n,), new effects included: counts, or means of the trials."""
    problem, mode = analysis.problem, analysis.optimum.point.evaluation
    responses = problem.responses
    eta = responses.X @ mode.theta[problem.pattern.length :] + responses.offset
    for grouping, Lambda in zip(problem.groupings, mode.lambdas, strict=True):
        u = generator.standard_normal((len(grouping.levels), grouping.width)) @ Lambda.T
        eta = eta + (grouping.Z * u[grouping.codes]).sum(1)
    mean, trials = responses.family.mean(eta), responses.weights
    if responses.family.name == "poisson":
        if (trials != 1.0).any():
            raise InvalidInput("counts cannot be drawn for weighted rows", field="weights")
        return generator.poisson(np.minimum(mean, MOST_DRAWN)).astype(np.float64)
    if (trials != np.round(trials)).any():
        raise InvalidInput("responses can be drawn for whole numbers of trials only", field="weights")
    return generator.binomial(trials.astype(np.int64), mean).astype(np.float64) / trials


@dataclass(frozen=True)
class Replacer:
    """The rows of a model, scaled once, to which other responses are fitted."""

    prepared: Prepared
    X: FloatArray  # (n, k) orthonormal
    groupings: tuple[Grouping, ...]
    root_weights: FloatArray | None
    offset: FloatArray | float

    def prepared_for(self, y: FloatArray) -> Prepared:
        """Return the model with the response y (n,), offset included."""
        y = y - self.offset
        y = y if self.root_weights is None else y * self.root_weights
        projection = self.X.T @ y
        residual = y - self.X @ projection
        scale = float(np.linalg.norm(residual) / np.sqrt(len(y)))
        residual = residual / scale
        ZY = [cross_products(g.codes, len(g.levels), g.Z, residual[:, None])[:, :, 0] for g in self.groupings]
        XY = np.append(self.X.T @ residual, residual @ residual)
        old = self.prepared.scaling
        start = np.linalg.solve(old.R, projection) if len(projection) else projection
        scaling = Scaling(old.kept, old.R, start, scale)
        return replace(self.prepared, system=self.prepared.system.with_response(ZY, XY), scaling=scaling)


def replacer(model: Model) -> Replacer:
    rows = weighted(model.sample)
    scaling = model.prepared.scaling
    X = rows.X[:, scaling.kept]
    X = np.linalg.solve(scaling.R.T, X.T).T if X.shape[1] else X
    weights = model.sample.weights
    groupings, _ = whitened(rows.groupings)
    return Replacer(model.prepared, X, groupings, None if weights is None else np.sqrt(weights), model.offset)
