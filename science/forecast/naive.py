"""The forms that need no fitting: the last value, the last season, and the last value with the mean change."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from errors import InvalidInput
from science.forecast.differences import check_length
from science.forecast.outlook import Origins, Outlook
from science.forecast.transform import Power
from science.table import FloatArray

FORMS = ("naive", "snaive", "drift")


def outlook(name: str, y: FloatArray, season: int, power: Power, origins: Origins) -> Outlook:
    """Forecast y, (n,), from every origin. Raises InvalidInput for a season that is not there, or is as long as the series."""
    x = power.forward(y)
    if name == "snaive" and season == 1:
        raise InvalidInput("the seasonal naive forecast needs a season", field="season")
    if name == "naive":
        return replace(seasonal_naive(x, 1, power, origins), name="naive")
    if name == "snaive":
        check_length(len(x), [season], remaining=1)
        return seasonal_naive(x, season, power, origins)
    return _drift(x, power, origins)


def seasonal_naive(x: FloatArray, season: int, power: Power, origins: Origins) -> Outlook:
    """Repeat the last season of x, (n,) on the transformed scale, from every origin."""
    steps = np.arange(origins.h) % season
    starts = np.array(origins.lengths) - season  # and how many changes are behind each origin
    mean = x[starts[:, None] + steps]
    squares = np.cumsum((x[season:] - x[:-season]) ** 2)
    sigma = np.sqrt(squares[starts - 1] / starts)
    psi = (np.arange(origins.h) % season == 0).astype(float)
    one_step = np.r_[np.full(season, np.nan), x[:-season]]
    return Outlook(f"snaive[{season}]", (season,), power, mean, sigma, psi, np.zeros_like(mean), False, power.back(one_step), {})


def _drift(x: FloatArray, power: Power, origins: Origins) -> Outlook:
    """Continue the line from the first value to the last; its slope's error counts in the intervals, as in R's rwf."""
    steps = np.arange(1, origins.h + 1.0)
    changes = np.diff(x)
    slopes = np.array([(x[length - 1] - x[0]) / (length - 1) for length in origins.lengths])
    mean = np.stack([x[length - 1] + slope * steps for length, slope in zip(origins.lengths, slopes, strict=True)])
    squares = [np.sum((changes[: length - 1] - slope) ** 2) for length, slope in zip(origins.lengths, slopes, strict=True)]
    sigma = np.sqrt([s / max(length - 2, 1) for s, length in zip(squares, origins.lengths, strict=True)])
    covariance = np.minimum.outer(steps, steps) + np.outer(steps, steps) / (len(x) - 1)
    fitted = np.r_[np.nan, x[:-1] + slopes[0]]
    return Outlook(
        name="drift",
        lags=(1,),
        power=power,
        mean=mean,
        sigma=sigma,
        psi=np.ones(origins.h),
        season=np.zeros_like(mean),
        multiplicative=False,
        fitted=power.back(fitted),
        parameters={"drift": float(slopes[0])},
        root=np.linalg.cholesky(covariance),
    )
