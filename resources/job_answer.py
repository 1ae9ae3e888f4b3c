"""A job as JSON: how far it is, where its result is, or why there is none."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from http import HTTPStatus
from typing import Annotated

import orjson
from flask import Response
from pydantic import BaseModel, Field

from store.jobs import Job, State

AGAIN_SECONDS = 1  # what Retry-After says of a job that is not finished
UNTOLD = ("site_id", "task")


class JobFault(BaseModel):
    pointer: str
    detail: str


class JobReason(BaseModel):
    """Why a job failed, or its last attempt: the problem that a request would have been told."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[JobFault] = []


class JobAnswer(BaseModel):
    """A piece of work that a worker does."""

    id: str
    url: str
    state: State
    progress: Annotated[float, Field(ge=0, le=1)]
    position: Annotated[int | None, Field(description="How many jobs wait in front of it; null when it waits no longer.")]
    result: Annotated[str | None, Field(description="Where the answer is.")]
    reason: JobReason | None
    log: list[str]
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


def told_of(job: Job) -> dict[str, object]:
    """What is told of a job."""
    values = {name: value for name, value in asdict(job).items() if name not in UNTOLD}
    return {"id": job.id, "url": f"/jobs/{job.id}", **values}


def job_response(job: Job, status: HTTPStatus) -> Response:
    """Tell of a job; of one that is not finished, when to look again."""
    response = Response(orjson.dumps(told_of(job)), status=status, mimetype="application/json")
    if not job.finished:
        response.headers["Retry-After"] = str(AGAIN_SECONDS)
    return response
