"""GET /forecast/provenance: what each step of a forecast stands on. Arithmetic alone: no data, no key, no database."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from flask import request
from flask_restful import Resource
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from errors import InvalidInput
from resources.body import fields_of_query
from resources.operation import Operation
from resources.validation import validated
from science.forecast.provenance import MAX_HORIZON, MAX_LAG, MAX_LEVELS, Step, provenance
from science.forecast.weights import forecast_weights

MOST_CELLS = 1_000  # steps times levels: a millisecond, and 80 kB
LONGEST = 10**9  # a series: it is only counted
KEPT = {"Cache-Control": "public, max-age=86400"}  # arithmetic does not change


def _split(text: object) -> object:
    return text.split(",") if isinstance(text, str) else text


class ProvenanceQuery(BaseModel):
    """A length, lags in the order in which they are applied, and a horizon."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    n: Annotated[int, Field(ge=1, le=LONGEST, description="Values of the series.")]
    lags: Annotated[
        list[Annotated[int, Field(ge=1, le=MAX_LAG)]],
        BeforeValidator(_split, json_schema_input_type=str),
        Field(min_length=1, max_length=MAX_LEVELS, description="With commas, in the order in which they are applied: 3,1."),
    ]
    h: Annotated[int, Field(ge=1, le=MAX_HORIZON, description="Steps ahead.")]


class LevelRow(BaseModel):
    """One level: the value h steps ahead stands on the one `lag` earlier. base is the real value at the chain's end."""

    lag: int
    of: str
    anchor: int
    real: bool
    depth: int
    base: int


class StepRow(BaseModel):
    """One step: its levels in the order in which they are undone. se is in units of white noise w's."""

    h: int
    t: int
    depth: int
    all_real: bool
    se: float
    levels: list[LevelRow]


class Provenance(BaseModel):
    """What each step of a forecast stands on; places count the first value as 1."""

    n: int
    lags: list[int]
    h: int
    steps: list[StepRow]


class ForecastProvenance(Resource):
    """Tell the anchors of a forecast."""

    operations = {  # noqa: RUF012
        "get": Operation("Tell what each step of a forecast stands on", Provenance, query=ProvenanceQuery)
    }

    def get(self) -> tuple[dict[str, object], int, dict[str, str]]:
        asked = validated(ProvenanceQuery, fields_of_query(request))
        if asked.h * len(asked.lags) > MOST_CELLS:
            raise InvalidInput(f"steps times lags may be {MOST_CELLS} at most", field="h")
        steps = provenance(asked.n, asked.lags, asked.h)
        errors = np.sqrt(np.cumsum(forecast_weights(asked.lags, asked.h) ** 2)).tolist()
        told = {"n": asked.n, "lags": asked.lags, "h": asked.h, "steps": list(map(_step, steps, errors))}
        return told, 200, KEPT


def _step(step: Step, error: float) -> dict[str, object]:
    levels = [{name: getattr(level, name) for name in LevelRow.model_fields} for level in step.levels]
    return {"h": step.h, "t": step.t, "depth": step.depth, "all_real": step.all_real, "se": error, "levels": levels}
