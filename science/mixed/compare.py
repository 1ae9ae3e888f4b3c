"""Compare nested models by likelihood ratios, as R's anova of lmer fits: by maximum likelihood, whatever was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from scipy import special

from errors import InvalidInput
from science.deadline import Deadline
from science.limits import Limits
from science.mixed.fit import Analysis, analyse_model, fit
from science.mixed.generalized import GeneralizedAnalysis
from science.mixed.result import Fit
from science.mixed.spec import Spec
from science.notice import Notice
from science.table import Table


@dataclass(frozen=True)
class Row:
    """One model. statistic, df and p_value compare it with the row before: None for the first."""

    formula: str
    npar: int
    aic: float
    bic: float
    log_lik: float
    deviance: float
    statistic: float | None
    df: int | None
    p_value: float | None


@dataclass(frozen=True)
class Comparison:
    rows: tuple[Row, ...]  # fewest parameters first
    warnings: tuple[Notice, ...]


def compare(
    analysis: Analysis | GeneralizedAnalysis, formulas: Sequence[str], table: Table, limits: Limits, deadline: Deadline
) -> Comparison:
    """Fit the models of other formulas by ML to the same rows, and test each against the next smaller one.

    Raises InvalidInput, its field `anova` and the formula's place there, unless the models are of one response and the same
    rows.
    """
    spec = analysis.fit.spec
    if not formulas:
        raise InvalidInput("a comparison needs another model; the tests of this one are f_tests", field="anova")
    if spec.variances is not None:
        raise InvalidInput("models are compared with their variances estimated; leave variances out", field="anova")
    others = []
    for place, formula in enumerate(formulas):
        try:
            others.append(fit(replace(likelihood_of(spec), formula=formula), table, limits, deadline))
        except InvalidInput as wrong:
            wrong.move_to(f"anova/{place}")
            raise
    own = _by_likelihood(analysis, limits, deadline)
    for place, other in enumerate(others):
        _check(own, other, f"anova/{place}")
    fits = sorted([own, *others], key=lambda one: one.fit.df)
    rows = [_row(one, before) for one, before in zip(fits, [None, *fits[:-1]], strict=True)]
    refitted = spec.family == "gaussian" and spec.method != "ml"
    return Comparison(tuple(rows), _notices(fits, refitted=refitted))


def likelihood_of(spec: Spec) -> Spec:
    """Return the same question asked by maximum likelihood, without degrees of freedom."""
    return spec if spec.family != "gaussian" else replace(spec, method="ml", df="none", iterations=None, start=None)


def _by_likelihood(analysis: Analysis | GeneralizedAnalysis, limits: Limits, deadline: Deadline) -> Fit:
    if isinstance(analysis, GeneralizedAnalysis) or analysis.fit.spec.method == "ml":
        return analysis.fit
    return analyse_model(likelihood_of(analysis.fit.spec), analysis.model, limits, deadline).fit


def _check(own: Fit, other: Fit, field: str) -> None:
    if other.recipe.response != own.recipe.response:
        raise InvalidInput("models of different responses cannot be compared", field=field)
    if not np.array_equal(other.kept, own.kept):
        detail = "the models were fitted to different rows, because values are missing"
        raise InvalidInput(detail, field=field)


def _row(one: Fit, before: Fit | None) -> Row:
    deviance = -2.0 * one.fit.log_lik
    statistic = df = p_value = None
    if before is not None:
        df = one.fit.df - before.fit.df
        statistic = max(-2.0 * before.fit.log_lik - deviance, 0.0)
        p_value = float(special.chdtrc(df, statistic)) if df > 0 else None
    glance = one.fit
    return Row(one.spec.formula, glance.df, glance.aic, glance.bic, glance.log_lik, deviance, statistic, df, p_value)


def _notices(fits: Sequence[Fit], *, refitted: bool) -> tuple[Notice, ...]:
    found = []
    if refitted:
        found.append(Notice("refitted", "the models were fitted again by maximum likelihood: REML criteria do not compare"))
    for small, large in pairwise(fits):
        if not set(small.fixed.terms) <= set(large.fixed.terms) or small.fit.df == large.fit.df:
            detail = f"{small.spec.formula} does not look nested in {large.spec.formula}: their p value means nothing then"
            found.append(Notice("not_nested", detail))
    for one in fits:
        if not one.fit.converged:
            found.append(Notice("not_converged", f"the search for {one.spec.formula} did not arrive"))
    return tuple(found)
