"""GET /models; GET, PUT and DELETE /models/<name>: questions that are kept, and answered from the version that is live."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Response, request
from flask_restful import Resource

from errors import Fault, InvalidInput, LamplightError, NotFound, pointer_of
from kinds import KINDS
from resources.body import Fields, fields_of_body, fields_of_query, read_body
from resources.caller import Caller, owning_caller
from resources.dataset_models import NoQuery
from resources.fits import modelled
from resources.fraud_card import card_told
from resources.model_access import no_model, own_model
from resources.model_documents import (
    MODELLED,
    SHOWN_RUNS,
    ModelAnswer,
    ModelList,
    ModelPage,
    ModelRequest,
    model_told,
    run_told,
    version_told,
)
from resources.model_drift import drift_summary
from resources.operation import Operation
from resources.service import service
from resources.tables import columns_of_dataset, dataset_of
from resources.validation import validated
from store import models, runs, versions
from store.catalog import NAME
from store.engine import Connection, reading, writing
from store.models import Asked, Model

EXAMPLE = {
    "kind": "regress",
    "spec": {"formula": "Sepal_Length ~ Sepal_Width + Petal_Length"},
    "dataset": "iris",
    "refit": "nightly",
}


class Models(Resource):
    """The models of a site."""

    operations = {"get": Operation("List the models of the site", ModelList)}  # noqa: RUF012

    def get(self) -> tuple[dict[str, object], int]:
        owner = owning_caller()
        with reading(service().engine) as connection:
            listed = [_told(connection, model) for model in models.list_(connection, owner.site_id)]
        return {"models": listed}, 200


class OneModel(Resource):
    """One model."""

    operations = {  # noqa: RUF012
        "get": Operation("Tell of a model, its live version, its drift and its last runs", ModelPage),
        "put": Operation(
            "Keep a model, or change what it is",
            ModelAnswer,
            body=ModelRequest,
            example=EXAMPLE,
            statuses={200: "Changed", 201: "Kept"},
        ),
        "delete": Operation("Delete a model with its versions and runs", None),
    }

    def get(self, name: str) -> tuple[dict[str, object], int]:
        owner = owning_caller()
        with reading(service().engine) as connection:
            model = own_model(connection, owner, name)
            version = None if model.live is None else versions.by_id(connection, model.live)
            last, _ = runs.page(connection, owner.site_id, model=model.name, limit=SHOWN_RUNS)
            told = _told(connection, model)
        return {
            **told,
            "live": None if version is None else version_told(version, model.live),
            "drift": None if version is None else drift_summary(model, version, service()),
            "card": card_told(model, version, service()),
            "runs": [run_told(run) for run in last],
        }, 200

    def put(self, name: str) -> tuple[dict[str, object], int, dict[str, str]]:
        owner = owning_caller()
        if not NAME.fullmatch(name):
            raise InvalidInput("a model's name is a letter and up to 62 letters, digits, _ and - after it", field="name")
        asked = _asked(owner)
        with writing(service().engine) as connection:
            model, new = models.put(connection, owner.site_id, name, asked, max_models=service().settings.max_models)
            told = _told(connection, model)
        return told, 201 if new else 200, {"Location": f"/models/{name}"}

    def delete(self, name: str) -> Response:
        owner = owning_caller()
        validated(NoQuery, fields_of_query(request))
        with writing(service().engine) as connection:
            removed = models.remove(connection, owner.site_id, name)
        if not removed:
            raise no_model()
        return Response(status=204)


def _told(connection: Connection, model: Model) -> dict[str, object]:
    pointer = models.pointer(connection, model.site_id, model.name)
    return model_told(model, models.age(connection, model.id), None if pointer is None else pointer.number)


def _asked(owner: Caller) -> Asked:
    """Read what the model shall be. Raises InvalidInput naming the field, also inside the spec; NotFound for the dataset."""
    body = read_body(request, service().settings.max_body_bytes)
    fields = fields_of_body(request, body, service().limits)
    asked = validated(ModelRequest, fields)
    if asked.kind not in MODELLED:
        raise InvalidInput(f"kind must be one of {', '.join(MODELLED)}", field="kind")
    with _inside_spec():
        spec = validated(KINDS[asked.kind].asks, Fields(asked.spec, strict=fields.strict))
    try:
        dataset = dataset_of(asked.dataset, owner, service())
    except NotFound as missing:
        raise InvalidInput(missing.detail, field="dataset") from None
    with _inside_spec():
        modelled(asked.kind).check(spec, columns_of_dataset(dataset), service().limits)
    return Asked(asked.kind, asked.spec, asked.dataset, asked.refit, asked.holdout, asked.guard.model_dump(), asked.public)


@contextmanager
def _inside_spec() -> Iterator[None]:
    """Let errors point into the field `spec`."""
    try:
        yield
    except LamplightError as error:
        faults = tuple(Fault(f"/spec{pointer_of(fault.pointer)}", fault.detail) for fault in error.faults)
        raise InvalidInput(f"spec: {error.detail}", faults=faults) from None
