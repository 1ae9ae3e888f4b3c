"""The numbers that describe a whole fit, in the names of R's broom::glance."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.special import fdtrc

from science.regress.solution import Solution


@dataclass(frozen=True)
class Glance:
    """As summary.lm and broom::glance.lm give them; NaN or None where R has NA."""

    r_squared: float
    adj_r_squared: float
    sigma: float
    statistic: float  # F
    p_value: float  # of F
    df: int | None  # of the model, without the intercept
    df_residual: int
    log_lik: float
    aic: float
    bic: float
    deviance: float
    nobs: int  # rows with a weight above zero


def glance_of(solution: Solution, nobs: int, log_weights: float, *, intercept: bool) -> Glance:
    """Compute the fit's statistics.

    `log_weights` is the sum of log(w). Without an intercept r_squared is about zero, as in R's summary.lm.
    """
    rank, constant = len(solution.kept), int(intercept)
    df, df_residual = rank - constant, nobs - rank
    squares, model = solution.residual_squares, solution.model_squares
    exponent = int(solution.exponents[-1])
    log_lik = _log_likelihood(squares, exponent, nobs, log_weights)
    r_squared = _quotient(model, model + squares) if df else 0.0
    statistic = _quotient(model / df, _quotient(squares, df_residual)) if df else math.nan
    return Glance(
        r_squared=r_squared,
        adj_r_squared=1.0 - _quotient((1.0 - r_squared) * (nobs - constant), df_residual) if df else 0.0,
        sigma=_scaled(math.sqrt(_quotient(squares, df_residual)), exponent),
        statistic=statistic,
        p_value=float(fdtrc(df, df_residual, statistic)) if df and df_residual else math.nan,
        df=df or None,
        df_residual=df_residual,
        log_lik=log_lik,
        aic=2.0 * (rank + 1) - 2.0 * log_lik,
        bic=math.log(nobs) * (rank + 1) - 2.0 * log_lik,
        deviance=_scaled(squares, 2 * exponent),
        nobs=nobs,
    )


def _log_likelihood(squares: float, exponent: int, nobs: int, log_weights: float) -> float:
    if squares == 0.0:
        return math.inf
    log_squares = math.log(squares) + 2 * exponent * math.log(2.0)
    return 0.5 * (log_weights - nobs * (math.log(2.0 * math.pi) + 1.0 - math.log(nobs) + log_squares))


def _quotient(numerator: float, denominator: float) -> float:
    if denominator == 0.0:
        return math.inf if numerator > 0.0 else math.nan
    return numerator / denominator


def _scaled(number: float, exponent: int) -> float:
    try:
        return math.ldexp(number, exponent)
    except OverflowError:
        return math.inf
