"""POST /regress and GET /regress: a linear model by ordinary or weighted least squares, as R's lm."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import floor, log10
from typing import Annotated, Literal

import numpy as np
import orjson
from flask import Response, request
from flask_restful import Resource
from pydantic import BaseModel, ConfigDict, Field

from errors import InvalidInput
from resources.answers import Asker, Computed, Question, answered, asker_of, recalled
from resources.body import fields_of_body, fields_of_query, read_body
from resources.caller import computing_caller, reading_caller
from resources.operation import Operation
from resources.recall import question_of
from resources.service import service
from resources.tables import TableInput, dataset_of, table_of, table_of_dataset
from resources.validation import validated
from science.deadline import Deadline
from science.notice import Notice
from science.regress import Fit, Predictions, Spec, fit, predict
from science.table import FloatArray, Numeric, Table

POINTS = 2_000  # of a picture: more are no clearer and make the stored row large
DRAWN_DIGITS = 5


class RegressRequest(BaseModel):
    """A regression to fit: a formula in R's spelling, and the data or the name of stored data."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    formula: Annotated[str, Field(min_length=1, description="In R's spelling: y ~ x, y ~ a * b, log(y) ~ poly(x, 2).")]
    data: TableInput = None
    dataset: Annotated[str | None, Field(description="The name of stored data, in place of data.")] = None
    level: Annotated[float, Field(ge=0.5, le=0.999, description="Of the confidence and prediction intervals.")] = 0.95
    missing: Annotated[Literal["drop", "refuse"], Field(description="What to do with rows that lack a value.")] = "drop"
    weights: Annotated[str | None, Field(description="A column of weights, as in R's lm.")] = None
    precision: Annotated[
        Literal["double", "exact"], Field(description="exact solves in rational arithmetic; for small data.")
    ] = "double"
    predict: Annotated[TableInput, Field(description="New rows to predict.")] = None


class RegressQuery(RegressRequest):
    """The same without data of one's own: for GET, and beside a CSV body."""

    dataset: str


class Coefficient(BaseModel):
    term: str
    estimate: float | None
    std_error: float | None
    statistic: float | None
    p_value: float | None
    conf_low: float | None
    conf_high: float | None


class Glance(BaseModel):
    """The fit in numbers, under broom's names; AIC and BIC count sigma as a parameter, as R does."""

    r_squared: float | None
    adj_r_squared: float | None
    sigma: float | None
    statistic: float | None
    p_value: float | None
    df: int | None
    df_residual: int
    log_lik: float | None
    aic: float | None
    bic: float | None
    deviance: float | None
    nobs: int


class Prediction(BaseModel):
    """One new row: null where a value of it is missing."""

    fit: float | None
    std_error: float | None
    conf_low: float | None
    conf_high: float | None
    pred_low: float | None
    pred_high: float | None


class Warned(BaseModel):
    """What to mind about an answer that is right all the same."""

    code: str
    detail: str


class RegressAnswer(BaseModel):
    """A fitted regression, kept under its url."""

    id: str
    kind: Literal["regress"]
    url: str
    formula: str
    level: float
    rows: int
    nobs: int
    rows_dropped: int
    coefficients: list[Coefficient]
    fit: Glance
    predictions: list[Prediction] | None = None
    warnings: list[Warned]
    engine: str


EXAMPLE = {
    "formula": "dist ~ speed",
    "data": {"speed": [4, 7, 8, 9, 10, 11], "dist": [2, 4, 16, 10, 18, 17]},
    "predict": {"speed": [12]},
}
COEFFICIENT_ARRAYS = tuple(name for name in Coefficient.model_fields if name != "term")


class Regress(Resource):
    """Fit a linear model."""

    operations = {  # noqa: RUF012
        "post": Operation("Fit a linear model to the data sent", RegressAnswer, body=RegressRequest, example=EXAMPLE, keeps=True),
        "get": Operation("Fit a linear model to stored data", RegressAnswer, query=RegressQuery, keeps=True),
    }

    def post(self) -> Response:
        asker = asker_of(computing_caller(service()), service())
        body = read_body(request, service().settings.max_body_bytes)
        question = question_of((str(asker.caller.site_id).encode(), *_sent(), body))
        known = service().recall.find(question)
        if known is not None and (response := recalled(known, asker)):
            return response
        asked = validated(RegressRequest, fields_of_body(request, body, service().limits))
        result_id, response = _answer(asked, asker)
        if asked.dataset is None:
            service().recall.note(question, result_id)
        return response

    def get(self) -> Response:
        asker = asker_of(reading_caller(service()), service())
        return _answer(validated(RegressQuery, fields_of_query(request)), asker)[1]


def _sent() -> tuple[bytes, bytes]:
    return request.content_type.encode() if request.content_type else b"", request.query_string


def _answer(asked: RegressRequest, asker: Asker) -> tuple[str, Response]:
    """Name the question, then answer it; stored data are loaded only if the answer is not known."""
    limits = asker.service.limits
    fingerprint, load = _data(asked, asker)
    new_rows = None if asked.predict is None else table_of(asked.predict, limits, field="predict")
    spec = Spec(asked.formula.strip(), asked.level, asked.missing, asked.weights, asked.precision)
    question = Question("regress", _canonical(spec, new_rows), fingerprint)

    def compute(deadline: Deadline) -> Computed:
        table = load()
        fitted = fit(spec, table, limits, deadline)
        return computed(fitted, table, predict(fitted, new_rows, limits) if new_rows else None)

    return answered(question, asker, compute)


def _data(asked: RegressRequest, asker: Asker) -> tuple[str, Callable[[], Table]]:
    if (asked.data is None) == (asked.dataset is None):
        raise InvalidInput("give either data or dataset, the name of stored data", field="data")
    if asked.dataset is None:
        table = table_of(asked.data, asker.service.limits, field="data")
        return table.fingerprint, lambda: table
    dataset = dataset_of(asked.dataset, asker.caller, asker.service)
    return dataset.fingerprint, lambda: table_of_dataset(dataset, asker.service)


def _canonical(spec: Spec, new_rows: Table | None) -> bytes:
    asked = {
        "formula": spec.formula,
        "level": spec.level,
        "missing": spec.missing,
        "weights": spec.weights,
        "precision": spec.precision,
        "predict": new_rows.fingerprint if new_rows else None,
    }
    return orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)


def computed(fitted: Fit, table: Table, predictions: Predictions | None) -> Computed:
    """Present a fit: the answer in broom's names, and the points of its picture."""
    answer: dict[str, object] = {
        "formula": fitted.spec.formula,
        "level": fitted.spec.level,
        "rows": fitted.rows,
        "nobs": fitted.nobs,
        "rows_dropped": fitted.rows_dropped,
        "coefficients": _rows({"term": fitted.terms, **_arrays(COEFFICIENT_ARRAYS, fitted)}),
        "fit": {name: getattr(fitted.glance, name) for name in Glance.model_fields},
        "warnings": [{"code": notice.code, "detail": notice.detail} for notice in _notices(fitted, predictions)],
    }
    if predictions is not None:
        answer["predictions"] = _rows(_arrays(tuple(Prediction.model_fields), predictions))
    return Computed(answer, picture_of(fitted, table))


def _notices(fitted: Fit, predictions: Predictions | None) -> tuple[Notice, ...]:
    return fitted.warnings + (predictions.warnings if predictions else ())


def _arrays(names: tuple[str, ...], of: Fit | Predictions) -> dict[str, list[float]]:
    return {name: getattr(of, name).tolist() for name in names}


def _rows(columns: Mapping[str, Sequence[object]]) -> list[dict[str, object]]:
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def picture_of(fitted: Fit, table: Table) -> dict[str, object]:
    """What a drawing of the fit needs: points thinned evenly, numbers in the digits that an eye can tell apart."""
    shown = slice(None, None, -(-len(fitted.kept) // POINTS))
    picture: dict[str, object] = {
        "rows": fitted.kept[shown] + 1,
        "fitted": _drawn(fitted.fitted[shown]),
        "residuals": _drawn(fitted.residuals[shown]),
        "leverage": _drawn(fitted.leverage[shown]),
    }
    if (curve := _curve_over(fitted, table)) is not None:
        name, column = curve
        picture["x"] = {"name": name, "values": _drawn(column.values[fitted.kept[shown]])}
    return picture


def _curve_over(fitted: Fit, table: Table) -> tuple[str, Numeric] | None:
    """Find the one number that the fit is a curve over; None when there are more, or steps, lags or weights."""
    variables = fitted.recipe.variables
    if len(variables) != 1 or fitted.spec.weights is not None:
        return None
    column = table[variables[0]]
    broken = any(each.levels is not None or "lag(" in each.label for each in fitted.recipe.ingredients)
    return (variables[0], column) if isinstance(column, Numeric) and not broken else None


def _drawn(values: FloatArray) -> FloatArray:
    """Round to a hundred-thousandth of the values' range."""
    spread = float(np.ptp(values))
    if not 1e-290 < spread < 1e290:
        return values
    return np.round(values, DRAWN_DIGITS - floor(log10(spread)))
