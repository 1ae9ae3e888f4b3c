"""GET /jobs, GET and DELETE /jobs/<id>: the work that is done apart from requests, how far it is, and how to stop it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from flask import Response, request
from flask_restful import Resource
from pydantic import BaseModel, ConfigDict, Field

from errors import NotFound
from jobs.queue import cancel
from resources.body import fields_of_query
from resources.caller import owning_caller, reading_caller
from resources.job_answer import JobAnswer, job_response, told_of
from resources.operation import Operation
from resources.results import NoQuery
from resources.service import service
from resources.validation import validated
from store import jobs
from store.engine import reading, writing


class JobsQuery(BaseModel):
    """Which page of the jobs to list."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    before: Annotated[str | None, Field(max_length=200, description="`next` of the page before.")] = None
    limit: Annotated[int, Field(ge=1, le=100)] = 20


class JobsListing(BaseModel):
    """Jobs, newest first; `next` is null on the last page. The position is told of one job alone."""

    jobs: list[JobAnswer]
    next: str | None


class Jobs(Resource):
    """The jobs of a site."""

    operations = {  # noqa: RUF012
        "get": Operation("List the jobs of the site, newest first", JobsListing, query=JobsQuery)
    }

    def get(self) -> tuple[dict[str, object], int]:
        owner = owning_caller()
        asked = validated(JobsQuery, fields_of_query(request))
        with reading(service().engine) as connection:
            listed, next_ = jobs.page(connection, owner.site_id, before=asked.before, limit=asked.limit)
        return {"jobs": [told_of(job) for job in listed], "next": next_}, 200


class OneJob(Resource):
    """One job. Whoever may read results may read the job whose id they were given; only a secret key may stop it."""

    operations = {  # noqa: RUF012
        "get": Operation("Tell how far a job is", JobAnswer, query=NoQuery),
        "delete": Operation("Cancel a job; one that has ended stays as it is", None, query=NoQuery),
    }

    def get(self, name: str) -> Response:
        reader = reading_caller(service())
        validated(NoQuery, fields_of_query(request))
        with reading(service().engine) as connection:
            found = jobs.find(connection, reader.site_id, name)
        if found is None:
            raise _nothing()
        response = job_response(found, HTTPStatus.OK)
        response.headers["Cache-Control"] = "no-store"
        return response

    def delete(self, name: str) -> Response:
        owner = owning_caller()
        validated(NoQuery, fields_of_query(request))
        with writing(service().engine) as connection:
            found = jobs.find(connection, owner.site_id, name)
            cancel(connection, owner.site_id, name)
        if found is None:
            raise _nothing()
        return Response(status=204)


def _nothing() -> NotFound:
    return NotFound("there is no such job; a finished one is forgotten after three days")
