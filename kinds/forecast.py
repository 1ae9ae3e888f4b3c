"""Forecasts from stacked differences: what can be asked of one series or of many, how it is answered."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated, Any, Literal

import orjson
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
)
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

from errors import InvalidInput
from kinds.forecast_answer import answer_of, answers_of, picture_of
from kinds.forecast_series import Given, of_list, of_table, of_values, pointed
from kinds.kind import Computed, Kind, Tables
from science.deadline import Deadline
from science.forecast.answer import Forecast
from science.forecast.batch import MOST_SERIES, Refused, check_count, forecast_all
from science.forecast.engine import forecast
from science.forecast.provenance import MAX_HORIZON, MAX_LAG, MAX_LEVELS
from science.forecast.spec import (
    MOST_LEVELS,
    MOST_ORDER,
    MOST_ORIGINS,
    MOST_SEASON,
    MOST_SUMS,
    ArmaOrders,
    BoxCox,
    Interval,
    Model,
    Series,
    Spec,
)
from science.limits import Limits

Frequency = Literal["Y", "YS", "YE", "A", "AS", "Q", "QS", "QE", "M", "MS", "ME", "W", "D", "H", "h", "30min", "15min"]
Order = Annotated[int, Field(ge=0, le=MOST_ORDER)]
Lag = Annotated[int, Field(ge=1, le=MAX_LAG)]
Step = Annotated[int, Field(ge=1, le=MAX_HORIZON)]

OF_TYPE = {"model_type": "an object", "list_type": "a list", "int_type": "a whole number", "int_from_float": "a whole number"}
VALUE = {"type": ["number", "null"]}
STAMP = {"type": ["string", "number"]}
COLUMN = {"type": "string", "minLength": 1}


def _read(value: object) -> object:
    """Read what a form or a query string can only write as text: JSON, or numbers with commas between."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    if text[:1] in ("[", "{"):
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            return value
    parts = [_number(part) for part in text.split(",")]
    return value if None in parts else parts


def _read_one(value: object) -> object:
    """The same where one number stands for itself."""
    read = _read(value)
    return read[0] if isinstance(value, str) and isinstance(read, list) and len(read) == 1 else read


def _number(text: str) -> int | float | None:
    if "_" in text:  # which Python's numbers may have
        return None
    for number in (int, float):
        with suppress(ValueError):
            return number(text)
    return None


def _one_way(value: object, handler: ValidatorFunctionWrapHandler) -> object:
    """Where a name or a value with parts may stand, tell what is wrong with what was sent, and not how it is not the other."""
    try:
        return handler(value)
    except ValidationError as error:
        found = error.errors(include_url=False)
        named, others = ([one for one in found if (one["type"] == "literal_error") == literal] for literal in (True, False))
        if isinstance(value, str):
            meant = named or found
        elif named and others and others[0]["type"] in OF_TYPE:  # neither way takes a value of this type
            meant = [{**named[0], "msg": f"{named[0]['msg']}, or {OF_TYPE[others[0]['type']]}"}]
        else:
            meant = others or found
        raise ValidationError.from_exception_data(error.title, [_again(fault) for fault in meant]) from None


def _again(fault: ErrorDetails) -> InitErrorDetails:
    return InitErrorDetails(type=PydanticCustomError(fault["type"], fault["msg"]), loc=fault["loc"], input=fault["input"])


def _told_apart(level: float) -> float:
    """Refuse a level that the keys of an answer would not tell from another."""
    if round(level, 3) != level:
        raise PydanticCustomError("decimals", "Input should have at most 3 decimals")
    return level


Percentage = Annotated[float, Field(ge=50, le=99.9), AfterValidator(_told_apart)]
TEXT = BeforeValidator(_read)
ONE_WAY = WrapValidator(_one_way)
# Any to pydantic: forecast_series checks the values itself, and says at which one it stopped.
Values = Annotated[
    Any, TEXT, WithJsonSchema({"anyOf": [{"type": "array", "items": VALUE}, COLUMN, {"type": "null"}], "description": "Numbers."})
]


class Asks(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Orders(Asks):
    """An ARMA of the differenced series; P and Q are of its season."""

    p: Order = 0
    q: Order = 0
    P: Order = 0
    Q: Order = 0


class BoxCoxAsked(Asks):
    boxcox: Annotated[float, Field(ge=-5, le=5)]


class BacktestAsked(Asks):
    origins: Annotated[int, Field(ge=1, le=MOST_ORIGINS)]


class ForecastSpec(Asks):
    """A forecast: of y itself, of columns of data, or of many series; and how to make it."""

    h: Annotated[int, Field(ge=1, le=MAX_HORIZON, description="Steps ahead.")]
    y: Annotated[Values, Field(description="The values, oldest first, null where missing; or the column that holds them.")] = None
    ds: Annotated[
        Any,
        BeforeValidator(_read),
        WithJsonSchema(
            {
                "anyOf": [{"type": "array", "items": STAMP}, COLUMN, {"type": "null"}],
                "description": "One timestamp per value; or the column that holds them.",
            }
        ),
    ] = None
    unique_id: Annotated[str | None, Field(description="The column of data that tells several series apart.")] = None
    series: Annotated[
        Any,
        TEXT,
        WithJsonSchema(
            {
                "anyOf": [{"type": "array", "maxItems": MOST_SERIES, "items": {"type": "object"}}, {"type": "null"}],
                "description": "Many series, each {unique_id, y, ds, x, x_future}.",
            }
        ),
    ] = None
    x: Annotated[
        dict[str, list[float]] | list[str] | None, TEXT, Field(description="Regressors over the series; or columns of data.")
    ] = None
    x_future: Annotated[dict[str, list[float]] | None, TEXT, Field(description="The same columns over the horizon.")] = None
    freq: Annotated[Frequency | None, Field(description="Where the timestamps do not tell it.")] = None
    level: Annotated[list[Percentage], TEXT, Field(min_length=1, max_length=MOST_LEVELS, description="Percent.")] = [80, 95]
    differences: Annotated[
        Literal["auto"] | Annotated[list[Lag], Field(max_length=MAX_LEVELS)],
        ONE_WAY,
        TEXT,
        Field(description="Lags, in the order in which they are applied."),
    ] = "auto"
    season: Annotated[
        Literal["auto"] | Annotated[int, Field(ge=1, le=MOST_SEASON)],
        ONE_WAY,
        BeforeValidator(_read_one),
        Field(description="1 is none."),
    ] = "auto"
    model: Annotated[Model | Orders, ONE_WAY, TEXT] = "auto"
    transform: Annotated[Literal["auto", "none", "log"] | BoxCoxAsked, ONE_WAY, TEXT] = "auto"
    interval: Annotated[
        Interval,
        Field(description="calibrated: the model's, widened by what earlier origins missed and with the steps ahead."),
    ] = "calibrated"
    missing: Annotated[Literal["refuse", "kalman"], Field(description="What to do with gaps.")] = "refuse"
    aggregate: Annotated[
        list[Annotated[list[Step], Field(min_length=2, max_length=2)]],
        TEXT,
        Field(max_length=MOST_SUMS, description="Sums over steps, from and to."),
    ] = []
    backtest: Annotated[BacktestAsked | None, TEXT] = None
    likelihood: Annotated[Literal["exact", "r"], Field(description="r: the digits of R's arima.")] = "exact"
    seed: Annotated[int, Field(ge=0, le=2**63 - 1, description="Of the bootstrap.")] = 0


def spec_of(asked: ForecastSpec) -> Spec:
    """Turn what was asked into the question that science answers; a seed matters only where something is drawn."""
    model = ArmaOrders(**asked.model.model_dump()) if isinstance(asked.model, Orders) else asked.model
    return Spec(
        h=asked.h,
        level=tuple(dict.fromkeys(asked.level)),
        differences=asked.differences if asked.differences == "auto" else tuple(asked.differences),
        season=asked.season,
        model=model,
        transform=BoxCox(asked.transform.boxcox) if isinstance(asked.transform, BoxCoxAsked) else asked.transform,
        interval=asked.interval,
        missing=asked.missing,
        freq=asked.freq,
        aggregate=tuple((pair[0], pair[1]) for pair in asked.aggregate),
        origins=asked.backtest.origins if asked.backtest else None,
        likelihood=asked.likelihood,
        seed=asked.seed if asked.interval == "bootstrap" else 0,
    )


def decides(asked: ForecastSpec) -> object:
    """What of a question decides its answer."""
    return {"spec": spec_of(asked), **asked.model_dump(include={"y", "ds", "unique_id", "series", "x", "x_future"})}


def answer(asked: ForecastSpec, tables: Tables, limits: Limits, deadline: Deadline) -> Computed:
    """Forecast one series, or each of many, and present what was found."""
    spec, given = spec_of(asked), given_of(asked, tables, limits)
    if given.many:
        answers = _many(spec, given, limits, deadline)
        return Computed(answers_of(answers, spec.h, spec.level, given.columns), picture_of(answers))
    (series,), (at,) = given.series, given.pointers
    assert isinstance(series, Series)
    try:
        found = forecast(spec, series, limits, deadline)
    except InvalidInput as error:
        raise pointed(error, at) from None
    return Computed(answer_of(found, spec.level, given.columns), picture_of([found]))


def given_of(asked: ForecastSpec, tables: Tables, limits: Limits) -> Given:
    """Find the series asked about. Raises InvalidInput pointing into the request."""
    if "data" in tables:
        return of_table(asked, tables["data"], stored=getattr(asked, "dataset", None) is not None)
    if asked.series is None:
        return of_values(asked, limits)
    given = of_list(asked.series, limits)
    check_count(len(given.series), asked.h)
    return given


def _many(spec: Spec, given: Given, limits: Limits, deadline: Deadline) -> tuple[Forecast | Refused, ...]:
    found = forecast_all(spec, given.series, limits, deadline)
    for one, before, at in zip(found, given.series, given.pointers, strict=True):
        if isinstance(one, Refused) and one is not before:
            pointed(one.error, at)
    return found


FORECAST = Kind("forecast", asks=ForecastSpec, decides=decides, answer=answer)
