"""GET /health/live and GET /health/ready: is the process up, and can it answer questions?"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from flask_restful import Resource
from pydantic import BaseModel, Field

from resources.operation import Operation
from resources.service import service
from science.version import VERSION
from store import models, queue
from store.engine import reading


class Health(BaseModel):
    status: Literal["ok"]
    version: str


class Readiness(Health):
    workers: Annotated[int, Field(ge=0, description="Workers at work: without one, dear requests wait as jobs.")]
    fitted_at: Annotated[datetime | None, Field(description="When the newest version of a model was fitted.")]
    stale: Annotated[bool, Field(description="Has a model missed its refit? 26 hours after the last, or 170 if it is weekly.")]


class Live(Resource):
    """Up: asks nothing of anybody."""

    operations = {"get": Operation("Tell that the process is up", Health)}  # noqa: RUF012

    def get(self) -> tuple[dict[str, str], int]:
        return {"status": "ok", "version": VERSION}, 200


class Ready(Resource):
    """Ready: the database answers; 503 when it does not."""

    operations = {"get": Operation("Tell that the database answers", Readiness)}  # noqa: RUF012

    def get(self) -> tuple[dict[str, object], int]:
        with reading(service().engine) as connection:
            workers = queue.workers(connection)
            fitted_at, stale = models.freshness(connection)
        return {"status": "ok", "version": VERSION, "workers": workers, "fitted_at": fitted_at, "stale": stale}, 200
