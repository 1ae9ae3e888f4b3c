"""A forecast as it is told: plain frozen values, named as on the wire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from science.forecast.backtest import Backtest
from science.forecast.provenance import Step
from science.notice import Notice
from science.table import FloatArray

Stamp = str | int | float


@dataclass(frozen=True)
class Part:
    """One form of an average and its share."""

    name: str
    transform: str
    weight: float
    differences: tuple[int, ...]
    coefficients: Mapping[str, float]


@dataclass(frozen=True)
class ModelTold:
    """What forecast the series. Numbers that only a likelihood gives are None for averages."""

    name: str
    transform: str
    chosen_by: str
    parts: tuple[Part, ...]
    coefficients: Mapping[str, float]
    std_errors: Mapping[str, float]
    sigma2: float
    sigma2_ml: float | None = None
    log_lik: float | None = None
    aic: float | None = None
    aicc: float | None = None
    bic: float | None = None
    nobs: int | None = None


@dataclass(frozen=True)
class DifferencesTold:
    """The stack of differences that the forecast is read through, and why."""

    applied: tuple[int, ...]
    chosen_by: str
    lost: int


@dataclass(frozen=True)
class Row:
    """One step ahead. lo and hi are by level; inflation is the sd in y over the sd in the differenced series."""

    h: int
    ds: Stamp
    mean: float
    median: float
    se: float
    lo: Mapping[float, float]
    hi: Mapping[float, float]
    w: float  # the forecast of the differenced series, which the stack turns into the median
    stack: Step
    inflation: float


@dataclass(frozen=True)
class Sum:
    """The total over steps from..to, with the errors' covariance."""

    first: int
    last: int
    mean: float
    median: float
    se: float
    lo: Mapping[float, float]
    hi: Mapping[float, float]


@dataclass(frozen=True)
class IntervalsTold:
    method: str
    multiplier: float  # of the model's own standard error of the first step
    last_multiplier: float  # of that of the last
    origins: int  # behind them
    df: float | None  # degrees of freedom of Student's t; None for the normal distribution


@dataclass(frozen=True)
class Forecast:
    """Everything told about one series."""

    unique_id: str | None
    n: int
    season: int
    frequency: str
    model: ModelTold
    differences: DifferencesTold
    forecast: tuple[Row, ...]
    sums: tuple[Sum, ...]
    fitted: FloatArray  # (n,) NaN for the first sum(lags) and at gaps
    stamps: tuple[Stamp, ...]  # (n,) of the values, gaps included
    history: FloatArray  # (n,) with gaps filled
    intervals: IntervalsTold
    backtest: Backtest | None
    warnings: tuple[Notice, ...]
