"""What the optimum of a generalized model says, in the units of the data."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from science.mixed.crossed import crossed_system
from science.mixed.fixed import FixedEffects, fixed_effects
from science.mixed.glance import Glance, shares_of
from science.mixed.laplace import Laplace, Mode, Responses
from science.mixed.nested import nested_system
from science.mixed.notices import (
    aliased_notice,
    design_notices,
    extreme_notices,
    separated_notices,
    uncertain_notices,
    unconverged_notice,
)
from science.mixed.optimise import Optimum, hessian
from science.mixed.posterior import Posterior
from science.mixed.problem import Problem
from science.mixed.quadrature import Quadrature
from science.mixed.random import GroupEffects, random_effects, vanished
from science.mixed.result import Fit
from science.mixed.trace import Trace, columns_of
from science.table import FloatArray, IntArray

STEP = 1e-2  # of a standard error, for the Hessian
LEAST_VARIANCE = 1e-8  # of a parameter, for the steps: what is known better is moved as far as that all the same
MOST_VARIANCE = 1.0  # and at most, for steps that are longer than the search thought: where nothing curves, they stay short
TOO_SHORT = 10.0  # times the variance that a step was made for: its difference of gradients is noise, as of counts in millions
HESSIANS = 4  # taken at most, each by steps for the curvature that the one before it found
LEAST_CURVATURE = 1e-10  # of the largest eigenvalue of the Hessian
TOUCHED = 1e-6  # the part that a fixed effect has in a direction without curvature


@dataclass(frozen=True)
class Curvature:
    """The Hessian of the criterion at an optimum, over those of (theta, beta) that are free."""

    free: IntArray
    matrix: FloatArray


def curvature_of(search: Laplace | Quadrature, optimum: Optimum) -> Curvature:
    """Take differences of the gradient, anew where its steps were too short. A theta of zero moves nothing and is not free."""
    parameters = optimum.point.theta
    free = np.flatnonzero((parameters != 0.0) | (np.arange(len(parameters)) >= search.pattern.length))
    variances = np.maximum(optimum.inverse_hessian.diagonal()[free], LEAST_VARIANCE)
    for _ in range(HESSIANS):
        matrix = hessian(search, optimum.point, free, STEP * np.sqrt(2.0 * variances))
        found = 1.0 / np.maximum(np.abs(matrix.diagonal()), 1.0 / MOST_VARIANCE)
        if (found <= TOO_SHORT * variances).all():
            break
        variances = np.maximum(variances, found)
    return Curvature(free, matrix)


def told(problem: Problem, search: Laplace | Quadrature, optimum: Optimum, curvature: Curvature) -> Fit:
    """Tell everything about an optimum."""
    mode: Mode = optimum.point.evaluation
    responses, groupings, fixed_design = problem.responses, problem.groupings, problem.answered.design.fixed
    fixed = _fixed(problem, search, optimum, curvature)
    singular = vanished(search.pattern, problem.bases, mode.lambdas, groupings)
    mean = responses.family.mean(mode.eta)
    return Fit(
        spec=problem.spec,
        recipe=fixed_design.recipe,
        term_recipes=problem.answered.design.recipes,
        fixed=fixed,
        random=random_effects(search.pattern, problem.covariances(mode.lambdas), groupings),
        residual=None,
        fit=_glance(problem, optimum, fixed, singular=bool(singular)),
        effects=_effects(mode, problem),
        trace=_trace(problem, search, mode),
        nobs=len(responses.y),
        rows=fixed_design.rows_total,
        rows_dropped=fixed_design.rows_dropped,
        kept=fixed_design.rows,
        codes={grouping.group: grouping.codes for grouping in groupings},
        fitted=mean,
        residuals=responses.y - mean,
        posterior=_posterior(mode, problem, fixed),
        warnings=(
            *fixed_design.warnings,
            *problem.answered.warnings,
            *aliased_notice(fixed.aliased),
            *design_notices(groupings),
            *singular,
            *(() if optimum.converged else (unconverged_notice(optimum.point.steepest),)),
            *uncertain_notices(problem.answered.design.fixed.columns, fixed.estimate, fixed.std_error),
            *separated_notices(problem.spec.family, groupings, responses.y),
            *extreme_notices(problem.spec.family, mean),
        ),
    )


def _fixed(problem: Problem, search: Laplace | Quadrature, optimum: Optimum, curvature: Curvature) -> FixedEffects:
    """Invert the whole Hessian, variances included, as glmer does; effects along which it does not rise have no error."""
    columns, free = problem.columns, curvature.free
    parameters, split = optimum.point.theta, search.pattern.length
    values, vectors = np.linalg.eigh(curvature.matrix)
    kept = values > LEAST_CURVATURE * values[-1]
    inverse = 2.0 * (vectors[:, kept] / values[kept]) @ vectors[:, kept].T
    own = free >= split
    half = np.linalg.solve(columns.R, inverse[np.ix_(own, own)])
    covariance = np.linalg.solve(columns.R, half.T)
    unknown = np.abs(np.linalg.solve(columns.R, vectors[own][:, ~kept])).max(1, initial=0.0)
    covariance[np.ix_(unknown > TOUCHED, unknown > TOUCHED)] = np.nan
    beta = columns.beta(parameters[split:])
    everywhere = np.full(len(beta), np.inf)
    names, level = problem.answered.design.fixed.columns, problem.spec.level
    table = fixed_effects(names, columns.kept, beta, covariance, everywhere, level)
    return replace(table, df=np.full(len(table.df), np.nan))


def _glance(problem: Problem, optimum: Optimum, fixed: FixedEffects, *, singular: bool) -> Glance:
    responses, columns = problem.responses, problem.columns
    value, n = optimum.point.value, len(responses.y)
    parameters = len(optimum.point.theta)
    scaled = [Lambda @ Lambda.T for Lambda in optimum.point.evaluation.lambdas]
    linear = columns.scaled @ (columns.R @ fixed.estimate[columns.kept])
    shares = shares_of(linear, responses.groupings, scaled, _distribution_variance(responses, linear, scaled))
    return Glance(
        reml_criterion=None,
        log_lik=-0.5 * value,
        deviance=value,
        aic=value + 2.0 * parameters,
        bic=value + float(np.log(n)) * parameters,
        df=parameters,
        df_residual=n - parameters,
        sigma=None,
        nobs=n,
        groups={grouping.group: len(grouping.levels) for grouping in responses.groupings},
        converged=optimum.converged,
        singular=singular,
        evaluations=optimum.evaluations,
        gradient=optimum.point.steepest,
        icc=shares.icc,
        r_squared_marginal=shares.marginal,
        r_squared_conditional=shares.conditional,
    )


def _distribution_variance(responses: Responses, linear: FloatArray, covariances: list[FloatArray]) -> float:
    """Return the variance of the distribution on the scale of the link (Nakagawa, Johnson and Schielzeth 2017)."""
    if responses.family.name == "binomial":
        return float(np.pi**2 / 3.0)
    random = sum(float(np.vdot(g.Z @ S, g.Z)) / len(linear) for g, S in zip(responses.groupings, covariances, strict=True))
    return float(np.log1p(np.exp(-(np.mean(linear + responses.offset) + 0.5 * random))))


def _effects(mode: Mode, problem: Problem) -> tuple[GroupEffects, ...]:
    blocks = mode.system.covariance(mode.factor, np.zeros((1, 1)))  # type: ignore[arg-type]
    covariances = problem.bases.outward([own for own, _ in blocks])
    return tuple(
        GroupEffects(
            grouping.group,
            grouping.names,
            grouping.levels,
            u,
            np.sqrt(np.maximum(np.diagonal(own, axis1=1, axis2=2), 0.0)),
            own,
        )
        for grouping, u, own in zip(problem.groupings, problem.bases.effects(mode.u), covariances, strict=True)
    )


def _posterior(mode: Mode, problem: Problem, fixed: FixedEffects) -> Posterior:
    responses, columns = problem.responses, problem.columns
    root = np.sqrt(responses.curvature(mode.eta))
    groupings = tuple(replace(grouping, Z=grouping.Z * root[:, None]) for grouping in responses.groupings)
    XY = np.column_stack([columns.scaled * root[:, None], root])
    system = nested_system(groupings, XY) or crossed_system(groupings, XY, responses.limits, streamed=True)
    return Posterior(system, mode.lambdas, problem.bases, columns.kept, columns.R, fixed.estimate[columns.kept], 1.0)


def _trace(problem: Problem, search: Laplace | Quadrature, mode: Mode) -> Trace:
    rows = []
    for parameters, value in [*search.trace, (mode.theta, mode.value)]:
        lambdas = search.pattern.lambdas(parameters[: search.pattern.length])
        rows.append([*search.pattern.collected(problem.covariances(tuple(lambdas))), value])
    return Trace((*columns_of(search.pattern, problem.groupings)[:-2], "criterion"), np.array(rows))
