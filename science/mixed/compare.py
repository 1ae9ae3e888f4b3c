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
from science.mixed.fit import fit
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


def compare(specs: Sequence[Spec], table: Table, limits: Limits, deadline: Deadline) -> Comparison:
    """Fit every model by ML to the same rows and test each against the next smaller one.

    Raises InvalidInput unless there are two models or more, of one response and of the same rows.
    """
    if len(specs) < 2:
        raise InvalidInput("a comparison needs two models or more", field="formulas")
    refitted = any(spec.method != "ml" and spec.family == "gaussian" for spec in specs)
    fits = [fit(_by_likelihood(spec), table, limits, deadline) for spec in specs]
    _check(fits)
    fits = sorted(fits, key=lambda one: one.fit.df)
    rows = [_row(one, before) for one, before in zip(fits, [None, *fits[:-1]], strict=True)]
    return Comparison(tuple(rows), _notices(fits, refitted=refitted))


def _by_likelihood(spec: Spec) -> Spec:
    return replace(spec, method="ml", df="none") if spec.family == "gaussian" else spec


def _check(fits: Sequence[Fit]) -> None:
    first = fits[0]
    for other in fits[1:]:
        if other.recipe.response != first.recipe.response or other.spec.family != first.spec.family:
            raise InvalidInput("models of different responses or families cannot be compared", field="formulas")
        if not np.array_equal(other.kept, first.kept) or other.spec.weights != first.spec.weights:
            detail = "the models were fitted to different rows, because values are missing, or with different weights"
            raise InvalidInput(detail, field="formulas")


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
