"""A forecast → the fields of its answer and the points of its picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel

from errors import TYPE_PREFIX, InvalidInput
from kinds.forecast_series import Columns
from kinds.opinion import SecondOpinion
from kinds.presenting import Warned, drawn, warnings_of
from science.forecast.answer import Forecast, ModelTold, Row, Sum
from science.forecast.backtest import Backtest
from science.forecast.batch import Refused
from science.forecast.provenance import Step

DRAWN_SERIES = 12  # of a batch
DRAWN_VALUES = 400  # of the history of one series: its last ones
DRAWN_SHARE = 4  # times the horizon of history, or
DRAWN_SEASONS = 5  # seasons, whichever is more

Stamp = str | int | float
ByLevel = dict[str, float | None]


class Anchor(BaseModel):
    """What one level of the stack stands on: the value of `of` one lag earlier."""

    lag: int
    of: str
    anchor: Stamp
    real: bool
    depth: int


class Stack(BaseModel):
    """The levels in the order in which they are undone; depth counts the forecasts that this step stands on."""

    depth: int
    all_real: bool
    inflation: float | None
    levels: list[Anchor]


class ForecastRow(BaseModel):
    h: int
    ds: Stamp
    mean: float | None
    median: float | None
    se: float | None
    lo: ByLevel
    hi: ByLevel
    w: float | None
    stack: Stack


class SumRow(BaseModel):
    first: int
    last: int
    mean: float | None
    median: float | None
    se: float | None
    lo: ByLevel
    hi: ByLevel


class PartRow(BaseModel):
    name: str
    transform: str
    weight: float
    differences: list[int]
    coefficients: dict[str, float | None]


class Model(BaseModel):
    """What forecast the series; what only a likelihood gives is null for averages."""

    name: str
    transform: str
    chosen_by: str
    parts: list[PartRow]
    coefficients: dict[str, float | None]
    std_errors: dict[str, float | None]
    sigma2: float | None
    sigma2_ml: float | None
    log_lik: float | None
    aic: float | None
    aicc: float | None
    bic: float | None
    nobs: int | None


class Differences(BaseModel):
    applied: list[int]
    chosen_by: str
    lost: int


class Intervals(BaseModel):
    method: str
    multiplier: float
    last_multiplier: float
    origins: int
    df: float | None


class BacktestRow(BaseModel):
    origins: int
    forecasts: int
    mase: float | None
    smape: float | None
    owa: float | None
    naive2_mase: float | None
    naive2_smape: float | None
    coverage: ByLevel
    msis: float | None
    crps: float | None


class Told(BaseModel):
    """Everything told about one series."""

    unique_id: str | None
    rows: int
    first: Stamp
    last: Stamp
    season: int
    frequency: str
    model: Model
    differences: Differences
    forecast: list[ForecastRow]
    sums: list[SumRow]
    fitted: list[float | None]
    intervals: Intervals
    backtest: BacktestRow | None
    warnings: list[Warned]


class SeriesFault(BaseModel):
    pointer: str
    detail: str


class SeriesProblem(BaseModel):
    type: str
    title: str
    status: int
    detail: str
    errors: list[SeriesFault]


class SeriesTold(BaseModel):
    """What is told of one series."""

    first: Stamp | None = None
    last: Stamp | None = None
    season: int | None = None
    frequency: str | None = None
    model: Model | None = None
    differences: Differences | None = None
    forecast: list[ForecastRow] | None = None
    sums: list[SumRow] | None = None
    fitted: list[float | None] | None = None
    intervals: Intervals | None = None
    backtest: BacktestRow | None = None


class ToldOrRefused(SeriesTold):
    """One of many series: its forecast, or its own error."""

    unique_id: str | None
    error: SeriesProblem | None = None
    rows: int | None = None
    warnings: list[Warned] | None = None


class ForecastAnswer(SeriesTold):
    """A forecast, kept under its url: of one series, or under `series` of each of many."""

    id: str
    kind: Literal["forecast"]
    url: str
    h: int
    level: list[float]
    columns: dict[str, str | None] | None = None
    unique_id: str | None = None
    rows: int
    series: list[ToldOrRefused] | None = None
    refused: int | None = None
    second_opinion: SecondOpinion | None = None
    warnings: list[Warned]
    engine: str


def answer_of(found: Forecast, level: Sequence[float], columns: Columns | None) -> dict[str, object]:
    """Tell the forecast of one series."""
    return _head(len(found.forecast), level, columns) | told(found)


def answers_of(found: Sequence[Forecast | Refused], h: int, level: Sequence[float], columns: Columns | None) -> dict[str, object]:
    """Tell each of many forecasts, or why there is none."""
    refused = sum(isinstance(one, Refused) for one in found)
    warning = {"code": "refused", "detail": f"{refused} of {len(found)} series could not be forecast"}
    return _head(h, level, columns) | {
        "rows": sum(one.n for one in found if isinstance(one, Forecast)),
        "series": [_refusal(one) if isinstance(one, Refused) else told(one) for one in found],
        "refused": refused,
        "warnings": [warning] if refused else [],
    }


def told(found: Forecast) -> dict[str, object]:
    """Tell everything about one series."""
    return {
        "unique_id": found.unique_id,
        "rows": found.n,
        "first": found.stamps[0],
        "last": found.stamps[-1],
        "season": found.season,
        "frequency": found.frequency,
        "model": _model(found.model),
        "differences": asdict(found.differences),
        "forecast": [_row(row, found) for row in found.forecast],
        "sums": [_sum(one) for one in found.sums],
        "fitted": found.fitted,
        "intervals": asdict(found.intervals),
        "backtest": found.backtest and backtest_of(found.backtest),
        "warnings": warnings_of(found.warnings),
    }


def picture_of(found: Sequence[Forecast | Refused]) -> dict[str, object]:
    """What a drawing needs beside the answer: the end of each history, as long as says something about the forecast."""
    drawn_ones = [one for one in found if isinstance(one, Forecast)][:DRAWN_SERIES]
    return {"histories": [_history(one) for one in drawn_ones], "series": len(found)}


def backtest_of(scored: Backtest) -> dict[str, object]:
    return {**asdict(scored), "coverage": by_level(scored.coverage)}


def by_level(values: Mapping[float, float]) -> dict[str, float]:
    """Name levels as JSON can: 95.0 is "95"."""
    return {f"{level:g}": value for level, value in values.items()}


def _head(h: int, level: Sequence[float], columns: Columns | None) -> dict[str, object]:
    head: dict[str, object] = {"h": h, "level": list(level)}
    if columns is not None:
        head["columns"] = {"y": columns.y, "ds": columns.ds, "unique_id": columns.unique_id}
    return head


def _model(model: ModelTold) -> dict[str, object]:
    return {name: getattr(model, name) for name in Model.model_fields} | {"parts": [asdict(part) for part in model.parts]}


def _row(row: Row, found: Forecast) -> dict[str, object]:
    return {
        "h": row.h,
        "ds": row.ds,
        "mean": row.mean,
        "median": row.median,
        "se": row.se,
        "lo": by_level(row.lo),
        "hi": by_level(row.hi),
        "w": row.w,
        "stack": {
            "depth": row.stack.depth,
            "all_real": row.stack.all_real,
            "inflation": row.inflation,
            "levels": _levels(row.stack, found),
        },
    }


def _levels(step: Step, found: Forecast) -> list[dict[str, object]]:
    return [
        {
            "lag": level.lag,
            "of": level.of,
            "anchor": _stamp(level.anchor, found),
            "real": level.real,
            "depth": level.depth,
        }
        for level in step.levels
    ]


def _stamp(place: int, found: Forecast) -> Stamp:
    """The timestamp of a place, 1 for the first value: of the series, or of the forecast beyond its end."""
    return found.stamps[place - 1] if place <= found.n else found.forecast[place - found.n - 1].ds


def _sum(one: Sum) -> dict[str, object]:
    return {**asdict(one), "lo": by_level(one.lo), "hi": by_level(one.hi)}


def _refusal(one: Refused) -> dict[str, object]:
    error: InvalidInput = one.error
    return {
        "unique_id": one.unique_id,
        "error": {
            "type": TYPE_PREFIX + error.type,
            "title": error.title,
            "status": error.status,
            "detail": error.detail,
            "errors": [asdict(fault) for fault in error.faults],
        },
    }


def _history(found: Forecast) -> dict[str, Any]:
    h = len(found.forecast)
    kept = min(found.n, DRAWN_VALUES, max(DRAWN_SHARE * h, DRAWN_SEASONS * found.season, 40))
    fitted = found.fitted[-kept:]
    return {
        "y": drawn(found.history[-kept:]),
        "ds": list(found.stamps[-kept:]),
        "fitted": np.where(np.isnan(fitted), np.nan, fitted),
    }
