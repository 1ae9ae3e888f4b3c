"""Fit a linear mixed model, as lme4's lmer and lmerTest's summary."""

from __future__ import annotations

import numpy as np

from errors import InvalidInput
from science.deadline import Deadline
from science.limits import Limits
from science.mixed.estimate import Estimate
from science.mixed.fixed import FixedEffects, fixed_effects
from science.mixed.generalized import fit_generalized
from science.mixed.glance import Glance, shares_of
from science.mixed.kenward_roger import kenward_roger
from science.mixed.model import Model, model_of
from science.mixed.notices import aliased_notice, design_notices, exhausted_notices
from science.mixed.posterior import posterior_of
from science.mixed.random import group_effects, random_effects, vanished
from science.mixed.result import Fit, Residual
from science.mixed.satterthwaite import satterthwaite
from science.mixed.solve import Solved, solve
from science.mixed.spec import Spec
from science.table import FloatArray, Table


def fit(spec: Spec, table: Table, limits: Limits, deadline: Deadline) -> Fit:
    """Fit the model of `spec` to a table.

    Raises InvalidInput for a model that cannot be fitted to these rows, LimitExceeded, DeadlineExceeded. A variance that
    vanishes, columns left out, effects that cannot be told apart and a search that did not arrive are told in `warnings`.
    """
    if spec.family != "gaussian":
        return fit_generalized(spec, table, limits, deadline)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore", under="ignore"):
        model = model_of(spec, table, limits)
        return fitted_model(spec, model, solve(spec, model, deadline), limits)


def fitted_model(spec: Spec, model: Model, solved: Solved, limits: Limits) -> Fit:
    """Tell everything about an estimate."""
    estimate, fixed_design = solved.estimate, model.design.fixed
    if not (np.isfinite(estimate.covariance).all() and np.isfinite(estimate.beta).all() and np.isfinite(estimate.sigma2)):
        raise InvalidInput("the numbers are too large or too small for double precision; change the units", field="data")
    fixed = _fixed(spec, model, solved, limits)
    mean = model.fixed_part(estimate.beta)
    modes = estimate.modes()
    fitted = mean + model.random_part(modes) + model.offset
    singular = vanished(estimate.criterion.pattern, model.prepared.bases, estimate.evaluation.factor.lambdas, model.groupings)
    return Fit(
        spec=spec,
        recipe=fixed_design.recipe,
        term_recipes=model.design.recipes,
        fixed=fixed,
        random=random_effects(estimate, model.groupings),
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
            *singular,
            *solved.warnings,
            *exhausted_notices(float(np.sqrt(estimate.sigma2)) / model.prepared.scaling.scale),
        ),
    )


def _fixed(spec: Spec, model: Model, solved: Solved, limits: Limits) -> FixedEffects:
    estimate = solved.estimate
    covariance, df = estimate.covariance, None
    if len(estimate.beta) == 0 or solved.curvature is None:
        df = None
    elif spec.df == "satterthwaite":
        df = satterthwaite(estimate, solved.search, solved.curvature)
    elif spec.df == "kenward-roger":
        if spec.method == "ml":
            raise InvalidInput("Kenward and Roger's degrees of freedom are for REML; ask for method reml", field="df")
        adjusted = kenward_roger(estimate, model.sample, limits)
        covariance, df = adjusted.covariance, adjusted.df
    return fixed_effects(model.design.fixed.columns, model.prepared.scaling.kept, estimate.beta, covariance, df, spec.level)


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
