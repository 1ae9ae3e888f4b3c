"""statsmodels fits the same ARMA of the differenced series: SARIMAX. For jobs alone; nothing that serves requests imports it."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from science.forecast.differences import difference
from science.opinion import Numbers
from science.table import FloatArray

ARIMA = re.compile(r"ARIMA\((\d+),\d+,(\d+)\)(?:\((\d+),\d+,(\d+)\)\[(\d+)\])?")
STACKED = re.compile(r"ARMA\((\d+),(\d+)\)\((\d+),(\d+)\)\[(\d+)\] of diff\[.*\]")
ITERATIONS = 1_000


class Unfit(Exception):
    """statsmodels has no such model."""


@dataclass(frozen=True)
class ArmaTold:
    """A model as its answer tells it: the transformed series, the lags, the name, and the names of its coefficients."""

    y: FloatArray  # (n,) transformed, without gaps
    lags: tuple[int, ...]
    name: str
    terms: tuple[str, ...]
    h: int


def statsmodels_fit(told: ArmaTold) -> tuple[dict[str, Numbers], list[str]]:
    """Fit by SARIMAX, exactly and on the differenced series, and give its numbers by group. Raises Unfit."""
    from statsmodels.tsa.statespace.sarimax import SARIMAX  # late: two seconds and 75 MB

    p, q, P, Q, season = orders_of(told.name)
    constant = [term for term in told.terms if term in ("intercept", "drift")]
    if len(told.terms) != p + q + P + Q + len(constant):
        raise Unfit("regressors are not compared")
    w = difference(told.y, told.lags)[0]
    step = float(prod(told.lags))  # what differencing makes of a line that rises by 1
    exog, ahead = (np.full((n, 1), step) if constant else None for n in (len(w), told.h))
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        seasonal = (P, 0, Q, season) if P + Q else (0, 0, 0, 0)
        model = SARIMAX(w, exog, order=(p, 0, q), seasonal_order=seasonal, concentrate_scale=True)
        found = model.fit(disp=False, cov_type="approx", maxiter=ITERATIONS, pgtol=1e-10, factr=10.0)
        forecast = found.forecast(told.h, exog=ahead)
    terms = _terms(p, q, P, Q, constant)
    numbers: dict[str, Numbers] = {
        "coefficients": _by(terms, found.params),
        "std_errors": _by(terms, found.bse),
        "fit": {
            "log_lik": float(found.llf),
            "aic": float(found.aic),
            "aicc": float(found.aicc),
            "bic": float(found.bic),
            "sigma2_ml": float(found.scale),
        },
        "forecast": {f"w at h={step}": float(value) for step, value in enumerate(forecast, 1)},
    }
    words = list(dict.fromkeys(f"{each.category.__name__}: {each.message}" for each in said))
    return numbers, [*words, "converged" if found.mle_retvals["converged"] else "did not converge"]


def orders_of(name: str) -> tuple[int, int, int, int, int]:
    """Read p, q, P, Q and the season off a model's name. Raises Unfit for what is no single ARMA."""
    if (plain := ARIMA.fullmatch(name)) is not None:
        return int(plain[1]), int(plain[2]), int(plain[3] or 0), int(plain[4] or 0), int(plain[5] or 1)
    if (stacked := STACKED.fullmatch(name)) is not None:
        return tuple(map(int, stacked.groups()))  # type: ignore[return-value]
    raise Unfit("statsmodels is asked about a single ARMA alone; ask for model arma, or its orders")


def _terms(p: int, q: int, P: int, Q: int, constant: Sequence[str]) -> list[str]:
    """Name SARIMAX's parameters, in its order, as R names them."""
    names = [(f"ar{i}" for i in range(1, p + 1)), (f"ma{i}" for i in range(1, q + 1))]
    seasonal = [(f"sar{i}" for i in range(1, P + 1)), (f"sma{i}" for i in range(1, Q + 1))]
    return [*constant, *(name for part in names + seasonal for name in part)]


def _by(names: Sequence[str], values: FloatArray) -> Mapping[str, float | None]:
    return dict(zip(names, map(float, values), strict=True))
