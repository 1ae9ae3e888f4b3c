"""Fit a generalized linear mixed model, as lme4's glmer: binomial (logit) and Poisson (log)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from errors import InvalidInput
from science.deadline import Deadline
from science.limits import Limits
from science.mixed.generalized_fit import Curvature, curvature_of, told
from science.mixed.information import inverse_information
from science.mixed.laplace import Laplace, Responses
from science.mixed.optimise import Optimum, explore
from science.mixed.problem import Problem, problem_of
from science.mixed.quadrature import Quadrature
from science.mixed.result import Fit
from science.mixed.spec import Spec
from science.table import FloatArray, Table

FEWEST_SCORING_STEPS = 25
MOST_SADDLES = 3
VISIBLE = 0.2  # twice the fall of the criterion that a step away from a saddle aims at
LEAP = 3.0  # the longest such step
LEAST_FALL = 1e-6  # of the criterion; less is rounding
SEPARABLE = "the likelihood has no maximum that can be reached: the data may be separable"


@dataclass(frozen=True)
class GeneralizedAnalysis:
    """A fitted generalized model with its rows: intervals, tests and simulations go on from it without fitting again."""

    fit: Fit
    problem: Problem
    optimum: Optimum


def analyse_generalized(spec: Spec, table: Table, limits: Limits, deadline: Deadline) -> GeneralizedAnalysis:
    """Fit by Laplace's approximation, or by adaptive Gauss-Hermite quadrature of spec.quadrature points.

    Raises InvalidInput for responses the family cannot have; otherwise as analyse().
    """
    problem = problem_of(spec, table, limits)
    search = problem.search(deadline)
    try:
        optimum = minimised(search, problem.responses)
        curvature = curvature_of(search, optimum)
        for _ in range(MOST_SADDLES):
            start = _downhill(search, optimum, curvature)
            if start is None:
                break
            optimum = minimised(search, problem.responses, start)
            curvature = curvature_of(search, optimum)
    except np.linalg.LinAlgError:
        raise InvalidInput(SEPARABLE, field="formula") from None
    return GeneralizedAnalysis(told(problem, search, optimum, curvature), problem, optimum)


def minimised(search: Laplace | Quadrature, responses: Responses, start: FloatArray | None = None) -> Optimum:
    """Find (theta, beta) from `start`, or from a fit without effects. Raises LinAlgError where there is no maximum."""
    beta = _scored(responses) if start is None else start[search.pattern.length :]
    weights = responses.curvature(responses.X @ beta + responses.offset)
    blocks = responses.system(weights, weights).own_blocks()
    information = np.linalg.inv(responses.X.T @ (weights[:, None] * responses.X))

    def curvature(parameters: FloatArray) -> FloatArray:
        split = search.pattern.length
        W = np.zeros((len(parameters), len(parameters)))
        W[:split, :split] = inverse_information(search.pattern, blocks, np.inf, parameters[:split])
        W[split:, split:] = information
        return W

    return explore(search, np.append(search.pattern.identity(), beta) if start is None else start, curvature)


def _downhill(search: Laplace | Quadrature, optimum: Optimum, curvature: Curvature) -> FloatArray | None:
    """Return a better point when the search has ended on a saddle: where symmetric data leave the gradient zero."""
    values, vectors = np.linalg.eigh(curvature.matrix)
    if values[0] >= 0.0:
        return None
    move = np.zeros(len(optimum.point.theta))
    move[curvature.free] = vectors[:, 0] * min(np.sqrt(VISIBLE / -values[0]), LEAP)
    for start in (optimum.point.theta + move, optimum.point.theta - move):
        beside = search.evaluate(start)
        if beside is not None and beside.value < optimum.point.value - LEAST_FALL:
            return start
    return None


def _scored(responses: Responses) -> FloatArray:
    """Fit without random effects by Fisher scoring, far enough for a start."""
    beta = np.zeros(responses.X.shape[1])
    mean = np.clip(np.average(responses.y, weights=responses.weights), 1e-3, None)
    eta = np.full(
        len(responses.y), np.log(mean / (1.0 - mean)) if responses.family.name == "binomial" and mean < 1 else np.log(mean)
    )
    for _ in range(FEWEST_SCORING_STEPS):
        weights = np.maximum(responses.curvature(eta), 1e-8)
        working = eta - responses.offset + responses.score(eta) / weights
        root = np.sqrt(weights)
        following = np.linalg.lstsq(responses.X * root[:, None], working * root, rcond=None)[0]
        if np.abs(following - beta).max(initial=0.0) < 1e-6 * (1.0 + np.abs(beta).max(initial=0.0)):
            return following
        beta = following
        eta = np.clip(responses.X @ beta + responses.offset, -15.0, 15.0)
    return np.clip(beta, -5.0, 5.0)
