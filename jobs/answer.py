"""The task that answers a dear question: what a request would have done, in a child process and with more time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from time import monotonic
from typing import Any

from sqlalchemy import Connection

from errors import Conflict
from jobs.mixed_tf import tensorflow_answer
from jobs.opinions import second_opinion
from jobs.task import Context, Done, Task
from kinds import KINDS
from kinds.kind import Computed
from kinds.parcel import Parcel, unpacked
from kinds.written import picture_written, written
from science.deadline import Deadline
from science.table import Table, table_of_columns
from store import datasets, results
from store.engine import reading

LOADED, COMPUTED = 0.05, 0.9  # how far a job is when its data are there, and when the answer is


def answer(payload: dict[str, Any], context: Context) -> Done:
    """Answer a question as its kind does, and keep the answer under the id that names the question.

    payload: the kind, the result's id, how long it is kept, the stored data, the estimate of the time, and whether a second
    opinion is asked for. The question itself, and the tables that came with it, are the job's data.
    """
    parcel = unpacked(context.data or b"")
    tables = {**parcel.tables, **_stored(payload["stored"], context)}
    context.report(LOADED, ", ".join(f"{name}: {table.rows} rows" for name, table in tables.items()) or None)
    computed = _computed(payload, parcel, tables, context)
    context.report(COMPUTED, "computed")
    ttl = None if payload["ttl"] is None else timedelta(seconds=payload["ttl"])
    id, kind = payload["result"], payload["kind"]
    text, picture = written(id, kind, computed), picture_written(computed)

    def keep(connection: Connection) -> None:
        results.save(connection, id=id, site_id=context.site_id, kind=kind, answer=text, picture=picture, ttl=ttl)

    return Done(f"/results/{id}", keep)


def _computed(payload: dict[str, Any], parcel: Parcel, tables: Mapping[str, Table], context: Context) -> Computed:
    kind = KINDS[payload["kind"]]
    asked: Any = kind.asks.model_validate(parcel.asked)
    deadline = _watched(context, payload["seconds"])
    if getattr(asked, "backend", "numpy") == "tensorflow":
        context.report(line="TensorFlow is loaded")
        computed = tensorflow_answer(asked, tables, context.limits, deadline)
    else:
        computed = kind.answer(asked, tables, context.limits, deadline)
    if payload["second_opinion"]:
        context.report(line="statsmodels fits the same model")
        computed = second_opinion(kind.name, asked, tables, computed, context.limits)
    return computed


def _stored(references: dict[str, dict[str, Any]], context: Context) -> dict[str, Table]:
    return {name: _loaded(reference, context) for name, reference in references.items()}


def _loaded(reference: dict[str, Any], context: Context) -> Table:
    """Load stored data. Raises Conflict when they are not those any more that were asked about."""
    with reading(context.engine) as connection:
        found = datasets.find(connection, reference["site"], reference["name"])
        if found is None or found.fingerprint != reference["fingerprint"]:
            raise Conflict(f"the dataset {reference['name']} was replaced or removed before the job began; ask again")
        columns = datasets.load(connection, found)
    return table_of_columns(columns, replace(context.limits, max_levels=reference["max_levels"]), field="dataset")


def _watched(context: Context, estimate: float) -> Deadline:
    """The deadline, reporting each time that it is asked how much of the estimated time has passed."""
    began = monotonic()

    def clock() -> float:
        now = context.deadline.clock()
        passed = (monotonic() - began) / max(estimate, 1.0)
        context.report(LOADED + (COMPUTED - LOADED) * passed / (1.0 + passed))  # half of the way at the estimate; never there
        return now

    return Deadline(context.deadline.at, clock)


TASKS: dict[str, Task] = {"answer": answer}
