"""Parametric bootstrap of all parameters: simulate from the fit, fit again, take percentiles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from errors import InvalidInput
from science.deadline import Deadline
from science.mixed.estimate import Estimate, estimate_at
from science.mixed.fit import Analysis
from science.mixed.generalized import GeneralizedAnalysis, minimised
from science.mixed.model import Model
from science.mixed.optimise import Optimum, Search, minimise
from science.mixed.parameters import names_of, values_of
from science.mixed.problem import Problem
from science.mixed.random import random_effects
from science.mixed.simulate import drawn_means, replacer, simulate
from science.table import FloatArray

MOST_SAMPLES = 10_000
NUDGE = 0.1  # where a variance of zero is sought from: zero itself is stationary


@dataclass(frozen=True)
class Bootstrap:
    """names: lme4's (sd_(Intercept)|Subject, cor_..., sigma) and the fixed effects. samples: (count, names), NaN where a
    sample could not be fitted."""

    names: tuple[str, ...]
    estimate: FloatArray
    conf_low: FloatArray
    conf_high: FloatArray
    samples: FloatArray
    unconverged: int


def bootstrap(analysis: Analysis | GeneralizedAnalysis, deadline: Deadline, *, seed: int, count: int = 500) -> Bootstrap:
    """Simulate `count` data sets from a fit and fit each. Equal seeds give equal intervals.

    Raises InvalidInput for a method that is not reml or ml.
    """
    spec = analysis.fit.spec
    if spec.method not in ("reml", "ml") or spec.variances is not None:
        raise InvalidInput("the bootstrap is for models fitted by reml or ml", field="intervals")
    if not 1 <= count <= MOST_SAMPLES:
        raise InvalidInput(f"the bootstrap takes 1 to {MOST_SAMPLES} samples", field="samples")
    generator = np.random.default_rng(seed)
    if isinstance(analysis, GeneralizedAnalysis):
        refits, best = _generalized(analysis, deadline, generator, count), _generalized_values(analysis.problem, analysis.optimum)
    else:
        refits, best = _linear(analysis, deadline, generator, count), _values(analysis.solved.estimate, analysis.model)
    values, converged = zip(*refits, strict=True)
    samples = np.array([np.full(len(best), np.nan) if one is None else one for one in values])
    tail = 0.5 - spec.level / 2.0
    low, high = np.nanquantile(samples, [tail, 1.0 - tail], axis=0)
    fit = analysis.fit
    terms = [name for name in fit.fixed.terms if name not in fit.fixed.aliased]
    names = names_of(fit.random, terms, sigma=fit.residual is not None)
    return Bootstrap(names, best, low, high, samples, count - sum(converged))


Refit = tuple[FloatArray | None, bool]  # the parameters, and whether the search arrived


def _linear(analysis: Analysis, deadline: Deadline, generator: np.random.Generator, count: int) -> Iterator[Refit]:
    model, estimate, reml = analysis.model, analysis.solved.estimate, analysis.fit.spec.method == "reml"
    again = replacer(model)
    for _ in range(count):
        prepared = again.prepared_for(simulate(model, estimate, generator)[0])
        criterion = prepared.criterion(reml=reml)
        optimum = minimise(Search(criterion, deadline), estimate.theta + (estimate.theta == 0.0) * NUDGE)
        yield _values(estimate_at(prepared, criterion, optimum.point.evaluation), model), optimum.converged


def _values(estimate: Estimate, model: Model) -> FloatArray:
    effects = random_effects(estimate.criterion.pattern, estimate.covariances(), model.groupings)
    return values_of(effects, estimate.sigma2, estimate.beta)


def _generalized(
    analysis: GeneralizedAnalysis, deadline: Deadline, generator: np.random.Generator, count: int
) -> Iterator[Refit]:
    problem, theta = analysis.problem, analysis.optimum.point.theta
    start = theta.copy()
    split = problem.pattern.length
    start[:split] += NUDGE * problem.pattern.diagonal() * (theta[:split] == 0.0)
    for _ in range(count):
        sample = problem.with_response(drawn_means(analysis, generator))
        try:
            optimum = minimised(sample.search(deadline), sample.responses, start)
        except np.linalg.LinAlgError:  # a sample without a maximum: all successes, say
            yield None, False
            continue
        yield _generalized_values(sample, optimum), optimum.converged


def _generalized_values(problem: Problem, optimum: Optimum) -> FloatArray:
    mode = optimum.point.evaluation
    effects = random_effects(problem.pattern, problem.covariances(mode.lambdas), problem.groupings)
    return values_of(effects, None, problem.columns.beta(mode.theta[problem.pattern.length :]))
