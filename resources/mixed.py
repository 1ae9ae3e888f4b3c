"""POST /mixed and GET /mixed: linear and generalized linear mixed models, as R's lmer, glmer and lmerTest."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

from flask import Response
from flask_restful import Resource
from pydantic import BaseModel, ConfigDict, Field

from resources.answers import Asker, Computed, Question, answered
from resources.mixed_answer import Extras, MixedAnswer, answer_of, picture_of
from resources.operation import Operation
from resources.questions import answer_get, answer_post, canonical, data_of, new_rows_of
from resources.tables import TableInput
from science.deadline import Deadline
from science.limits import Limits
from science.mixed import Bootstrap, Profile, Spec, Variances, bootstrap, compare, fit, predict, profile, simulated
from science.table import Table


class VarianceComponents(BaseModel):
    """Variances given: the covariance matrix of each grouping factor, by rows, and the residual variance."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    groups: Annotated[dict[str, list[list[float]]], Field(examples=[{"Subject": [[612.1, 9.6], [9.6, 35.07]]}])]
    residual: float


class MixedRequest(BaseModel):
    """A mixed model to fit: a formula in lme4's spelling, and the data or the name of stored data."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    formula: Annotated[str, Field(min_length=1, description="In lme4's spelling: y ~ x + (x | g), (1 | a/b), (x || g).")]
    data: TableInput = None
    dataset: Annotated[str | None, Field(description="The name of stored data, in place of data.")] = None
    method: Annotated[
        Literal["reml", "ml", "mackay", "mackay_gamma", "em", "px_em"],
        Field(description="How the variances are found; the last four are loops that tell their iterates."),
    ] = "reml"
    df: Annotated[
        Literal["satterthwaite", "kenward-roger", "none"], Field(description="Degrees of freedom of the fixed effects.")
    ] = "satterthwaite"
    level: Annotated[float, Field(ge=0.5, le=0.999, description="Of the confidence and prediction intervals.")] = 0.95
    missing: Annotated[Literal["drop", "refuse"], Field(description="What to do with rows that lack a value.")] = "drop"
    weights: Annotated[str | None, Field(description="A column of weights, as in R's lmer.")] = None
    family: Literal["gaussian", "binomial", "poisson"] = "gaussian"
    quadrature: Annotated[int, Field(ge=1, le=25, description="Points per group for binomial and poisson; 1 is Laplace.")] = 1
    variances: Annotated[VarianceComponents | None, Field(description="Fixed variances: only the effects are fitted.")] = None
    start: Annotated[VarianceComponents | None, Field(description="Where a loop begins.")] = None
    iterations: Annotated[int | None, Field(ge=1, le=100_000, description="At most so many, of a loop.")] = None
    predict: Annotated[TableInput, Field(description="New rows to predict; a new level is predicted for the population.")] = None
    intervals: Annotated[Literal["profile", "bootstrap"] | None, Field(description="Intervals of the variances, too.")] = None
    anova: Annotated[
        list[str] | None, Field(max_length=10, description="Formulas of nested models to compare with this one, refitted by ML.")
    ] = None
    residuals: Annotated[bool, Field(description="Tell fitted values and residuals of every row.")] = False
    simulate: Annotated[int | None, Field(ge=1, le=100, description="Draw so many responses from the fit.")] = None
    samples: Annotated[int, Field(ge=10, le=2_000, description="Of the bootstrap.")] = 500
    seed: Annotated[int, Field(ge=0, le=2**63 - 1, description="Of the bootstrap and of simulate.")] = 1


class MixedQuery(MixedRequest):
    """The same about stored data alone, for GET."""

    dataset: str


EXAMPLE = {
    "formula": "weight ~ day + (1 | chick)",
    "data": {
        "weight": [42, 51, 59, 64, 40, 49, 58, 72, 43, 39, 55, 67],
        "day": [0, 2, 4, 6, 0, 2, 4, 6, 0, 2, 4, 6],
        "chick": ["a", "a", "a", "a", "b", "b", "b", "b", "c", "c", "c", "c"],
    },
}


EXTRAS = {"intervals", "anova", "residuals", "simulate", "samples", "seed"}


class Mixed(Resource):
    """Fit a mixed model."""

    operations = {  # noqa: RUF012
        "post": Operation("Fit a mixed model to the data sent", MixedAnswer, body=MixedRequest, example=EXAMPLE, keeps=True),
        "get": Operation("Fit a mixed model to stored data", MixedAnswer, query=MixedQuery, keeps=True),
    }

    def post(self) -> Response:
        return answer_post(MixedRequest, _answer)

    def get(self) -> Response:
        return answer_get(MixedQuery, _answer)


def _answer(asked: MixedRequest, asker: Asker) -> tuple[str, Response]:
    limits = asker.service.limits
    fingerprint, load = data_of(asked, asker)
    new_rows, spec = new_rows_of(asked.predict, asker), _spec(asked)

    def compute(deadline: Deadline) -> Computed:
        table = load()
        fitted = fit(spec, table, limits, deadline)
        extras = _extras(asked, spec, table, limits, deadline)
        predictions = predict(fitted, new_rows, limits) if new_rows else None
        return Computed(
            answer_of(fitted, predictions, extras, residuals=asked.residuals), picture_of(fitted, table, extras, limits)
        )

    also = asked.model_dump(include=EXTRAS)
    if asked.intervals != "bootstrap":
        del also["samples"]
    if asked.intervals != "bootstrap" and asked.simulate is None:
        del also["seed"]
    question = canonical(spec, also=also, predict=new_rows and new_rows.fingerprint)
    return answered(Question("mixed", question, fingerprint), asker, compute)


def _spec(asked: MixedRequest) -> Spec:
    return Spec(
        formula=asked.formula.strip(),
        method=asked.method,
        level=asked.level,
        df=asked.df,
        missing=asked.missing,
        weights=asked.weights,
        variances=_variances(asked.variances),
        family=asked.family,
        quadrature=asked.quadrature,
        iterations=asked.iterations,
        start=_variances(asked.start),
    )


def _variances(given: VarianceComponents | None) -> Variances | None:
    if given is None:
        return None
    return Variances({group: tuple(map(tuple, rows)) for group, rows in given.groups.items()}, given.residual)


def _extras(asked: MixedRequest, spec: Spec, table: Table, limits: Limits, deadline: Deadline) -> Extras:
    """Compute what was asked for beside the fit."""
    return Extras(
        intervals=_intervals(asked, spec, table, limits, deadline),
        anova=None
        if asked.anova is None
        else compare([spec, *(replace(spec, formula=other.strip()) for other in asked.anova)], table, limits, deadline),
        simulations=None
        if asked.simulate is None
        else simulated(spec, table, limits, deadline, seed=asked.seed, count=asked.simulate),
    )


def _intervals(asked: MixedRequest, spec: Spec, table: Table, limits: Limits, deadline: Deadline) -> Profile | Bootstrap | None:
    if asked.intervals == "profile":
        return profile(spec, table, limits, deadline)
    if asked.intervals == "bootstrap":
        return bootstrap(spec, table, limits, deadline, seed=asked.seed, count=asked.samples)
    return None
