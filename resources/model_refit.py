"""POST /models/<name>/refit: fit a model anew, now; a worker does it."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response, request
from flask_restful import Resource

from jobs.queue import enqueue
from resources.body import fields_of_query
from resources.caller import owning_caller
from resources.dataset_models import NoQuery
from resources.job_answer import JobAnswer, job_response
from resources.model_access import no_model, own_model
from resources.operation import Operation
from resources.service import service
from resources.validation import validated
from store import jobs, runs
from store.engine import writing


class ModelRefit(Resource):
    """A refit that is asked for."""

    operations = {  # noqa: RUF012
        "post": Operation(
            "Refit a model; a refit that waits already is told again", JobAnswer, statuses={202: "A worker does it"}
        )
    }

    def post(self, name: str) -> Response:
        owner = owning_caller()
        validated(NoQuery, fields_of_query(request))
        with writing(service().engine) as connection:
            run = runs.ask(connection, own_model(connection, owner, name).id)
            if run is None:
                raise no_model()
            job = run.job
            if job is None:
                job = enqueue(connection, owner.site_id, "refit", {"run": run.id}, lock=f"run {run.id}")
                runs.queued_as(connection, run.id, job)
            found = jobs.find(connection, owner.site_id, job)
        assert found is not None  # its row is there as long as the run waits
        response = job_response(found, HTTPStatus.ACCEPTED)
        response.headers["Location"] = f"/jobs/{job}"
        return response
