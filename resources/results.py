"""GET /results, GET and DELETE /results/<id>: the answers kept, in every format."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from flask import Response, request
from flask_restful import Resource
from pydantic import BaseModel, ConfigDict, Field

from errors import InvalidInput, NotFound
from resources.answers import cached
from resources.body import fields_of_query
from resources.caller import owning_caller, reading_caller
from resources.formats import DRAWN, MEDIA_TYPES, respond, wanted_format
from resources.kinds import DOCUMENTS
from resources.operation import Operation
from resources.service import service
from resources.validation import validated
from store import results
from store.engine import reading, writing_once


class ListingQuery(BaseModel):
    """Which page of the results to list."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Annotated[str | None, Field(max_length=40, description="Only results of this kind.")] = None
    before: Annotated[str | None, Field(max_length=200, description="`next` of the page before.")] = None
    limit: Annotated[int, Field(ge=1, le=100)] = 20


class ResultQuery(BaseModel):
    """Which of several pictures to draw."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    view: Annotated[
        str | None,
        Field(
            max_length=40, pattern="^[a-z]+$", description="For svg and png of a mixed model: effects, lines, trace or profile."
        ),
    ] = None


class NoQuery(BaseModel):
    """Nothing may stand in the query string."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ListedResult(BaseModel):
    id: str
    kind: str
    url: str
    created_at: datetime
    expires_at: datetime | None


class Listing(BaseModel):
    """Results, newest first; `next` is null on the last page."""

    results: list[ListedResult]
    next: str | None


class Results(Resource):
    """The results of a site."""

    operations = {"get": Operation("List the results of the site, newest first", Listing, query=ListingQuery)}  # noqa: RUF012

    def get(self) -> tuple[dict[str, object], int]:
        owner = owning_caller()
        asked = validated(ListingQuery, fields_of_query(request))
        if asked.kind is not None and asked.kind not in DOCUMENTS:
            raise InvalidInput(f"there is no such kind; known are {', '.join(DOCUMENTS)}", field="?kind")
        with reading(service().engine) as connection:
            page = results.page(connection, owner.site_id, kind=asked.kind, before=asked.before, limit=asked.limit)
        return {"results": [_listed(item) for item in page.items], "next": page.next}, 200


class OneResult(Resource):
    """One result, as JSON, CSV, SVG, PNG, HTML or text: by Accept, or by a suffix."""

    operations = {  # noqa: RUF012
        "get": Operation("Fetch a result in the format of the suffix or of Accept", "*/*", query=ResultQuery),
        "delete": Operation("Delete a result", None),
    }

    def get(self, name: str) -> Response:
        reader = reading_caller(service())
        view = validated(ResultQuery, fields_of_query(request)).view
        result_id, suffix = _split(name)
        format_ = suffix or wanted_format(request)
        if view is not None and format_ not in DRAWN:
            raise InvalidInput("view is for the pictures, .svg and .png", field="?view")
        with reading(service().engine) as connection:
            found = results.find(connection, reader.site_id, result_id)
        if found is None:
            raise _nothing()
        response = respond(found.answer, format_, lambda: _picture(found), view)
        return cached(response, f"{result_id}-{view}" if view else result_id, reader)

    def delete(self, name: str) -> Response:
        owner = owning_caller()
        validated(NoQuery, fields_of_query(request))
        with writing_once(service().engine) as connection:
            removed = results.remove(connection, owner.site_id, name)
        if not removed:
            raise _nothing()
        return Response(status=204)


def _split(name: str) -> tuple[str, str | None]:
    """Split `res_ab.csv` into the id and the format; refuse a suffix that is none."""
    result_id, dot, suffix = name.partition(".")
    if dot and suffix not in MEDIA_TYPES:
        raise NotFound(f"a result can be had as {', '.join('.' + name for name in MEDIA_TYPES)}")
    return result_id, suffix or None


def _picture(found: results.Result) -> bytes:
    if found.picture is None:
        raise NotFound("this result has no picture")
    return found.picture


def _nothing() -> NotFound:
    return NotFound("there is no such result; it may have expired or been deleted")


def _listed(item: results.Listed) -> dict[str, object]:
    return {
        "id": item.id,
        "kind": item.kind,
        "url": f"/results/{item.id}",
        "created_at": item.created_at,
        "expires_at": item.expires_at,
    }
