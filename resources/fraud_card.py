"""GET /models/<name>/card.svg and .png, and the card in GET /models/<name>: how a detector was learned, and how it does."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from math import sqrt
from typing import Annotated, Literal

import numpy as np
import orjson
from flask import Response, request
from flask_restful import Resource
from pydantic import BaseModel, ConfigDict, Field

from errors import NotFound, RefitNeeded
from kinds.fraud_feedback import columns_digest, rows_of_numbers
from kinds.fraud_model import Kept
from plots import draw
from resources.body import fields_of_query
from resources.caller import Caller, owning_caller
from resources.formats import DRAWN_CONTENT, MEDIA_TYPES
from resources.fraud_labels import Told, Week, tally_told, weeks_told
from resources.fraud_scoring import KIND
from resources.model_access import live_version, own_model
from resources.operation import Operation
from resources.service import Service, service
from resources.validation import validated
from science.fraud.drift import ACT, WARN, stability
from store import payments, runs
from store.engine import Connection, reading
from store.models import Model
from store.payments import Seen, Tally
from store.runs import Run
from store.versions import Version

NEWEST = 10_000  # payments that the drift is told of: 2.4 MB of 30 columns
NIGHTS = 30
UNUSUAL = 3.0  # standard deviations of the number of alerts, from what was planned
BINS = 50  # of the risk score, as in a version's summary

# What the summary of a version tells, told again.
LEARNED = ("detector", "trim", "supervised", "rows_trained", "labelled_frauds", "judged_by", "metrics", "baseline", "probability")

View = Literal["scores", "precision", "reasons", "drift"]


class Moved(BaseModel):
    """How far a column, or the score, is from what the version was trained on: below 0.1 stable, from 0.25 shifted."""

    column: str
    psi: float | None


class Moving(BaseModel):
    """The drift of the newest payments that are remembered. Only the score's is acted on: columns move all the time."""

    payments: int
    score: float | None
    verdict: Literal["stable", "moderate", "large"] | None
    columns: list[Moved]


class Night(BaseModel):
    """A refit: the drift of its data since the version that answered, and how the challenger did."""

    date: date
    version: int | None
    state: str
    score: float | None
    worst: Moved | None
    average_precision: float | None


class Share(BaseModel):
    column: str
    share: float


class FraudCard(BaseModel):
    """How a detector was learned, how it did on its holdout, and how it does since. metrics: of the version's own holdout."""

    detector: Literal["ensemble", "mahalanobis"]
    trim: float
    supervised: bool
    rows_trained: int
    labelled_frauds: int
    judged_by: Literal["labels", "anomalies"]
    metrics: dict[str, float | None]
    baseline: Annotated[dict[str, float | None], Field(description="The same of trimmed Mahalanobis.")]
    probability: Annotated[dict[str, float | None] | None, Field(description="The same of the probability.")]
    reasons: list[Share]
    payments: Told
    alerts: Annotated[Literal["as planned", "more", "fewer"] | None, Field(description="The alert rate against the plan.")]
    weeks: list[Week]
    drift: Moving
    nights: list[Night]
    pictures: dict[View, str]


class CardQuery(BaseModel):
    """Which picture."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    view: Annotated[View, Field(description="Scores, precision and recall, reasons, or drift over nights.")] = "scores"


@dataclass(frozen=True)
class Live:
    """What a card is made of."""

    model: Model
    version: Version
    seen: list[Seen]
    told: dict[str, object]  # weeks and all of them
    tally: Tally
    nights: list[Run]


class FraudPicture(Resource):
    """A picture of a detector."""

    operations = {"get": Operation("Draw a detector's scores, precision, reasons or drift", "*/*", query=CardQuery)}  # noqa: RUF012

    def get(self, name: str) -> Response:
        this, owner = service(), owning_caller()
        view = validated(CardQuery, fields_of_query(request)).view
        with reading(this.engine) as connection:
            model = _own_detector(connection, owner, name)
            live = _live(connection, model, live_version(connection, model))
        format_ = request.path.rpartition(".")[2]
        card = orjson.loads(orjson.dumps(_card(live, this), option=orjson.OPT_SERIALIZE_NUMPY))
        response = Response(draw(KIND, card, _picture(live), format_, view), mimetype=MEDIA_TYPES[format_])
        response.headers["Content-Security-Policy"] = DRAWN_CONTENT
        response.headers["Cache-Control"] = "private, no-cache"
        return response


def _own_detector(connection: Connection, owner: Caller, name: str) -> Model:
    """Find a detector of the caller's site. Raises NotFound, of a model of another kind too: that one has no card."""
    model = own_model(connection, owner, name)
    if model.kind != KIND:
        raise NotFound(f"the model is of kind {model.kind}; only detectors, of kind {KIND}, have a card")
    return model


def card_told(model: Model, version: Version | None, service: Service) -> dict[str, object] | None:
    """Tell a detector's card; None for a model of another kind, or without a version."""
    if model.kind != KIND or version is None or version.kind != KIND:
        return None
    with reading(service.engine) as connection:
        live = _live(connection, model, version)
    return _card(live, service)


def _live(connection: Connection, model: Model, version: Version) -> Live:
    columns = columns_digest(version.spec["columns"])
    seen = payments.newest(connection, model.id, version.number, columns, NEWEST)
    nights, _ = runs.page(connection, model.site_id, model=model.name, limit=NIGHTS)
    tally = payments.tally(connection, model.id, version.number)
    return Live(model, version, seen, weeks_told(connection, model), tally, nights)


def _card(live: Live, service: Service) -> dict[str, object]:
    summary = live.version.summary
    url = f"/models/{live.model.name}/card.svg"
    return {
        **{name: summary[name] for name in LEARNED},
        "reasons": summary["reasons"],
        "payments": tally_told(live.tally),
        "alerts": _against_the_plan(live.tally),
        "weeks": live.told["weeks"],
        "drift": _drift(live, service),
        "nights": [_night(run) for run in live.nights if run.state in ("promoted", "kept")],
        "pictures": {view: f"{url}?view={view}" for view in ("scores", "precision", "reasons", "drift")},
    }


def _against_the_plan(tally: Tally) -> str | None:
    """Whether there are more or fewer alerts than chance explains."""
    if not tally.payments or tally.planned is None:
        return None
    expected = tally.payments * tally.planned
    deviation = (tally.alerts - expected) / sqrt(max(expected * (1 - tally.planned), 1e-9))
    return "more" if deviation > UNUSUAL else "fewer" if deviation < -UNUSUAL else "as planned"


def _drift(live: Live, service: Service) -> dict[str, object]:
    kept = _kept(live.version, service) if live.seen else None
    if kept is None:
        return {"payments": 0, "score": None, "verdict": None, "columns": []}
    fit, once = kept.fit, np.ones(len(live.seen))
    X = rows_of_numbers((each.numbers for each in live.seen), len(fit.spec.columns))
    scores = np.array([[each.score] for each in live.seen])
    columns = stability(fit.columns_seen, fit.columns_seen.empty().absorb(X, once))
    score = float(stability(fit.score_seen, fit.score_seen.empty().absorb(scores, once))[0])
    order = np.argsort(-columns, kind="stable")
    return {
        "payments": len(live.seen),
        "score": score,
        "verdict": "stable" if score < WARN else "moderate" if score < ACT else "large",
        "columns": [{"column": fit.spec.columns[place], "psi": float(columns[place])} for place in order],
    }


def _kept(version: Version, service: Service) -> Kept | None:
    """Read a version's fit; None when this release cannot, for a model is told of all the same, so that it can be refitted."""
    with suppress(RefitNeeded):
        kept: Kept | None = service.fits.get(version.id, KIND, service.engine)
        return kept
    return None


def _night(run: Run) -> dict[str, object]:
    drift, challenger = run.figures.get("drift") or {}, run.figures.get("challenger") or {}
    columns: dict[str, float] = drift.get("columns") or {}
    worst = max(columns, key=lambda name: columns[name], default=None)
    return {
        "date": run.date,
        "version": run.version,
        "state": run.state,
        "score": drift.get("score"),
        "worst": None if worst is None else {"column": worst, "psi": columns[worst]},
        "average_precision": challenger.get("average_precision"),
    }


def _picture(live: Live) -> dict[str, object]:
    """What is drawn beside the card: the holdout's risk scores, and those of the payments seen since."""
    counts, _ = np.histogram([each.risk for each in live.seen], bins=BINS, range=(0.0, 100.0))
    outcomes = live.version.summary.get("outcomes")
    return {"name": live.model.name, "version": live.version.number, "outcomes": outcomes, "seen": counts.tolist()}
