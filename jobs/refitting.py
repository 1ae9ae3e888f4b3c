"""The task `refit`: one run of one model. What it decides is one transaction: the version, the pointer, and the run's row."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection

from errors import Conflict, NotFound, RefitNeeded
from jobs.challenge import Challenger, Decision, carried_on, challenger_of, champion_of, decided, new_version
from jobs.drift import drift_since
from jobs.learned import LEARNED, NOTHING
from jobs.task import Context, Done
from kinds import KINDS
from kinds.kind import Judged, Kind
from kinds.packing import unpacked
from science.guard import Guard
from science.table import Table, table_of_columns
from science.version import ENGINE
from store import datasets, models, runs, versions
from store.datasets import DatasetInfo
from store.engine import reading
from store.models import Model
from store.runs import Run
from store.versions import Artifact, NewVersion, Version

READINGS = 3  # of a dataset that is replaced while it is read


@dataclass(frozen=True)
class Night:
    """What a run has to work with. champion: the version that answers now; same: one that was fitted to these very data."""

    run: Run
    model: Model
    kind: Kind
    table: Table
    fingerprint: str
    champion: Version | None
    same: Version | None
    stored: Artifact | None  # of the champion, the fit that may be judged
    answering: Artifact | None  # and the one that predicts


def refit(payload: dict[str, Any], context: Context) -> Done:
    """Fit a model anew, judge it beside the one that answers, and promote it or leave it alone, with the reason."""
    night = _night(payload["run"], context)
    if night is None:
        return Done()  # the model is gone, or the run was decided
    result = f"/models/{night.model.name}"
    if night.same is not None:
        return Done(result, _Unchanged(night.run.id, _same(night.same)).keep)
    decision, version = _challenge(night, context)
    return Done(result, _Judgement(night, decision, version).keep)


TASKS = {"refit": refit}


def _night(run_id: int, context: Context) -> Night | None:
    with reading(context.engine) as connection:
        run = runs.find(connection, run_id)
        model = None if run is None else models.by_id(connection, run.model_id)
        if run is None or run.state != "queued" or model is None:
            return None
        dataset = _found(connection, model.site_id, model.dataset)
        champion = None if model.live is None else versions.by_id(connection, model.live)
        more = LEARNED[model.kind](connection, model) if model.kind in LEARNED else NOTHING
        answers = champion is not None and _answers(connection, champion)
        same = _fitted_to(connection, model, more.named(dataset.fingerprint)) if answers else None
        dataset, columns = (dataset, {}) if same else _loaded(connection, dataset)
        table = more.into(table_of_columns(columns, context.limits, field="dataset")) if columns else Table({}, 0)
        fingerprint = more.named(dataset.fingerprint) or table.fingerprint
        if answers and dataset.fingerprint is None:  # a registered one changes without telling
            same = _fitted_to(connection, model, fingerprint)
        stored, answering = (None, None) if champion is None or same else _stored(connection, champion)
    context.report(0.1, f"{table.rows} rows of {model.dataset}" if not same else f"the data of version {same.number} again")
    return Night(run, model, KINDS[model.kind], table, fingerprint, champion, same, stored, answering)


def _loaded(connection: Connection, dataset: DatasetInfo) -> tuple[DatasetInfo, dict[str, list[Any]]]:
    """Load a dataset; when it is put anew while it is read, the new one. Raises Conflict when that never ends, NotFound."""
    for _ in range(READINGS - 1):
        with suppress(Conflict):
            return dataset, datasets.load(connection, dataset)
        dataset = _found(connection, dataset.site_id, dataset.name)
    return dataset, datasets.load(connection, dataset)


def _found(connection: Connection, site_id: int, name: str) -> DatasetInfo:
    found = datasets.find(connection, site_id, name)
    if found is None:
        raise NotFound(f"the dataset {name} is not there any more")
    return found


def _answers(connection: Connection, version: Version) -> bool:
    """Say whether a version can be read: one that is damaged, or of an older format, only tells whoever asks to refit it."""
    kind = KINDS.get(version.kind)
    with suppress(RefitNeeded):
        artifact = versions.artifact_of(connection, version.id)
        if kind is not None and kind.model is not None and artifact is not None:
            unpacked(kind.model, artifact.document, artifact.arrays)
            return True
    return False


def _fitted_to(connection: Connection, model: Model, fingerprint: str | None) -> Version | None:
    """Find a version that was fitted to the same data, as the same question, by the same engine: there is nothing to do then.

    It need not be the one that answers: who rolled back wants to stay there until the data change.
    """
    if fingerprint is None:
        return None
    for version in versions.list_(connection, model.id):
        if (version.fingerprint, version.revision, version.engine) == (fingerprint, model.revision, ENGINE):
            return version
    return None


def _stored(connection: Connection, champion: Version) -> tuple[Artifact | None, Artifact | None]:
    """Read the champion's fit of the rows that were not held back, or else its only one, and the one that predicts.

    None for one that is damaged.
    """
    answering = None
    with suppress(RefitNeeded):
        answering = versions.artifact_of(connection, champion.id)
    try:
        return versions.artifact_of(connection, champion.id, judged=True) or answering, answering
    except RefitNeeded:
        return None, answering


def _challenge(night: Night, context: Context) -> tuple[Decision, NewVersion]:
    model, kind = night.model, night.kind
    asked = kind.asks.model_validate(model.spec)
    assert kind.model is not None
    rest, held = kind.model.split(asked, night.table, model.holdout) if model.holdout else (night.table, Table({}, 0))
    challenger = challenger_of(kind, asked, model, rest, held, night.table, context)
    context.report(0.8)
    champion = _champion(night, rest, held, context)
    decision = decided(kind, challenger, champion, Guard(**model.guard))
    if night.champion is not None:
        decision.figures["drift"] = drift_since(kind.model, night.champion, night.stored, night.table, context.limits)
    if not decision.promote and (onward := _onward(night, champion, context)) is not None:
        reason = f"{decision.reason}; so the version that answers goes on from the new end"
        challenger, decision = onward, Decision(True, reason, decision.figures)
    context.report(0.9, decision.reason)
    return decision, new_version(kind, model, night.table, night.fingerprint, challenger, decision, context.limits)


def _champion(night: Night, rest: Table, held: Table, context: Context) -> Judged | str:
    if night.champion is None:
        return "the first version"
    if night.champion.revision != night.model.revision:
        return "the model was asked to be something else, so there is nothing to compare with"
    if not night.model.holdout:
        return "no row is held back, so nothing speaks against it"
    if night.stored is None:
        return "the version that answers is damaged"
    return champion_of(night.kind, night.stored, rest, held, context.limits)


def _onward(night: Night, champion: Judged | str, context: Context) -> Challenger | None:
    """Let the version that answers go on from the end of the data; None where that changes nothing, or cannot be."""
    if isinstance(champion, str) or night.stored is None or night.answering is None:
        return None
    return carried_on(night.kind, night.answering, night.stored, champion, night.table, context.limits)


@dataclass(frozen=True)
class _Unchanged:
    run: int
    reason: str

    def keep(self, connection: Connection) -> None:
        runs.decide(connection, self.run, "unchanged", self.reason)


@dataclass(frozen=True)
class _Judgement:
    """Keeps a decision: all of it, or nothing."""

    night: Night
    decision: Decision
    version: NewVersion

    def keep(self, connection: Connection) -> None:
        model = models.lock(connection, self.night.model.id)
        if model is None or runs.hold(connection, self.night.run.id) is None:
            return
        if reason := self._overtaken(model):
            runs.decide(connection, self.night.run.id, "kept", reason, figures=self._figures())
            return
        id, number = versions.add(connection, self.version)
        if self.decision.promote:
            versions.point(connection, model.id, id)
        state: runs.State = "promoted" if self.decision.promote else "kept"
        runs.decide(connection, self.night.run.id, state, self.decision.reason, figures=self._figures(), version=number)

    def _overtaken(self, model: Model) -> str:
        """Say what happened to the model while it was being fitted, if that makes the decision one about something else."""
        if model.revision != self.night.model.revision:
            return "the model was asked to be something else meanwhile; the next refit answers that"
        if model.live != self.night.model.live:
            return "another version began to answer meanwhile; the next refit is judged against it"
        return ""

    def _figures(self) -> bytes:
        return orjson.dumps(self.decision.figures, option=orjson.OPT_SERIALIZE_NUMPY)


def _same(version: Version) -> str:
    known = "" if version.promoted else ", which was found worse"
    return f"the data are those of version {version.number}{known}"
