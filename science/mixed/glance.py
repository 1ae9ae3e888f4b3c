"""One row about the whole fit, and how much of the variance is whose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from science.mixed.grouping import Grouping
from science.table import FloatArray


@dataclass(frozen=True)
class Glance:
    """None: not defined for this method."""

    reml_criterion: float | None
    log_lik: float
    deviance: float | None  # -2 log likelihood, of an ML fit
    aic: float
    bic: float
    df: int  # parameters: fixed effects, variances and covariances
    df_residual: int
    sigma: float | None
    nobs: int
    groups: dict[str, int]
    converged: bool
    singular: bool
    evaluations: int
    gradient: float | None  # largest entry at the optimum
    icc: float | None
    r_squared_marginal: float | None
    r_squared_conditional: float | None


@dataclass(frozen=True)
class Shares:
    """Intraclass correlation (adjusted) and R squared (Nakagawa, Johnson and Schielzeth 2017)."""

    icc: float | None
    marginal: float | None
    conditional: float | None


def shares_of(fixed: FloatArray, groupings: Sequence[Grouping], covariances: Sequence[FloatArray], residual: float) -> Shares:
    """Split the variance. fixed: (n,) the fixed part of the fitted values; residual: the variance of the rest.

    With random slopes the variance of the random effects is its mean over the rows (Johnson 2014).
    """
    random = sum(
        float(np.vdot(grouping.Z @ S, grouping.Z)) / len(fixed) for grouping, S in zip(groupings, covariances, strict=True)
    )
    explained = float(np.var(fixed, ddof=1)) if len(fixed) > 1 else 0.0
    total = explained + random + residual
    if not total > 0.0:
        return Shares(None, None, None)
    return Shares(
        random / (random + residual) if random + residual > 0 else None, explained / total, (explained + random) / total
    )
