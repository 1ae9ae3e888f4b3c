"""GET /runs: what the nights decided, newest first."""

from __future__ import annotations

from typing import Annotated

from flask import request
from flask_restful import Resource
from pydantic import BaseModel, ConfigDict, Field

from resources.body import fields_of_query
from resources.caller import owning_caller
from resources.model_documents import RunList, run_told
from resources.operation import Operation
from resources.service import service
from resources.validation import validated
from store import runs
from store.engine import reading


class RunsQuery(BaseModel):
    """Which page of the runs to list."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: Annotated[str | None, Field(max_length=63, pattern="^[A-Za-z0-9_-]*$", description="Of this model only.")] = None
    before: Annotated[int | None, Field(ge=1, le=2**63 - 1, description="`next` of the page before.")] = None
    limit: Annotated[int, Field(ge=1, le=100)] = 50


class Runs(Resource):
    """The runs of a site."""

    operations = {"get": Operation("List what refits decided, newest first", RunList, query=RunsQuery)}  # noqa: RUF012

    def get(self) -> tuple[dict[str, object], int]:
        owner = owning_caller()
        asked = validated(RunsQuery, fields_of_query(request))
        with reading(service().engine) as connection:
            found, next_ = runs.page(connection, owner.site_id, model=asked.model, before=asked.before, limit=asked.limit)
        return {"runs": [run_told(run) for run in found], "next": next_}, 200
