"""Fit a generalized linear mixed model, as lme4's glmer: binomial (logit) and Poisson (log)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import special

from errors import FormulaError, InvalidInput
from science.deadline import Deadline
from science.design import build
from science.formula import parse
from science.formula.tree import Call, Name, names
from science.limits import Limits
from science.mixed.bars import response_text
from science.mixed.bases import Bases, whitened
from science.mixed.crossed import crossed_system
from science.mixed.design import MixedDesign, build_mixed
from science.mixed.family import family_of
from science.mixed.fixed import FixedEffects, fixed_effects
from science.mixed.glance import Glance, shares_of
from science.mixed.grouping import grouped
from science.mixed.information import inverse_information
from science.mixed.laplace import Laplace, Mode, Responses, responses_of
from science.mixed.model import weights_of
from science.mixed.nested import nested_system
from science.mixed.notices import aliased_notice, design_notices, extreme_notices, unconverged_notice
from science.mixed.optimise import Optimum, explore, hessian
from science.mixed.posterior import Posterior
from science.mixed.quadrature import Quadrature, quadrature_of
from science.mixed.random import GroupEffects, random_effect, vanished
from science.mixed.result import Fit
from science.mixed.spec import Spec
from science.mixed.theta import pattern_of
from science.mixed.trace import Trace, columns_of
from science.mixed.triangle import triangle
from science.regress.rank import independent
from science.table import Factor, FloatArray, IntArray, Numeric, Table

STEP = 1e-2  # of a standard error, for the Hessian
FEWEST_SCORING_STEPS = 25


@dataclass(frozen=True)
class Columns:
    """X with dependent columns left out and the others orthogonal: X[:, kept] = scaled R, columns of length sqrt(n)."""

    kept: IntArray
    R: FloatArray
    scaled: FloatArray


@dataclass(frozen=True)
class Answered:
    """The response of a generalized model, as means of trials or counts."""

    design: MixedDesign
    y: FloatArray
    trials: FloatArray
    constant: float


def fit_generalized(spec: Spec, table: Table, limits: Limits, deadline: Deadline) -> Fit:
    """Fit by Laplace's approximation, or by adaptive Gauss-Hermite quadrature of spec.quadrature points.

    Raises InvalidInput for responses the family cannot have; otherwise as fit().
    """
    answered = _answered(spec, table, limits)
    design = answered.design
    columns = _columns(design.fixed.X)
    groupings, bases = whitened(grouped(design.terms))
    offset = np.zeros(len(answered.y)) if design.fixed.offset is None else design.fixed.offset
    family = family_of(spec.family)
    responses = responses_of(family, answered.y, columns.scaled, offset, answered.trials, answered.constant, groupings, limits)
    laplace = Laplace(responses, pattern_of([grouping.sizes for grouping in groupings]), deadline)
    search = laplace if spec.quadrature == 1 else quadrature_of(laplace, spec.quadrature)
    try:
        optimum = _minimised(search, responses, laplace)
    except np.linalg.LinAlgError:
        raise InvalidInput(
            "the likelihood has no maximum that can be reached: the data may be separable", field="formula"
        ) from None
    return _fitted(spec, answered, columns, responses, bases, search, optimum)


def _minimised(search: Laplace | Quadrature, responses: Responses, laplace: Laplace) -> Optimum:
    beta = _scored(responses)
    weights = responses.curvature(responses.X @ beta + responses.offset)
    blocks = responses.system(weights, weights).own_blocks()
    information = np.linalg.inv(responses.X.T @ (weights[:, None] * responses.X))

    def curvature(parameters: FloatArray) -> FloatArray:
        split = laplace.pattern.length
        W = np.zeros((len(parameters), len(parameters)))
        W[:split, :split] = inverse_information(laplace.pattern, blocks, np.inf, parameters[:split])
        W[split:, split:] = information
        return W

    return explore(search, np.append(laplace.pattern.identity(), beta), curvature)


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


def _fitted(
    spec: Spec,
    answered: Answered,
    columns: Columns,
    responses: Responses,
    bases: Bases,
    search: Laplace | Quadrature,
    optimum: Optimum,
) -> Fit:
    mode: Mode = optimum.point.evaluation
    fixed_design, groupings = answered.design.fixed, responses.groupings
    fixed = _fixed(spec, answered.design, columns, search, optimum)
    scaled = [Lambda @ Lambda.T for Lambda in mode.lambdas]
    singular = vanished(search.pattern, bases, mode.lambdas, groupings)
    mean = responses.family.mean(mode.eta)
    covariances = bases.outward(scaled)
    random = []
    for place in search.pattern.places:
        block = slice(place.start, place.start + place.size)
        grouping = groupings[place.grouping]
        random.append(random_effect(grouping.group, grouping.names[block], covariances[place.grouping][block, block]))
    trace = Trace((*columns_of(search.pattern, groupings)[:-2], "criterion"), _trace(search, bases, mode))
    return Fit(
        spec=spec,
        recipe=fixed_design.recipe,
        term_recipes=answered.design.recipes,
        fixed=fixed,
        random=tuple(random),
        residual=None,
        fit=_glance(responses, optimum, columns, scaled, fixed, singular=bool(singular)),
        effects=_effects(mode, responses, bases),
        trace=trace,
        nobs=len(responses.y),
        rows=fixed_design.rows_total,
        rows_dropped=fixed_design.rows_dropped,
        kept=fixed_design.rows,
        codes={grouping.group: grouping.codes for grouping in groupings},
        fitted=mean,
        residuals=responses.y - mean,
        posterior=_posterior(mode, responses, columns, bases, fixed),
        warnings=(
            *fixed_design.warnings,
            *aliased_notice(fixed.aliased),
            *design_notices(groupings),
            *singular,
            *(() if optimum.converged else (unconverged_notice(optimum.point.steepest),)),
            *extreme_notices(spec.family, mean),
        ),
    )


def _fixed(spec: Spec, design: MixedDesign, columns: Columns, search: Laplace | Quadrature, optimum: Optimum) -> FixedEffects:
    """Invert the whole Hessian, variances included, as glmer does."""
    parameters, split = optimum.point.theta, search.pattern.length
    free = np.flatnonzero((parameters != 0.0) | (np.arange(len(parameters)) >= split))
    steps = STEP * np.sqrt(2.0 * np.maximum(optimum.inverse_hessian.diagonal()[free], 1e-8))
    H = hessian(search, optimum.point, free, steps)
    values, vectors = np.linalg.eigh(H)
    kept = values > 1e-10 * values[-1]
    inverse = 2.0 * (vectors[:, kept] / values[kept]) @ vectors[:, kept].T
    own = free >= split
    half = np.linalg.solve(columns.R, inverse[np.ix_(own, own)])
    covariance = np.linalg.solve(columns.R, half.T)
    beta = np.linalg.solve(columns.R, parameters[split:])
    everywhere = np.full(len(beta), np.inf)
    table = fixed_effects(design.fixed.columns, columns.kept, beta, covariance, everywhere, spec.level)
    return replace(table, df=np.full(len(table.df), np.nan))


def _glance(
    responses: Responses,
    optimum: Optimum,
    columns: Columns,
    covariances: list[FloatArray],
    fixed: FixedEffects,
    *,
    singular: bool,
) -> Glance:
    value, n = optimum.point.value, len(responses.y)
    parameters = len(optimum.point.theta)
    linear = columns.scaled @ (columns.R @ fixed.estimate[columns.kept])
    shares = shares_of(linear, responses.groupings, covariances, _distribution_variance(responses, linear, covariances))
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


def _effects(mode: Mode, responses: Responses, bases: Bases) -> tuple[GroupEffects, ...]:
    blocks = mode.system.covariance(mode.factor, np.zeros((1, 1)))  # type: ignore[arg-type]
    covariances = bases.outward([own for own, _ in blocks])
    return tuple(
        GroupEffects(
            grouping.group,
            grouping.names,
            grouping.levels,
            u,
            np.sqrt(np.maximum(np.diagonal(own, axis1=1, axis2=2), 0.0)),
            own,
        )
        for grouping, u, own in zip(responses.groupings, bases.effects(mode.u), covariances, strict=True)
    )


def _posterior(mode: Mode, responses: Responses, columns: Columns, bases: Bases, fixed: FixedEffects) -> Posterior:
    root = np.sqrt(responses.curvature(mode.eta))
    groupings = tuple(replace(grouping, Z=grouping.Z * root[:, None]) for grouping in responses.groupings)
    XY = np.column_stack([columns.scaled * root[:, None], root])
    system = nested_system(groupings, XY) or crossed_system(groupings, XY, responses.limits, streamed=True)
    return Posterior(system, mode.lambdas, bases, columns.kept, columns.R, fixed.estimate[columns.kept], 1.0)


def _trace(search: Laplace | Quadrature, bases: Bases, mode: Mode) -> FloatArray:
    rows = []
    for parameters, value in [*search.trace, (mode.theta, mode.value)]:
        lambdas = search.pattern.lambdas(parameters[: search.pattern.length])
        covariances = bases.outward([Lambda @ Lambda.T for Lambda in lambdas])
        rows.append([*search.pattern.collected(covariances), value])
    return np.array(rows)


def _columns(X: FloatArray) -> Columns:
    n = len(X)
    kept, R = independent(triangle(np.column_stack([X, np.ones(n)])))
    rank = len(kept)
    R = R[:rank, :rank] / np.sqrt(n)
    scaled = np.linalg.solve(R.T, X[:, kept].T).T if rank else X[:, kept]
    return Columns(kept, R, np.ascontiguousarray(scaled))


def _answered(spec: Spec, table: Table, limits: Limits) -> Answered:
    tree = parse(spec.formula, limits)
    response_text(tree)
    weights = weights_of(spec, table)
    also = () if spec.weights is None else (spec.weights,)
    response = tree.response
    if isinstance(response, Call) and response.function == "cbind":
        return _of_two_columns(spec, response, table, limits, also)
    if isinstance(response, Name) and isinstance(column := table.columns.get(response.text), Factor):
        table = _with_numbers(response.text, column, table)
    design = build_mixed(spec.formula, table, limits, missing=spec.missing, also=also)
    y = design.fixed.y
    trials = np.ones(len(y)) if weights is None else weights[design.fixed.rows]
    if spec.family == "poisson":
        if (y < 0.0).any():
            raise InvalidInput("a count cannot be negative; the poisson family needs counts as its response", field="formula")
        return Answered(design, y, trials, 2.0 * float(trials @ special.gammaln(y + 1.0)))
    if ((y < 0.0) | (y > 1.0)).any():
        detail = (
            "the binomial family needs 0 and 1, a factor of two levels, cbind(successes, failures), or proportions with weights"
        )
        raise InvalidInput(detail, field="formula")
    return Answered(design, y, trials, _binomial_constant(y * trials, trials))


def _of_two_columns(spec: Spec, response: Call, table: Table, limits: Limits, also: tuple[str, ...]) -> Answered:
    if spec.family != "binomial" or len(response.arguments) != 2 or also:
        reason = "cbind(successes, failures) is the response of the binomial family, without weights"
        raise FormulaError(reason, formula=spec.formula, position=response.start)
    successes, failures = (spec.formula[a.value.start : a.value.end] for a in response.arguments)
    needed = tuple(name.text for name in names(response.arguments[1].value))
    design = build_mixed(successes + " " + spec.formula[response.end :], table, limits, missing=spec.missing, also=needed)
    hits = design.fixed.y
    misses = build(f"{failures} ~ 1", table.take(design.fixed.rows), limits).y
    trials = hits + misses
    if (hits < 0.0).any() or (misses < 0.0).any() or not trials.all():
        raise InvalidInput("successes and failures must not be negative, and each row needs one trial or more", field="formula")
    return Answered(design, hits / trials, trials, _binomial_constant(hits, trials))


def _with_numbers(name: str, column: Factor, table: Table) -> Table:
    if len(column.levels) != 2:
        raise InvalidInput(f"{name} has {len(column.levels)} levels; the binomial family takes a factor of two", field="formula")
    numbers = np.where(column.codes < 0, np.nan, column.codes.astype(np.float64))
    return Table({**table.columns, name: Numeric(numbers)}, table.rows)


def _binomial_constant(hits: FloatArray, trials: FloatArray) -> float:
    logs = special.gammaln(trials + 1.0) - special.gammaln(hits + 1.0) - special.gammaln(trials - hits + 1.0)
    return -2.0 * float(logs.sum())
