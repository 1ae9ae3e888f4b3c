"""Payments → their scores, by the live version of a detector: what POST /fraud and POST /models/<name>/predict share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from io import BytesIO
from typing import IO, Any

import orjson
from flask import Request, Response, request
from pydantic import BaseModel

from errors import Conflict, InvalidInput, NotFound
from kinds.fraud_feedback import columns_digest, numbers_of
from kinds.fraud_model import Kept
from kinds.fraud_scoring import (
    ID,
    Columns,
    PaymentsToScore,
    Scored,
    ThresholdTold,
    decision_of,
    explained,
    ids_of,
    read_columns,
    read_sent,
    scored_rows,
    told_threshold,
)
from kinds.packing import unpacked
from kinds.presenting import Warned
from resources.body import (
    CSV,
    FORMS,
    OPENING,
    PEEKED,
    Fields,
    fields_of_body,
    fields_of_form,
    fields_of_query,
    given_once,
    json_of,
    read_body,
)
from resources.caller import Caller, confirmed, unconfirmed
from resources.fits import modelled
from resources.formats import json_or_csv
from resources.fraud_csv import cells_of_csv, csv_of_scored
from resources.service import Service
from resources.validation import validated
from science.fraud.fit import Fit, Scores
from science.fraud.reading import Read
from science.fraud.spec import FraudSpec
from science.fraud.thresholds import Decision
from store import detectors, payments, sample_detector
from store.engine import driving
from store.models import Pointer
from store.payments import Payment, keyed

KIND = "fraud"
TEXTS = frozenset({ID})  # columns of a CSV that are not numbers, whatever they look like
NOT_READY = "the model has no version yet: POST /models/<name>/refit trains one, and so does the nightly run"


class Summary(BaseModel):
    """How many rows were sent, could be scored, and raised an alert."""

    rows: int
    scored: int
    alerts: int


class FraudAnswer(BaseModel):
    """Payments in the order in which they were sent, scored by the version that is live."""

    model: str
    version: int
    fitted_at: datetime
    stale: bool
    threshold: ThresholdTold
    results: list[Scored]
    summary: Summary
    warnings: list[Warned]


@dataclass(frozen=True)
class Answering:
    """A version that answers. model_id: None of the sample, which remembers nothing."""

    model_id: int | None
    number: int
    fitted_at: datetime
    stale: bool
    fit: Fit


@dataclass(frozen=True)
class Sent:
    """What a request said of its payments: the rows, their ids, and when each was."""

    read: Read
    ids: Sequence[str | None]
    times: Sequence[object]
    unknown: tuple[str, ...]  # columns that the model does not know


def score_payments(name: str, found: Pointer, asker: Caller, service: Service) -> Response:
    """Score the payments of this request by the version of a detector that was found to answer. Raises Conflict."""
    body = read_body(request, service.settings.max_body_bytes)
    asked = validated(PaymentsToScore, fields_of_payments(request, body, service))
    return scored(name, asked, _live(found, service), asker, service)


def fields_of_payments(request: Request, body: bytes, service: Service) -> Fields:
    """Read a body's fields. Of CSV each cell is told by itself, so that one that is no number fails its row alone."""
    if request.mimetype == CSV:
        cells = {"data": cells_of_csv(body, service.limits, TEXTS)}
        return Fields(given_once(fields_of_query(request).values, cells), strict=False)
    if request.mimetype in FORMS:
        values = fields_of_form(request, BytesIO(body), partial(_table, service=service))
        return Fields(given_once(fields_of_query(request).values, values), strict=False)
    return fields_of_body(request, body, service.limits)


def answering(name: str, asker: Caller, service: Service) -> Answering:
    """Find the detector that answers, in the round trip that confirms the caller's key: the site's own, else the sample.

    Raises NotFound (missing, another site's, or not public to this key), InvalidInput for another kind of model, Conflict.
    """
    digest = unconfirmed()
    with driving(service.engine) as connection:
        lives, found = detectors.find(connection, asker.site_id, name, digest)
    if digest is not None:
        confirmed(service, lives=lives)
    if found is None and name == sample_detector.NAME:
        return sample()
    if found is None or not (found.public or asker.kind == "secret"):
        raise NotFound("there is no detector of this name; PUT /models/<name> with kind fraud makes one")
    if found.kind != KIND:
        raise InvalidInput(f"the model is of kind {found.kind}; its predictions are had at /models/<name>/predict", field="model")
    if found.version is None:
        raise Conflict(NOT_READY)
    return _live(found, service)


@cache
def sample() -> Answering:
    """The sample detector, read once in a process."""
    found = sample_detector.sample_detector()
    kept: Kept = unpacked(modelled(KIND), found.artifact.document, found.artifact.arrays)
    return Answering(None, 1, found.fitted_at, False, kept.fit)


def _live(found: Pointer, service: Service) -> Answering:
    assert found.version is not None
    assert found.number is not None
    assert found.fitted_at is not None
    kept: Kept | None = service.fits.get(found.version, KIND, service.engine)
    if kept is None:
        raise Conflict("the version that answered has just been deleted; ask again")
    return Answering(found.model_id, found.number, found.fitted_at, found.stale, kept.fit)


def scored(name: str, asked: PaymentsToScore, detector: Answering, asker: Caller, service: Service) -> Response:
    """Score payments, remember those with an id, and tell, as JSON or CSV. Raises NotAcceptable."""
    media_type, fit = json_or_csv(request, "scores"), detector.fit
    with service.gate.turn():
        decision = decision_of(asked.threshold, fit)
        sent = _sent(asked, fit, service)
        found = explained(fit, sent.read.X, asked.reasons)
        results = scored_rows(sent.read, found, decision, sent.ids)
        if media_type == CSV:
            answer = csv_of_scored(results, asked.reasons, probable=fit.head is not None)
        else:
            alerts = int((found.scores.risk >= decision.score).sum())
            answer = orjson.dumps(_told(name, detector, decision, sent, results, alerts))
    if asker.kind == "secret" and detector.model_id is not None and any(sent.ids):
        remembered = _payments(sent, found.scores, decision, keyed(service.settings.secret.encode(), asker.site_id))
        _remember(detector.model_id, detector, remembered, decision, service)
    return Response(answer, mimetype=media_type, headers={"Vary": "Accept"} if media_type == CSV else None)


def _told(
    name: str, detector: Answering, decision: Decision, sent: Sent, results: list[object], alerts: int
) -> dict[str, object]:
    return {
        "model": name,
        "version": detector.number,
        "fitted_at": detector.fitted_at,
        "stale": detector.stale,
        "threshold": told_threshold(decision),
        "results": results,
        "summary": {"rows": sent.read.rows, "scored": len(sent.read.X), "alerts": alerts},
        "warnings": _warnings(sent),
    }


def _sent(asked: PaymentsToScore, fit: Fit, service: Service) -> Sent:
    if (asked.transactions is None) == (asked.data is None):
        raise InvalidInput("give either transactions, one object each, or data, in columns or a CSV", field="transactions")
    field, value = ("data", asked.data) if asked.transactions is None else ("transactions", asked.transactions)
    if isinstance(value, Mapping) and field == "data":
        return _in_columns(value, fit, service)
    if not isinstance(value, list):
        raise InvalidInput(f"{field} must be a list with one object per payment", field=field)
    return _one_by_one(value, fit, service, field)


def _one_by_one(records: Sequence[Any], fit: Fit, service: Service, field: str) -> Sent:
    service.limits.check("max_rows", len(records), f"{field} has {len(records)} payments", field=field)
    if not records:
        raise InvalidInput("there are no payments; give at least one", field=field)
    read = read_sent(fit, records, _known(fit.spec), field=field)
    ids = ids_of([record.get(ID) for record in records], field=field)
    times = [record.get(fit.spec.time) for record in records] if fit.spec.time else ()
    return Sent(read, ids, times, ())


def _in_columns(columns: Columns, fit: Fit, service: Service) -> Sent:
    read = read_columns(fit, columns, service.limits)
    ids = ids_of(columns[ID], field="data") if ID in columns else [None] * read.rows
    unknown = tuple(name for name in columns if name != ID and name not in _known(fit.spec) and name not in fit.spec.columns)
    return Sent(read, ids, columns.get(fit.spec.time or "", ()), unknown)


def _known(spec: FraudSpec) -> frozenset[str]:
    """Columns of the data that a payment may have though it is not scored by them."""
    return frozenset(name for name in (spec.label, spec.time, spec.weight, spec.alerted) if name is not None)


def _warnings(sent: Sent) -> list[dict[str, str]]:
    if not sent.unknown:
        return []
    named = ", ".join(name[:100] for name in sent.unknown[:5])
    return [{"code": "unknown_columns", "detail": f"the model does not know {named}{', ...' if len(sent.unknown) > 5 else ''}"}]


def _payments(sent: Sent, scores: Scores, decision: Decision, key: Callable[[str], bytes]) -> list[Payment]:
    """The payments that have an id, each once: what the model scores by, and what was decided."""
    found: dict[bytes, Payment] = {}
    for row, place in enumerate(sent.read.places.tolist()):
        id = sent.ids[place]
        if id is None or (name := key(id)) in found:
            continue
        risk = float(scores.risk[row])
        time = _time(sent.times[place]) if sent.times else None
        found[name] = Payment(name, numbers_of(sent.read.X[row]), time, float(scores.score[row]), risk, risk >= decision.score)
    return list(found.values())


def _remember(model_id: int, detector: Answering, sent: list[Payment], decision: Decision, service: Service) -> None:
    if not sent:
        return
    columns = columns_digest(detector.fit.spec.columns)
    with driving(service.engine) as connection:
        payments.remember(connection, model_id, detector.number, columns, decision.expected_alert_rate, sent)


def _time(value: object) -> float | None:
    """A payment's time as a finite double; what is none is not kept."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if number - number == 0 else None


def _table(file: IO[bytes], name: str, service: Service) -> object:
    sent = file.read()
    return json_of(sent) if sent[:PEEKED].lstrip()[:1] in OPENING else cells_of_csv(sent, service.limits, TEXTS, field=name)
