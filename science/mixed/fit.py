"""Fit a linear mixed model, as lme4's lmer and lmerTest's summary."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from errors import InvalidInput
from science.deadline import Deadline
from science.limits import Limits
from science.mixed.estimate import Estimate
from science.mixed.fixed import FixedEffects, fixed_effects
from science.mixed.generalized import GeneralizedAnalysis, analyse_generalized
from science.mixed.glance import Glance, shares_of
from science.mixed.kenward_roger import KenwardRoger, kenward_roger
from science.mixed.model import Model, model_of
from science.mixed.notices import aliased_notice, confounded_notices, design_notices, exhausted_notices
from science.mixed.posterior import posterior_of
from science.mixed.random import group_effects, random_effects, vanished
from science.mixed.result import Fit, Residual
from science.mixed.satterthwaite import satterthwaite
from science.mixed.solve import Solved, solve
from science.mixed.spec import Spec
from science.table import FloatArray, Table

LEAST_VARIANCE = 1e-280  # below, subnormal numbers begin to lose digits


@dataclass(frozen=True)
class Analysis:
    """A fitted linear model with its rows: intervals, tests and simulations go on from it without fitting again."""

    fit: Fit
    model: Model
    solved: Solved
    adjusted: KenwardRoger | None  # None unless asked for


def fit(spec: Spec, table: Table, limits: Limits, deadline: Deadline) -> Fit:
    """Fit the model of `spec` to a table. Raises what analyse() raises."""
    return analyse(spec, table, limits, deadline).fit


def analyse(spec: Spec, table: Table, limits: Limits, deadline: Deadline) -> Analysis | GeneralizedAnalysis:
    """Fit the model of `spec` to a table, and keep what went into it.

    Raises InvalidInput for a model that cannot be fitted to these rows, LimitExceeded, DeadlineExceeded. A variance that
    vanishes, columns left out, effects that cannot be told apart and a search that did not arrive are told in `warnings`.
    """
    with np.errstate(over="ignore", invalid="ignore", divide="ignore", under="ignore"):
        if spec.family != "gaussian":
            return analyse_generalized(spec, table, limits, deadline)
        return analyse_model(spec, model_of(spec, table, limits), limits, deadline)


def analyse_model(spec: Spec, model: Model, limits: Limits, deadline: Deadline) -> Analysis:
    """Fit a linear model that has been made ready."""
    solved = solve(spec, model, deadline)
    _check_range(solved.estimate)
    adjusted = _adjusted(spec, model, solved, limits)
    return Analysis(_told(spec, model, solved, _fixed(spec, model, solved, adjusted)), model, solved, adjusted)


def _check_range(estimate: Estimate) -> None:
    """Refuse an answer whose variances double precision cannot hold."""
    parts = [estimate.covariance.diagonal(), np.array([estimate.sigma2])]
    for Lambda, S in zip(estimate.evaluation.factor.lambdas, estimate.covariances(), strict=True):
        parts.append(S.diagonal()[np.diagonal(Lambda @ Lambda.T) > 0.0])
    variances = np.concatenate(parts)
    if not (np.isfinite(variances).all() and (variances >= LEAST_VARIANCE).all() and np.isfinite(estimate.beta).all()):
        raise InvalidInput("the numbers are too large or too small for double precision; change the units", field="data")


def _adjusted(spec: Spec, model: Model, solved: Solved, limits: Limits) -> KenwardRoger | None:
    if spec.df != "kenward-roger" or solved.curvature is None or len(solved.estimate.beta) == 0:
        return None
    if spec.method == "ml":
        raise InvalidInput("Kenward and Roger's degrees of freedom are for REML; ask for method reml", field="df")
    return kenward_roger(solved.estimate, model.sample, limits)


def _fixed(spec: Spec, model: Model, solved: Solved, adjusted: KenwardRoger | None) -> FixedEffects:
    estimate, df = solved.estimate, None
    covariance = estimate.covariance if adjusted is None else adjusted.covariance
    if adjusted is not None:
        df = adjusted.df
    elif spec.df == "satterthwaite" and solved.curvature is not None and len(estimate.beta):
        df = satterthwaite(estimate, solved.search, solved.curvature)
    return fixed_effects(model.design.fixed.columns, model.prepared.scaling.kept, estimate.beta, covariance, df, spec.level)


def _told(spec: Spec, model: Model, solved: Solved, fixed: FixedEffects) -> Fit:
    """Tell everything about an estimate."""
    estimate, fixed_design = solved.estimate, model.design.fixed
    mean = model.fixed_part(estimate.beta)
    modes = estimate.modes()
    fitted = mean + model.random_part(modes) + model.offset
    singular = vanished(estimate.criterion.pattern, model.prepared.bases, estimate.evaluation.factor.lambdas, model.groupings)
    return Fit(
        spec=spec,
        recipe=fixed_design.recipe,
        term_recipes=model.design.recipes,
        fixed=fixed,
        random=random_effects(estimate.criterion.pattern, estimate.covariances(), model.groupings),
        residual=Residual(float(np.sqrt(estimate.sigma2)), estimate.sigma2),
        fit=_glance(spec, model, solved, mean, singular=bool(singular)),
        effects=group_effects(estimate, model.groupings, modes),
        trace=solved.trace,
        nobs=model.sample.rows,
        rows=fixed_design.rows_total,
        rows_dropped=fixed_design.rows_dropped,
        kept=fixed_design.rows,
        codes={grouping.group: grouping.codes for grouping in model.groupings},
        fitted=fitted,
        residuals=fixed_design.y - fitted,
        posterior=posterior_of(estimate, model),
        warnings=(
            *fixed_design.warnings,
            *aliased_notice(fixed.aliased),
            *design_notices(model.groupings),
            *confounded_notices(model.prepared.system, model.groupings),
            *singular,
            *solved.warnings,
            *exhausted_notices(float(np.sqrt(estimate.sigma2)) / model.prepared.scaling.scale),
        ),
    )


def _glance(spec: Spec, model: Model, solved: Solved, mean: FloatArray, *, singular: bool) -> Glance:
    estimate, nobs = solved.estimate, model.sample.rows
    variances = 0 if spec.variances is not None else estimate.criterion.pattern.length + 1
    parameters = len(estimate.beta) + variances
    shares = shares_of(mean, model.groupings, estimate.covariances(), _mean_residual(estimate, model))
    reml = estimate.criterion.reml
    return Glance(
        reml_criterion=solved.value if reml else None,
        log_lik=-0.5 * solved.value,
        deviance=None if reml else solved.value,
        aic=solved.value + 2.0 * parameters,
        bic=solved.value + float(np.log(nobs)) * parameters,
        df=parameters,
        df_residual=nobs - parameters,
        sigma=float(np.sqrt(estimate.sigma2)),
        nobs=nobs,
        groups={grouping.group: len(grouping.levels) for grouping in model.groupings},
        converged=solved.converged,
        singular=singular,
        evaluations=solved.evaluations,
        gradient=solved.gradient,
        icc=shares.icc,
        r_squared_marginal=shares.marginal,
        r_squared_conditional=shares.conditional,
    )


def _mean_residual(estimate: Estimate, model: Model) -> float:
    weights = model.sample.weights
    return estimate.sigma2 if weights is None else float(np.mean(estimate.sigma2 / weights))
