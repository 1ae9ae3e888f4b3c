"""A linear model by ordinary or weighted least squares: what can be asked, how it is answered."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from kinds.kind import Computed, Kind, Tables
from kinds.opinion import SecondOpinion
from kinds.presenting import Prediction, Warned, arrays_of, fields_of, pointed, rows_of, thinned, warnings_of
from science.deadline import Deadline
from science.limits import Limits
from science.regress import Fit, Predictions, Spec, fit, predict
from science.table import Numeric, Table


class RegressSpec(BaseModel):
    """A regression to fit: a formula in R's spelling, and how to fit it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    formula: Annotated[str, Field(min_length=1, description="In R's spelling: y ~ x, y ~ a * b, log(y) ~ poly(x, 2).")]
    level: Annotated[float, Field(ge=0.5, le=0.999, description="Of the confidence and prediction intervals.")] = 0.95
    missing: Annotated[Literal["drop", "refuse"], Field(description="What to do with rows that lack a value.")] = "drop"
    weights: Annotated[str | None, Field(description="A column of weights, as in R's lm.")] = None
    precision: Annotated[
        Literal["double", "exact"], Field(description="exact solves in rational arithmetic; for small data.")
    ] = "double"


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
    second_opinion: SecondOpinion | None = None
    warnings: list[Warned]
    engine: str


COEFFICIENT_ARRAYS = tuple(name for name in Coefficient.model_fields if name != "term")


def spec_of(asked: RegressSpec) -> Spec:
    """Turn what was asked into the question that science answers."""
    return Spec(asked.formula.strip(), asked.level, asked.missing, asked.weights, asked.precision)


def answer(asked: RegressSpec, tables: Tables, limits: Limits, deadline: Deadline) -> Computed:
    """Fit, predict the new rows if there are any, and present both."""
    fitted = fit(spec_of(asked), tables["data"], limits, deadline)
    predictions = predict(fitted, tables["predict"], limits) if "predict" in tables else None
    return computed(fitted, tables["data"], predictions)


def computed(fitted: Fit, table: Table, predictions: Predictions | None) -> Computed:
    """Present a fit: the answer in broom's names, and the points of its picture."""
    answer = told_of(fitted)
    if predictions is not None:
        answer["warnings"] = warnings_of(fitted.warnings + predictions.warnings)
        answer["predictions"] = rows_of(arrays_of(predictions, Prediction.model_fields))
    return Computed(answer, picture_of(fitted, table))


def told_of(fitted: Fit) -> dict[str, object]:
    """What people read of a fit."""
    return {
        "formula": fitted.spec.formula,
        "level": fitted.spec.level,
        "rows": fitted.rows,
        "nobs": fitted.nobs,
        "rows_dropped": fitted.rows_dropped,
        "coefficients": rows_of({"term": fitted.terms, **arrays_of(fitted, COEFFICIENT_ARRAYS)}),
        "fit": fields_of(fitted.glance, Glance),
        "warnings": warnings_of(fitted.warnings),
    }


def picture_of(fitted: Fit, table: Table) -> dict[str, object]:
    """What a drawing of the fit needs: points thinned evenly."""
    shown = thinned(len(fitted.kept))
    rows = fitted.kept[shown]
    picture: dict[str, object] = {
        "rows": None if len(rows) == fitted.rows else rows + 1,
        "fitted": pointed(fitted.fitted[shown]),
        "residuals": pointed(fitted.residuals[shown]),
        "leverage": pointed(fitted.leverage[shown]),
    }
    if (curve := _curve_over(fitted, table)) is not None:
        name, column = curve
        picture["x"] = {"name": name, "values": pointed(column.values[rows])}
    return picture


def _curve_over(fitted: Fit, table: Table) -> tuple[str, Numeric] | None:
    """Find the one number that the fit is a curve over; None when there are more, or steps, lags or weights."""
    variables = fitted.recipe.variables
    if len(variables) != 1 or fitted.spec.weights is not None:
        return None
    column = table[variables[0]]
    broken = any(each.levels is not None or "lag(" in each.label for each in fitted.recipe.ingredients)
    return (variables[0], column) if isinstance(column, Numeric) and not broken else None


REGRESS = Kind("regress", asks=RegressSpec, decides=spec_of, answer=answer, quick=True)
