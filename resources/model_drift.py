"""GET and POST /models/<name>/drift: how the data are distributed now, beside those that the live version was fitted to."""

from __future__ import annotations

from time import monotonic
from typing import Literal

import numpy as np
from flask import request
from flask_restful import Resource
from pydantic import BaseModel, ConfigDict

from errors import Conflict, InvalidInput, LamplightError, RefitNeeded
from kinds.rows import Rows
from resources.body import fields_of_body, fields_of_query, read_body
from resources.caller import Caller, owning_caller
from resources.dataset_models import NoQuery
from resources.fits import modelled
from resources.model_access import live_version, own_model
from resources.operation import Operation
from resources.service import Service, service
from resources.tables import Stored, dataset_of, table_of
from resources.validation import validated
from science.drift import Drift, Histogram, drift_between
from science.table import Numeric, Table
from store import datasets
from store.engine import reading
from store.models import Model
from store.versions import Version

Verdict = Literal["stable", "moderate", "large"]
REGISTERED_SECONDS = 60.0  # that what is told of a registered table may be old: each look reads all its rows
UNTOLD: dict[str, object] = {"verdict": None, "worst": None, "psi": None}


class DriftBin(BaseModel):
    """A bin of a column, and the shares of the values in it: when the version was fitted, and now."""

    bin: str
    before: float
    now: float


class ColumnDrift(BaseModel):
    """A column's population stability index; `chance` is what it stays under, 99 times in 100, when nothing has changed."""

    column: str
    psi: float
    chance: float
    verdict: Verdict
    bins: list[DriftBin]


class ScoreDrift(BaseModel):
    """The same of what the version predicts."""

    psi: float
    chance: float
    verdict: Verdict
    bins: list[DriftBin]


class DriftAnswer(BaseModel):
    """The drift of each column that the version is made of. missing_columns: those that the data do not have."""

    model: str
    version: int
    rows_before: int
    rows: int
    columns: list[ColumnDrift]
    missing_columns: list[str]
    score: ScoreDrift | None


class DriftRequest(BaseModel):
    """Data to compare with those that the version was fitted to."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    data: Rows


class ModelDrift(Resource):
    """The drift of a model's data."""

    operations = {  # noqa: RUF012
        "get": Operation("Compare the model's dataset, as it is now, with what the live version was fitted to", DriftAnswer),
        "post": Operation(
            "Compare the data sent with what the live version was fitted to",
            DriftAnswer,
            body=DriftRequest,
            example={"data": {"Sepal_Length": [5.1, 6.2], "Sepal_Width": [3.5, 2.9], "Petal_Length": [1.4, 4.3]}},
        ),
    }

    def get(self, name: str) -> tuple[dict[str, object], int]:
        model, version = _live(name, owning_caller())
        validated(NoQuery, fields_of_query(request))
        dataset = dataset_of(model.dataset, owning_caller(), service())
        with service().gate.turn():
            return drift_told(model, version, Stored(dataset, service()).load(), service()), 200

    def post(self, name: str) -> tuple[dict[str, object], int]:
        model, version = _live(name, owning_caller())
        body = read_body(request, service().settings.max_body_bytes)
        with service().gate.turn():
            asked = validated(DriftRequest, fields_of_body(request, body, service().limits))
            table = table_of(asked.data, service().limits, field="data")
            return drift_told(model, version, table, service()), 200


def drift_told(model: Model, version: Version, table: Table, service: Service) -> dict[str, object]:
    """Compare a table with the statistics of a version."""
    columns = [{"column": name, **_told(drift)} for name, drift in _drifts(version, table)]
    return {
        "model": model.name,
        "version": version.number,
        "rows_before": version.statistics["rows"],
        "rows": table.rows,
        "columns": columns,
        "missing_columns": [name for name in version.statistics["columns"] if name not in table],
        "score": _score(version, table, service),
    }


def drift_summary(model: Model, version: Version, service: Service) -> dict[str, object]:
    """The worst of a model's columns; read from the rows once for each state of the data.

    A registered table changes without telling: of that, the rows are read again after a minute.
    """
    with reading(service.engine) as connection:
        dataset = datasets.find(connection, model.site_id, model.dataset)
    if dataset is None:
        return UNTOLD
    if dataset.fingerprint == version.fingerprint:
        return {"verdict": "stable", "worst": None, "psi": 0.0}
    state = dataset.fingerprint or f"{dataset.incarnation} {monotonic() // REGISTERED_SECONDS}"
    return service.fits.drift(version.id, state, lambda: _summary(version, Stored(dataset, service), service))


def _summary(version: Version, data: Stored, service: Service) -> dict[str, object]:
    with service.gate.turn():
        try:
            drifts = _drifts(version, data.load())
        except (InvalidInput, Conflict):  # the model is told of all the same; /drift says why
            return UNTOLD
    worst = next(iter(drifts), None)
    return UNTOLD if worst is None else {"verdict": worst[1].verdict, "worst": worst[0], "psi": worst[1].psi}


def _drifts(version: Version, table: Table) -> list[tuple[str, Drift]]:
    """Compare each column that both have, the largest index first."""
    before = {name: Histogram.from_json(each) for name, each in version.statistics["columns"].items() if name in table}
    drifts = [(name, drift_between(each, each.empty().absorb(table[name]))) for name, each in before.items()]
    return sorted(drifts, key=lambda each: -each[1].psi)


def _score(version: Version, table: Table, service: Service) -> dict[str, object] | None:
    """Compare what is predicted; None where rows have no prediction, or these lack a column."""
    stored, scores = version.statistics.get("score"), modelled(version.kind).scores
    if stored is None or scores is None:
        return None
    fit = service.fits.get(version.id, version.kind, service.engine)
    if fit is None:
        raise RefitNeeded("the version has just been deleted; ask again")
    try:
        predicted = scores(fit, table, service.limits)
    except LamplightError:
        return None
    if not np.isfinite(predicted).any():
        return None
    before = Histogram.from_json(stored)
    return _told(drift_between(before, before.empty().absorb(Numeric(predicted))))


def _told(drift: Drift) -> dict[str, object]:
    bins = zip(drift.bins, drift.before.tolist(), drift.now.tolist(), strict=True)
    return {
        "psi": drift.psi,
        "chance": drift.chance,
        "verdict": drift.verdict,
        "bins": [{"bin": bin_, "before": before, "now": now} for bin_, before, now in bins],
    }


def _live(name: str, owner: Caller) -> tuple[Model, Version]:
    with reading(service().engine) as connection:
        model = own_model(connection, owner, name)
        return model, live_version(connection, model)
