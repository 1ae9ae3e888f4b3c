"""POST /models/<name>/predict: predictions of the version that is live, for the site and, of a public model, for its pages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson
from flask import Response, request
from flask_restful import Resource
from pydantic import BaseModel, ConfigDict, RootModel

from errors import LamplightError
from kinds.fraud_scoring import PaymentsToScore
from kinds.presenting import Warned
from kinds.rows import Rows
from resources.body import CSV, JSON, fields_of_body, read_body
from resources.caller import Caller, caller, confirm, confirmed, reading_caller, unconfirmed
from resources.csv_written import csv_of_rows
from resources.fits import modelled
from resources.formats import json_or_csv
from resources.fraud_scoring import KIND as FRAUD
from resources.fraud_scoring import FraudAnswer, score_payments
from resources.model_access import no_model, unfitted
from resources.operation import Operation
from resources.service import Service, service
from resources.tables import table_of
from resources.validation import validated
from store import models
from store.engine import driving
from store.models import Pointer

ATTEMPTS = 2  # a version may be deleted between the look at the pointer and the reading of it


class PredictionRequest(BaseModel):
    """What a model of its kind is asked: rows (regress, mixed), or steps ahead (forecast)."""

    model_config = ConfigDict(extra="allow", frozen=True)

    data: Rows = None


class PredictionAnswer(BaseModel):
    """Predictions in the order of the rows, by the version that is live; stale: its last refit is too long ago."""

    model_config = ConfigDict(extra="allow")

    model: str
    version: int
    fitted_at: datetime
    stale: bool
    predictions: list[dict[str, Any]]
    warnings: list[Warned]


class AskedOfAnyKind(RootModel[PredictionRequest | PaymentsToScore]):
    """What a model is asked: of kind fraud, payments to score."""


class AnswerOfAnyKind(RootModel[PredictionAnswer | FraudAnswer]):
    """What a model answers: of kind fraud, the scores of the payments."""


class ModelPrediction(Resource):
    """What a model predicts."""

    operations = {  # noqa: RUF012
        "post": Operation(
            "Predict with the live version of a model",
            AnswerOfAnyKind,
            body=AskedOfAnyKind,
            example={"data": {"Sepal_Width": [3.5], "Petal_Length": [1.4]}},
            statuses={200: "The predictions"},
            also=(CSV,),
        )
    }

    def post(self, name: str) -> Response:
        this = service()
        try:
            return _predicted(name, reading_caller(this), this)
        except LamplightError:
            confirm(this)  # a key that is dead is told that before anything else
            raise


def _predicted(name: str, asker: Caller, this: Service) -> Response:
    media_type = json_or_csv(request, "predictions")
    pointer = _pointer(name, asker, this)
    if pointer.kind == FRAUD:
        return score_payments(name, pointer, asker, this)
    body = read_body(request, this.settings.max_body_bytes)
    with this.gate.turn():
        model = modelled(pointer.kind)
        asked: Any = validated(model.predicts, fields_of_body(request, body, this.limits))
        data = getattr(asked, "data", None)
        table = table_of(data, this.limits, field="data") if "data" in model.predicts.model_fields else None
        pointer, fit = _fit(name, pointer, asker, this)
        told = model.predict(fit, asked, table, this.limits)
        if media_type == CSV:
            return Response(_csv(told["predictions"]), mimetype=CSV, headers={"Vary": "Accept"})
        head = {"model": name, "version": pointer.number, "fitted_at": pointer.fitted_at, "stale": pointer.stale}
        return Response(orjson.dumps({**head, **told}, option=orjson.OPT_SERIALIZE_NUMPY), mimetype=JSON)


def _fit(name: str, pointer: Pointer, asker: Caller, this: Service) -> tuple[Pointer, Any]:
    """Give the live version's fit; when it was deleted just now, that of the one which is live since."""
    for _ in range(ATTEMPTS):
        assert pointer.version is not None
        fit = this.fits.get(pointer.version, pointer.kind, this.engine)
        if fit is not None:
            return pointer, fit
        pointer = _pointer(name, asker, this)
    raise unfitted()


def _pointer(name: str, asker: Caller, this: Service) -> Pointer:
    """Look which version answers, in the round trip that confirms the caller's key. Raises NotFound, Conflict."""
    digest = unconfirmed()
    with driving(this.engine) as connection:
        if digest is None:
            lives, found = True, models.pointer(connection, asker.site_id, name)
        else:
            lives, found = models.pointer_to_key(connection, digest, asker.site_id, name)
    if digest is not None:
        confirmed(this, lives=lives)
    if found is None or (caller().kind != "secret" and not found.public):
        raise no_model()
    if found.version is None:
        raise unfitted()
    return found


def _csv(predictions: Any) -> str:
    """Write predictions as CSV; what is no plain value is written as JSON."""
    names = list(predictions[0]) if predictions else []
    return csv_of_rows(names, ([_cell(row[name]) for name in names] for row in predictions))


def _cell(value: object) -> object:
    if isinstance(value, float) and value != value:
        return None
    return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY).decode() if isinstance(value, dict | list) else value
