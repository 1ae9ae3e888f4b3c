"""Predict new rows from a fitted linear model, as R's predict.lm."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from errors import InvalidInput
from science.limits import Limits
from science.notice import Notice
from science.regress.coefficients import quantile
from science.regress.fit import Fit
from science.regress.warn import CONSTANT_VARIANCE, RANK_DEFICIENT
from science.table import FloatArray, Table


@dataclass(frozen=True)
class Predictions:
    """Arrays (m,), one number per new row; NaN where a value that the model needs is missing."""

    fit: FloatArray
    std_error: FloatArray
    conf_low: FloatArray  # of the mean response
    conf_high: FloatArray
    pred_low: FloatArray  # of a new observation
    pred_high: FloatArray
    warnings: tuple[Notice, ...] = ()


def predict(fit: Fit, table: Table, limits: Limits) -> Predictions:
    """Predict the rows of a table, with confidence and prediction intervals at the fit's level."""
    rows = fit.recipe.matrix(table, limits)
    X, estimate = rows.X, fit.estimate
    if fit.aliased:
        kept = np.flatnonzero(~np.isnan(estimate))
        X, estimate = X[:, kept], estimate[kept]
    with np.errstate(over="ignore", invalid="ignore"):
        mean = X @ estimate
        if rows.offset is not None:
            mean = mean + rows.offset
        error = _standard_error(fit, X)
        t = quantile(fit.glance.df_residual, fit.spec.level)
        half, wide = t * error, t * np.hypot(error, fit.glance.sigma)
        predictions = Predictions(mean, error, mean - half, mean + half, mean - wide, mean + wide, _notices(fit))
    _check(mean, rows.missing)
    return predictions


def _standard_error(fit: Fit, X: FloatArray) -> FloatArray:
    Q = np.ldexp(X, -fit.exponents) @ fit.root
    error: FloatArray = fit.glance.sigma * np.sqrt(np.vecdot(Q, Q))
    return error


def _notices(fit: Fit) -> tuple[Notice, ...]:
    notices = (RANK_DEFICIENT,) if fit.aliased else ()
    return (*notices, CONSTANT_VARIANCE) if fit.spec.weights is not None else notices


def _check(mean: FloatArray, missing: np.ndarray) -> None:
    finite = np.isfinite(mean)
    if finite.all():
        return
    beyond = np.flatnonzero(~finite & ~missing)
    if beyond.size:
        row = int(beyond[0])
        raise InvalidInput(f"row {row + 1} gives a prediction too large for double precision", field=f"/predict/{row}")
