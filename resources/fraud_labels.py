"""POST and GET /fraud/labels: what scored payments turned out to be, and how well the live version did by week."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from flask import request
from flask_restful import Resource
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from errors import Fault, InvalidInput, NotFound
from kinds.fraud_scoring import LONGEST_ID, id_of
from resources.body import fields_of_body, fields_of_query, read_body
from resources.caller import Caller, owning_caller
from resources.fraud_scoring import KIND
from resources.model_access import own_model
from resources.operation import Operation
from resources.service import Service, service
from resources.validation import validated
from store import labels, payments, versions
from store.engine import Connection, reading, writing_once
from store.models import Model
from store.payments import Tally, keyed

MOST_LABELS = 10_000  # in one request
FRAUD = "fraud"

ID_SCHEMA = {
    "description": "Under which the payment was scored.",
    "type": ["string", "integer"],
    "minLength": 1,
    "maxLength": LONGEST_ID,
}
Id = Annotated[
    str,
    BeforeValidator(lambda value: id_of(value) or value),
    Field(min_length=1, max_length=LONGEST_ID),
    WithJsonSchema(ID_SCHEMA),
]


class LabelInput(BaseModel):
    """What a payment turned out to be."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Id
    label: Literal["fraud", "legitimate"]


class LabelsRequest(BaseModel):
    """Labels of payments that were scored with an id, each payment once."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: Annotated[str, Field(max_length=63)]
    labels: Annotated[list[LabelInput], Field(min_length=1, max_length=MOST_LABELS)]


class LabelState(BaseModel):
    """unchanged: it was known already; unknown: no payment of this id is remembered."""

    id: str
    state: labels.Noted


class LabelsAnswer(BaseModel):
    """What became of each label, in the order in which they were sent."""

    model: str
    labels: list[LabelState]
    noted: int
    changed: int
    unchanged: int
    unknown: int


class LabelsQuery(BaseModel):
    """Which model's weeks, and perhaps which payment's labels."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: Annotated[str, Field(max_length=63)]
    id: Id | None = None


class Told(BaseModel):
    """What was decided about payments and what became of them. planned: the mean of the alert rates that were promised."""

    payments: int
    alerts: int
    alert_rate: float | None
    planned: float | None
    labelled: int
    labelled_alerts: int
    frauds: int
    caught: int
    precision: Annotated[float | None, Field(description="Of the alerts that were labelled, the share that was fraud.")]
    recall: Annotated[float | None, Field(description="Of the labelled frauds, the share that raised an alert.")]


class Week(Told):
    """The same of the payments scored in a week, from this Monday on (UTC)."""

    week: date


class Said(BaseModel):
    """A label that was posted, and when."""

    label: Literal["fraud", "legitimate"]
    at: datetime


class LabelsPage(BaseModel):
    """The live version's payments that are remembered, all and by week, the newest first; history: of the payment asked for."""

    model: str
    version: int | None
    all: Told
    weeks: list[Week]
    history: list[Said] | None


class FraudLabels(Resource):
    """Labels of payments."""

    operations = {  # noqa: RUF012
        "post": Operation(
            "Say what payments turned out to be",
            LabelsAnswer,
            body=LabelsRequest,
            example={"model": "cards", "labels": [{"id": "t1", "label": "fraud"}, {"id": "t2", "label": "legitimate"}]},
            statuses={200: "What became of each label"},
        ),
        "get": Operation("Tell precision and recall of the live version by week", LabelsPage, query=LabelsQuery),
    }

    def post(self) -> tuple[dict[str, object], int]:
        this, owner = service(), owning_caller()
        asked = validated(LabelsRequest, fields_of_body(request, read_body(request, this.settings.max_body_bytes), this.limits))
        _check_once(asked)
        key = keyed(this.settings.secret.encode(), owner.site_id)
        stated = {key(each.id): each.label == FRAUD for each in asked.labels}
        with reading(this.engine) as connection:
            model = own_detector(connection, owner, asked.model)
        with writing_once(this.engine) as connection:
            noted = labels.note(connection, model.id, stated)
        told = [{"id": each.id, "state": noted[key(each.id)]} for each in asked.labels]
        counts = {state: sum(each["state"] == state for each in told) for state in ("noted", "changed", "unchanged", "unknown")}
        return {"model": asked.model, "labels": told, **counts}, 200

    def get(self) -> tuple[dict[str, object], int]:
        this, owner = service(), owning_caller()
        asked = validated(LabelsQuery, fields_of_query(request))
        with reading(this.engine) as connection:
            model = own_detector(connection, owner, asked.model)
            told = weeks_told(connection, model)
            history = None if asked.id is None else _history(connection, model, asked.id, owner, this)
        return {"model": asked.model, **told, "history": history}, 200


def own_detector(connection: Connection, owner: Caller, name: str) -> Model:
    """Find a detector of the caller's site. Raises NotFound, InvalidInput for a model of another kind."""
    model = own_model(connection, owner, name)
    if model.kind != KIND:
        raise InvalidInput(f"the model is of kind {model.kind}; only payments that a detector scored have labels", field="model")
    return model


def weeks_told(connection: Connection, model: Model) -> dict[str, object]:
    """How well the live version did, as far as labels tell."""
    live = None if model.live is None else versions.by_id(connection, model.live)
    if live is None:
        return {"version": None, "all": tally_told(Tally(None, 0, 0, None, 0, 0, 0, 0)), "weeks": []}
    weeks = payments.weeks(connection, model.id, live.number)
    return {
        "version": live.number,
        "all": tally_told(payments.tally(connection, model.id, live.number)),
        "weeks": [{"week": week.week, **tally_told(week)} for week in weeks],
    }


def tally_told(tally: Tally) -> dict[str, object]:
    return {name: getattr(tally, name) for name in Told.model_fields}


def _check_once(asked: LabelsRequest) -> None:
    seen: set[str] = set()
    for place, each in enumerate(asked.labels):
        if each.id in seen:
            detail = "this id stands twice; give each payment one label"
            raise InvalidInput(detail, faults=(Fault(f"/labels/{place}/id", detail),))
        seen.add(each.id)


def _history(connection: Connection, model: Model, id: str, owner: Caller, service: Service) -> list[dict[str, object]]:
    key = keyed(service.settings.secret.encode(), owner.site_id)(id)
    if not payments.known(connection, model.id, key):
        raise NotFound("no payment of this id is remembered")
    said = labels.history(connection, model.id, key)
    return [{"label": FRAUD if each.fraud else "legitimate", "at": each.created_at} for each in said]
