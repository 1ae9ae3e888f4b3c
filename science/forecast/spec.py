"""What may be asked of a forecast, and of which series: made valid once, frozen after."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np

from errors import InvalidInput, pointer_to
from science.forecast.provenance import check_horizon, check_lags
from science.forecast.transform import Power
from science.limits import Limits
from science.table import FloatArray

Model = Literal["auto", "arma", "naive", "snaive", "drift", "ses", "holt", "damped", "theta", "holt-winters", "ar"]
MODELS = get_args(Model)
Interval = Literal["calibrated", "model", "bootstrap"]
INTERVALS = get_args(Interval)
FREQUENCIES = {
    "Y": "Y", "YS": "Y", "YE": "Y", "A": "Y", "AS": "Y", "Q": "Q", "QS": "Q", "QE": "Q", "M": "M", "MS": "M", "ME": "M",
    "W": "W", "D": "D", "H": "H", "h": "H", "30min": "30min", "15min": "15min",
}  # fmt: skip
LARGEST = 1e100  # of a value: sums of squares have to fit a double
MOST_ORDER = 5  # of p, q, P and Q
MOST_LEVELS = 10
MOST_SUMS = 50
MOST_ORIGINS = 60
MOST_SEASON = 2_000
MOST_REGRESSORS = 50
TERMS = re.compile(r"intercept|drift|s?(ar|ma)[0-9]+")  # the model's own coefficients


@dataclass(frozen=True)
class ArmaOrders:
    """The orders that a caller names; the season is the spec's."""

    p: int = 0
    q: int = 0
    P: int = 0
    Q: int = 0


@dataclass(frozen=True)
class BoxCox:
    """The Box-Cox transform of this lambda; 0 is the logarithm."""

    exponent: float


@dataclass(frozen=True)
class Spec:
    """A question about a series. Raises InvalidInput naming the field that cannot be used."""

    h: int
    level: tuple[float, ...] = (80.0, 95.0)  # percent
    differences: Literal["auto"] | tuple[int, ...] = "auto"  # lags, in the order in which they are applied
    season: Literal["auto"] | int = "auto"  # 1 is none
    model: Model | ArmaOrders = "auto"
    transform: Literal["auto", "none", "log"] | BoxCox = "auto"
    interval: Interval = "calibrated"
    missing: Literal["refuse", "kalman"] = "refuse"
    freq: str | None = None
    aggregate: tuple[tuple[int, int], ...] = ()  # sums over steps from..to
    origins: int | None = None  # of the backtest; None lets the length of the series say
    likelihood: Literal["exact", "r"] = "exact"  # "r": the digits of R's arima and forecast::Arima
    seed: int = 0

    def __post_init__(self) -> None:
        check_horizon(self.h)
        _check_levels(self.level)
        if self.differences != "auto":
            check_lags(self.differences, field="differences")
        if self.season != "auto":
            _check_whole(self.season, 1, MOST_SEASON, "season")
        _check_choice(self.transform, ("auto", "none", "log"), "transform", BoxCox)
        _check_choice(self.model, MODELS, "model", ArmaOrders)
        _check_choice(self.interval, INTERVALS, "interval")
        _check_choice(self.missing, ("refuse", "kalman"), "missing")
        _check_choice(self.likelihood, ("exact", "r"), "likelihood")
        if self.freq is not None:
            _check_choice(self.freq, tuple(FREQUENCIES), "freq")
        if isinstance(self.transform, BoxCox) and not -5 <= self.transform.exponent <= 5:
            raise InvalidInput("the exponent of the Box-Cox transform must be between -5 and 5", field="transform.boxcox")
        if isinstance(self.model, ArmaOrders):
            for name in ("p", "q", "P", "Q"):
                _check_whole(getattr(self.model, name), 0, MOST_ORDER, f"model.{name}")
        if self.origins is not None:
            _check_whole(self.origins, 1, MOST_ORIGINS, "backtest.origins")
        _check_whole(self.seed, 0, 2**63 - 1, "seed")
        _check_sums(self.aggregate, self.h)


@dataclass(frozen=True)
class Series:
    """A series to forecast: values with NaN where missing, timestamps or none, regressors over its times and after."""

    y: FloatArray
    ds: tuple[object, ...] | None = None
    unique_id: str | None = None
    x: Mapping[str, FloatArray] = field(default_factory=dict)
    x_future: Mapping[str, FloatArray] = field(default_factory=dict)


def check_series(series: Series, spec: Spec, limits: Limits) -> None:
    """Raise InvalidInput, or LimitExceeded, unless this series can be asked about."""
    n = len(series.y)
    limits.check("max_rows", n, f"the series has {n} values", field="y")
    if not n:
        raise InvalidInput("the series has no values", field="y")
    infinite = np.flatnonzero(np.isinf(series.y))
    if infinite.size:
        raise InvalidInput(f"value {infinite[0] + 1} is infinite; give a finite number or null", field=f"y.{infinite[0]}")
    large = np.flatnonzero(np.abs(series.y) > LARGEST)
    if large.size:
        raise InvalidInput(f"value {large[0] + 1} is beyond {LARGEST:g}; send the series in a larger unit", field=f"y.{large[0]}")
    missing = np.flatnonzero(np.isnan(series.y))
    if missing.size and spec.missing == "refuse":
        detail = f'value {missing[0] + 1} is missing; send it, or ask for missing "kalman"'
        raise InvalidInput(detail, field=f"y.{missing[0]}")
    if missing.size == n:
        raise InvalidInput("every value is missing", field="y")
    if series.ds is not None and len(series.ds) != n:
        raise InvalidInput(f"there are {len(series.ds)} timestamps for {n} values", field="ds")
    _check_transformed(series.y, spec)
    _check_regressors(series, spec, n)


def _check_transformed(y: FloatArray, spec: Spec) -> None:
    if spec.transform in ("auto", "none"):
        return
    bad = np.flatnonzero(y <= 0)
    if bad.size:
        detail = f'value {bad[0] + 1} is not above zero, which this transform needs; ask for transform "none"'
        raise InvalidInput(detail, field=f"y.{bad[0]}")
    if isinstance(spec.transform, BoxCox):
        with np.errstate(over="ignore"):
            squares = Power(float(spec.transform.exponent)).forward(y) ** 2
        if np.isinf(squares).any():
            raise InvalidInput(
                "this transform makes the values too large; send the series in another unit", field="transform.boxcox"
            )


def _check_regressors(series: Series, spec: Spec, n: int) -> None:
    if len(series.x) > MOST_REGRESSORS:
        raise InvalidInput(f"x has {len(series.x)} columns; at most {MOST_REGRESSORS} are allowed", field="x")
    for key in series.x:
        if TERMS.fullmatch(key):
            raise InvalidInput(
                f"a column of x cannot be called {key}, as a coefficient of the model is", field=pointer_to("x", key)
            )
    if set(series.x) != set(series.x_future):
        raise InvalidInput("x and x_future must have the same columns", field="x_future")
    for columns, length, name in ((series.x, n, "x"), (series.x_future, spec.h, "x_future")):
        for key, values in columns.items():
            if len(values) != length:
                raise InvalidInput(
                    f"column {key} of {name} has {len(values)} values; {length} are needed", field=pointer_to(name, key)
                )
            if not np.all(np.isfinite(values)):
                raise InvalidInput(f"column {key} of {name} has a missing or infinite value", field=pointer_to(name, key))
    if series.x and not (spec.model in ("auto", "arma") or isinstance(spec.model, ArmaOrders)):
        raise InvalidInput('columns x need the model "arma" (or its orders)', field="model")


def _check_levels(levels: tuple[float, ...]) -> None:
    if not 1 <= len(levels) <= MOST_LEVELS:
        raise InvalidInput(f"give 1 to {MOST_LEVELS} levels", field="level")
    for i, level in enumerate(levels):
        if isinstance(level, bool) or not isinstance(level, int | float) or not 50 <= level <= 99.9:
            raise InvalidInput("a level must be a percentage from 50 to 99.9, such as 95", field=f"level.{i}")


def _check_whole(value: object, low: int, high: int, name: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise InvalidInput(f"{name} must be a whole number from {low} to {high}", field=name)


def _check_choice(value: object, allowed: tuple[str, ...], name: str, kind: type | None = None) -> None:
    if kind is not None and isinstance(value, kind):
        return
    if not isinstance(value, str) or value not in allowed:
        raise InvalidInput(f"{name} must be one of {', '.join(allowed)}", field=name)


def _check_sums(sums: tuple[tuple[int, int], ...], h: int) -> None:
    if len(sums) > MOST_SUMS:
        raise InvalidInput(f"at most {MOST_SUMS} sums can be asked for", field="aggregate")
    for i, pair in enumerate(sums):
        whole = all(isinstance(step, int) and not isinstance(step, bool) for step in pair)
        if len(pair) != 2 or not whole or not 1 <= pair[0] <= pair[1] <= h:
            raise InvalidInput(f"a sum goes from one step to another, both between 1 and h = {h}", field=f"aggregate.{i}")
