"""GET /openapi.json: the OpenAPI 3.1 document, written from the routes and the models beside them.

Ours rather than a library's: those that know flask-restful are unkept or bypass its representations.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from http import HTTPStatus
from typing import Any

import orjson
from flask import Flask, Response, current_app
from flask_restful import Resource
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from resources.bare import MEDIA_TYPE as PROBLEM
from resources.body import CSV, FORMS, JSON, STRUCTURED
from resources.formats import MEDIA_TYPES
from resources.job_answer import JobAnswer
from resources.operation import Operation
from science.version import VERSION

REFERENCE = "#/components/schemas/{model}"
PATH_PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
EVERYWHERE = (400, 401, 403, 404, 406, 409, 414, 422, 429, 431, 503)
WITH_BODY = (411, 413, 415)


class Fault(BaseModel):
    pointer: str
    detail: str


class Problem(BaseModel):
    """What went wrong (RFC 9457); `errors` points at the fields of a bad request."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str | None
    errors: list[Fault] = []


class OpenApi(Resource):
    """This document."""

    operations = {"get": Operation("The OpenAPI document", JSON)}  # noqa: RUF012

    def get(self) -> Response:
        return Response(written(current_app.name), mimetype=JSON)


@cache
def written(name: str) -> bytes:
    """The document of the running application as JSON, written once."""
    return orjson.dumps(document_of(current_app))


def document_of(app: Flask) -> dict[str, Any]:
    """Write the document of an application's documented routes."""
    paths: dict[str, dict[str, Any]] = {}
    used: dict[type[BaseModel], None] = {Problem: None, JobAnswer: None}
    for path, resource, verb, operation in documented(app):
        used |= dict.fromkeys(_models(operation))
        paths.setdefault(path, {})[verb] = _operation(path, resource, verb, operation)
    _, definitions = models_json_schema([(model, "validation") for model in used], ref_template=REFERENCE)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Lamplight",
            "version": VERSION,
            "summary": "Statistics for sites that can't run Python.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "security": [{"key": []}, {}],
        "paths": paths,
        "components": {
            "schemas": definitions["$defs"],
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "sk_... on a server, pk_... in a page"}
            },
        },
    }


def documented(app: Flask) -> Iterator[tuple[str, type[Resource], str, Operation]]:
    """Give each documented path, resource, verb and operation of an application."""
    for rule in app.url_map.iter_rules():
        resource: type[Resource] = getattr(app.view_functions[rule.endpoint], "view_class", Resource)
        for verb, operation in getattr(resource, "operations", {}).items():
            yield PATH_PARAMETER.sub(r"{\1}", rule.rule), resource, verb, operation


def _operation(path: str, resource: type[Resource], verb: str, operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": f"{verb}_{resource.__name__}",
        "tags": [path.split("/")[1]],
        "summary": operation.summary,
        "parameters": [*_path_parameters(path), *_query_parameters(operation), *operation.parameters],
        "responses": _responses(operation),
    }
    if operation.body is not None:
        described["requestBody"] = {"required": operation.needs_body, "content": _body(operation.body, operation.example)}
    return described


def _path_parameters(path: str) -> list[dict[str, Any]]:
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in re.findall(r"{(\w+)}", path)]


def _query_parameters(operation: Operation) -> list[dict[str, Any]]:
    parameters: list[dict[str, Any]] = [TTL, PREFER] if operation.keeps else []
    if operation.query is None:
        return parameters
    schema = operation.query.model_json_schema(ref_template=REFERENCE)
    required = schema.get("required", [])
    return parameters + [
        _query_parameter(name, field, name in required) for name, field in schema["properties"].items() if name != "data"
    ]


def _query_parameter(name: str, field: Mapping[str, Any], required: bool) -> dict[str, Any]:
    parameter = {"name": name, "in": "query", "required": required}
    if name in STRUCTURED:
        return parameter | {"content": {JSON: {"schema": field}}}
    return parameter | {"schema": field}


TTL = {
    "name": "ttl",
    "in": "query",
    "required": False,
    "description": "How long to keep the answer: 90s, 15m, 12h or 30d. Without it: for ever with a secret key, else 30 days.",
    "schema": {"type": "string", "pattern": "^[1-9][0-9]{0,8}[smhd]?$"},
}


PREFER = {
    "name": "Prefer",
    "in": "header",
    "required": False,
    "description": "respond-async: do not wait for a worker; wait=N: wait N seconds for it, at most 25; else 15 (RFC 7240).",
    "schema": {"type": "string"},
}
ACCEPTED = {
    "description": "A worker does it: look at Location again",
    "content": {JSON: {"schema": {"$ref": REFERENCE.format(model=JobAnswer.__name__)}}},
}


def _body(model: type[BaseModel], example: Mapping[str, Any]) -> dict[str, Any]:
    schema = {"$ref": REFERENCE.format(model=model.__name__)}
    return {
        JSON: {"schema": schema, "example": example},
        CSV: {"schema": {"type": "string", "description": "The data; the other fields stand in the query string."}},
        **{form: {"schema": {"type": "object", "description": "The same fields; data is JSON or CSV."}} for form in FORMS},
    }


def _responses(operation: Operation) -> dict[str, Any]:
    statuses = (*EVERYWHERE, *(WITH_BODY if operation.body else ()))
    problem = {PROBLEM: {"schema": {"$ref": REFERENCE.format(model="Problem")}}}
    refusals = {str(status): {"description": HTTPStatus(status).phrase, "content": problem} for status in sorted(statuses)}
    return _successes(operation) | refusals


def _successes(operation: Operation) -> dict[str, Any]:
    if operation.answer is None:
        return {"204": {"description": "Done; there is nothing to tell."}}
    given = {"description": "The answer", "content": _content(operation)}
    if operation.statuses:
        return {str(status): given | {"description": words} for status, words in operation.statuses.items()}
    if operation.creates:
        return {
            "200": given | {"description": "Known already, answered from the store"},
            "201": given | {"description": "Computed"},
            "202": ACCEPTED,
        }
    return {"200": given, "202": ACCEPTED} if operation.keeps else {"200": given}


def _content(operation: Operation) -> dict[str, Any]:
    answer = operation.answer
    if isinstance(answer, str):
        return {media_type: {} for media_type in (MEDIA_TYPES.values() if answer == "*/*" else (answer,))}
    assert answer is not None
    content: dict[str, Any] = {JSON: {"schema": {"$ref": REFERENCE.format(model=answer.__name__)}}}
    content |= {media_type: {} for media_type in operation.also}
    if operation.keeps:
        content |= {media_type: {} for media_type in MEDIA_TYPES.values() if media_type != JSON}
    return content


def _models(operation: Operation) -> list[type[BaseModel]]:
    named = (operation.body, operation.query, operation.answer)
    return [model for model in named if isinstance(model, type)]
