"""statsmodels fits the same regression: OLS or WLS on the same columns. For jobs alone: nothing that serves imports it."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from science.design import build
from science.limits import Limits
from science.opinion import Numbers
from science.regress.spec import Spec
from science.regress.weights import weights_of
from science.table import FloatArray, Table

GLANCE = {
    "r_squared": "rsquared",
    "adj_r_squared": "rsquared_adj",
    "statistic": "fvalue",
    "p_value": "f_pvalue",
    "log_lik": "llf",
    "deviance": "ssr",
}


def statsmodels_fit(spec: Spec, table: Table, terms: Sequence[str], limits: Limits) -> tuple[dict[str, Numbers], list[str]]:
    """Fit the terms that are not aliased, and give statsmodels' numbers by group, and what it warned of.

    AIC and BIC count sigma as a parameter here, as R does and statsmodels does not.
    """
    from statsmodels.regression.linear_model import OLS, WLS  # late: two seconds and 75 MB
    from statsmodels.tools.sm_exceptions import ValueWarning

    y, X, weights, intercept = _arrays(spec, table, terms, limits)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        warnings.simplefilter("ignore", ValueWarning)  # of names that it cannot use
        model = OLS(y, X, hasconst=intercept) if weights is None else WLS(y, X, weights, hasconst=intercept)
        found: Any = model.fit(method="qr")
        low, high = found.conf_int(alpha=1.0 - spec.level).T
        told: dict[str, Numbers] = {
            "coefficients": _by(terms, found.params),
            "std_errors": _by(terms, found.bse),
            "statistics": _by(terms, found.tvalues),
            "p_values": _by(terms, found.pvalues),
            "intervals": _by([f"{term} low" for term in terms], low) | _by([f"{term} high" for term in terms], high),
            "fit": {ours: float(getattr(found, theirs)) for ours, theirs in GLANCE.items()}
            | {
                "sigma": float(np.sqrt(found.mse_resid)),
                "aic": float(found.aic) + 2.0,
                "bic": float(found.bic) + float(np.log(found.nobs)),
            },
        }
    return told, [f"{each.category.__name__}: {each.message}" for each in said]


def _arrays(
    spec: Spec, table: Table, terms: Sequence[str], limits: Limits
) -> tuple[FloatArray, FloatArray, FloatArray | None, bool]:
    design = build(spec.formula, table, limits, missing=spec.missing, also=() if spec.weights is None else (spec.weights,))
    kept = [design.columns.index(term) for term in terms]
    X, y = design.X[:, kept], design.y if design.offset is None else design.y - design.offset
    weights = weights_of(spec, table)
    if weights is None:
        return y, X, None, design.intercept
    weights = weights[design.rows]
    used = weights > 0
    return y[used], X[used], weights[used], design.intercept


def _by(names: Sequence[str], values: FloatArray) -> dict[str, float | None]:
    return dict(zip(names, map(float, values), strict=True))
