"""POST /fraud/simulate: what thresholds would have done to labelled payments: alerts, recall, precision and cost."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from flask import request
from flask_restful import Resource
from pydantic import BaseModel, ConfigDict, Field

from errors import Conflict, NotFound
from resources.body import fields_of_body, read_body
from resources.caller import reading_caller
from resources.fraud import SAMPLE
from resources.fraud_scoring import Answering, answering
from resources.operation import Operation
from resources.service import Service, service
from resources.validation import validated
from science.fraud.reference import MOST
from science.fraud.thresholds import BINS, Outcomes, simulate
from store import payments
from store.engine import reading

MOST_THRESHOLDS = BINS
MOST_LABELS = 100_000  # newest labelled payments
EVERY = 5.0  # points between the thresholds shown when none are asked for


class Costs(BaseModel):
    """What a mistake costs, in any one currency."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    false_alarm: Annotated[float, Field(gt=0, le=1e12, description="An alert that is none.")]
    missed: Annotated[float, Field(gt=0, le=1e12, description="A fraud that nobody saw.")]


class SimulateRequest(BaseModel):
    """Thresholds to try on what is known: the model's holdout, the payments labelled since, or both."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: Annotated[str, Field(max_length=63)]
    thresholds: Annotated[
        list[Annotated[float, Field(ge=0, le=MOST)]] | None,
        Field(min_length=1, max_length=MOST_THRESHOLDS, description="Risk scores; without them every five points."),
    ] = None
    costs: Costs | None = None
    of: Annotated[
        Literal["all", "holdout", "labels"], Field(description="Labelled payments are those that somebody looked at.")
    ] = "all"


class Count(BaseModel):
    """How many payments are known to be what; of a holdout whose rows have weights, the weights."""

    legitimate: float
    fraud: float


class Effect(BaseModel):
    """What a threshold would have done. null where there is nothing to divide by, or no costs were given."""

    threshold: float
    alerts: float
    alert_rate: float
    recall: float | None
    precision: float | None
    cost: float | None


class SimulateAnswer(BaseModel):
    """Effects in the order of the thresholds; cheapest: the threshold of least cost, the highest of equals."""

    model: str
    version: int
    holdout: Count
    labels: Count
    thresholds: list[Effect]
    cheapest: float | None


class FraudSimulation(Resource):
    """Try thresholds."""

    operations = {  # noqa: RUF012
        "post": Operation(
            "Tell what thresholds would have done to labelled payments",
            SimulateAnswer,
            body=SimulateRequest,
            example={"model": SAMPLE, "thresholds": [25, 50, 75], "costs": {"false_alarm": 5, "missed": 120}},
            statuses={200: "The effects"},
        )
    }

    def post(self) -> tuple[dict[str, object], int]:
        this = service()
        asker = reading_caller(this)
        asked = validated(SimulateRequest, fields_of_body(request, read_body(request, this.settings.max_body_bytes), this.limits))
        detector = answering(asked.model, asker, this)
        if detector.model_id is not None and asker.kind != "secret":
            raise NotFound("there is no detector of this name whose labels this key may see")
        holdout, labels = detector.fit.outcomes, _labels(detector, this)
        known = {"all": holdout.merge(labels), "holdout": holdout, "labels": labels}[asked.of]
        if not known.legitimate.any() and not known.fraud.any():
            raise Conflict(
                "no payment is known to be fraud or legitimate: POST /fraud/labels, or name a label column in the spec"
            )
        return {
            "model": asked.model,
            "version": detector.number,
            "holdout": _count(holdout),
            "labels": _count(labels),
            **_effects(asked, known),
        }, 200


def _labels(detector: Answering, service: Service) -> Outcomes:
    """Count the labelled payments that the live version scored, by their risk scores."""
    if detector.model_id is None:
        return Outcomes.empty()
    with reading(service.engine) as connection:
        found = payments.labelled(connection, detector.model_id, detector.number, MOST_LABELS)
    risk, fraud = (np.array(part) for part in zip(*found, strict=True)) if found else (np.empty(0), np.empty(0))
    return Outcomes.empty().absorb(risk.astype(np.float64), fraud.astype(bool), np.ones(len(risk)))


def _effects(asked: SimulateRequest, known: Outcomes) -> dict[str, object]:
    thresholds = np.arange(0, MOST + EVERY, EVERY) if asked.thresholds is None else np.array(asked.thresholds)
    effects = simulate(known, thresholds, None if asked.costs is None else (asked.costs.false_alarm, asked.costs.missed))
    told = [{name: getattr(effect, name) for name in Effect.model_fields} for effect in effects]
    cheapest = min(effects, key=lambda each: (each.cost, -each.threshold)) if asked.costs else None
    return {"thresholds": told, "cheapest": None if cheapest is None else cheapest.threshold}


def _count(outcomes: Outcomes) -> dict[str, float]:
    return {"legitimate": float(outcomes.legitimate.sum()), "fraud": float(outcomes.fraud.sum())}
