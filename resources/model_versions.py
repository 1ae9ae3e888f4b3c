"""GET /models/<name>/versions and POST /models/<name>/rollback: the fits that are kept, and which of them answers."""

from __future__ import annotations

from typing import Annotated

from flask import request
from flask_restful import Resource
from pydantic import BaseModel, ConfigDict, Field

from errors import Conflict, NotFound
from resources.body import fields_of_body, fields_of_query, has_body, read_body
from resources.caller import owning_caller
from resources.dataset_models import NoQuery
from resources.model_access import live_version, no_model, own_model
from resources.model_documents import VersionAnswer, VersionList, version_told
from resources.operation import Operation
from resources.service import service
from resources.validation import validated
from store import models, versions
from store.engine import Connection, reading, writing
from store.models import Model
from store.versions import Version


class RollbackRequest(BaseModel):
    """Which version shall answer: the one of this number, or without it the one before of the model's kind."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Annotated[int | None, Field(ge=1, le=2**31 - 1)] = None


class ModelVersions(Resource):
    """The versions of a model."""

    operations = {"get": Operation("List the versions of a model that are kept, newest first", VersionList)}  # noqa: RUF012

    def get(self, name: str) -> tuple[dict[str, object], int]:
        owner = owning_caller()
        validated(NoQuery, fields_of_query(request))
        with reading(service().engine) as connection:
            model = own_model(connection, owner, name)
            kept = versions.list_(connection, model.id)
        return {"versions": [version_told(version, model.live) for version in kept]}, 200


class ModelRollback(Resource):
    """The version that answers, moved by hand."""

    operations = {  # noqa: RUF012
        "post": Operation(
            "Let the version before, or a named one, answer again",
            VersionAnswer,
            body=RollbackRequest,
            needs_body=False,
            example={"version": 1},
            statuses={200: "It answers now"},
        )
    }

    def post(self, name: str) -> tuple[dict[str, object], int]:
        owner = owning_caller()
        with reading(service().engine) as connection:
            own_model(connection, owner, name)
        asked = _asked()
        with writing(service().engine) as connection:
            model = models.lock(connection, own_model(connection, owner, name).id)
            if model is None:
                raise no_model()
            version = _wanted(connection, model, asked.version)
            versions.point(connection, model.id, version.id)
        return version_told(version, version.id), 200


def _asked() -> RollbackRequest:
    if not has_body(request):
        return validated(RollbackRequest, fields_of_query(request))
    body = read_body(request, service().settings.max_body_bytes)
    return validated(RollbackRequest, fields_of_body(request, body, service().limits))


def _wanted(connection: Connection, model: Model, number: int | None) -> Version:
    if number is None:
        found = versions.before(connection, model.id, live_version(connection, model).number)
        if found is None:
            raise Conflict("there is no version of the model's kind before the one that answers")
        return found
    found = versions.by_number(connection, model.id, number)
    if found is None:
        raise NotFound("the model has no version of this number; GET /models/<name>/versions lists those that are kept")
    if found.kind != model.kind:
        raise Conflict("this version is of another kind than the model is now")
    return found
