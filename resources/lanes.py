"""Inline or job, never in between: what is dear goes to a worker, and the request waits for it a while (RFC 7240)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from time import monotonic, sleep

from flask import Request, Response, request

from errors import Busy, Conflict, Fault, JobFailed, NotFound
from jobs.queue import enqueue
from kinds import KINDS
from kinds.parcel import Parcel, packed
from resources.job_answer import job_response
from resources.tables import Sent, Stored
from resources.work import Asker, Work
from science.table import Table
from store import jobs, queue
from store.engine import reading, writing
from store.jobs import Reason

TASK = "answer"
PRIORITY = 10  # somebody waits for it
LONGEST_WAIT, USUAL_WAIT = 25.0, 15.0  # seconds; the router gives up at 30
FIRST_LOOK, LAST_LOOK, LATER = 0.01, 0.25, 1.3  # seconds between two looks at a job, each time so much longer
PREFERENCE = re.compile(r"(?i)\s*(respond-async|wait\s*=\s*\"?(\d{1,9})\"?)\s*(?:;.*)?")


@dataclass(frozen=True)
class Preference:
    """What `Prefer` asks for: not to wait at all, or so many seconds."""

    respond_async: bool = False
    wait: float | None = None

    @property
    def seconds(self) -> float:
        if self.wait is None:
            return 0.0 if self.respond_async else USUAL_WAIT
        return min(self.wait, LONGEST_WAIT)

    @property
    def applied(self) -> str:
        """What Preference-Applied tells of it."""
        asked = ["respond-async"] if self.respond_async else []
        return ", ".join(asked + ([] if self.wait is None else [f"wait={self.seconds:.0f}"]))


def preference_of(request: Request) -> Preference:
    """Read `Prefer`; what is not known is ignored, as the RFC wants it."""
    header = request.headers.get("Prefer")
    if header is None:
        return Preference()
    found = [match for match in map(PREFERENCE.fullmatch, header.split(",")) if match]
    waits = [float(match[2]) for match in found if match[2]]
    return Preference(any(match[2] is None for match in found), waits[0] if waits else None)


def is_dear(work: Work, asker: Asker) -> bool:
    """Say whether a worker has to do this: it is asked for, or needs what is not in here, or may take too long."""
    if work.second_opinion or preference_of(request).respond_async:
        return True
    return _seconds(work, asker) > asker.service.settings.inline_seconds


def is_quick(work: Work, asker: Asker) -> bool:
    """Say whether computing takes about as long as asking the database whether the answer is there."""
    if not work.kind.quick or not work.small or work.second_opinion or "Prefer" in request.headers:
        return False
    return _seconds(work, asker) == 0.0


def done_by_a_worker(work: Work, result_id: str, asker: Asker) -> Response | None:
    """Have a worker answer, and wait a while: None when the answer is stored, else 202 and where the job can be looked at.

    Whoever asks the same question meanwhile joins the same job. Raises what the job failed of as the request itself would.
    """
    preference = preference_of(request)
    job_id, somebody_works = _enqueued(work, result_id, asker)
    state, reason = _waited(job_id, preference.seconds if somebody_works else 0.0, asker)
    if state == "succeeded":
        return None
    if state == "failed":
        raise _failure(reason or {})
    if state == "cancelled":
        raise Conflict("the job was cancelled while this request waited for it; ask again")
    return _accepted(job_id, preference, asker)


def _seconds(work: Work, asker: Asker) -> float:
    shapes = {name: source.shape for name, source in work.tables.items()}
    return KINDS[work.kind.name].seconds(work.asked, shapes, asker.service.limits)


def _enqueued(work: Work, result_id: str, asker: Asker) -> tuple[str, bool]:
    """Put the question into the queue, once. Returns the job's id and whether any worker is there to do it."""
    settings, site_id = asker.service.settings, asker.caller.site_id
    payload, parcel = _payload(work, result_id, asker), packed(Parcel(_asked(work), _sent(work)))
    with writing(asker.service.engine) as connection:
        job_id = enqueue(connection, site_id, TASK, payload, data=parcel, lock=result_id, priority=PRIORITY)
        if jobs.waiting(connection, site_id) > settings.max_jobs:
            raise Busy(f"{settings.max_jobs} jobs of this site are not finished yet; try again when one is")
        return job_id, queue.workers(connection) > 0


def _payload(work: Work, result_id: str, asker: Asker) -> dict[str, object]:
    stored = {name: source.reference for name, source in work.tables.items() if isinstance(source, Stored) and _named(source)}
    return {
        "kind": work.kind.name,
        "result": result_id,
        "ttl": None if asker.ttl is None else asker.ttl.total_seconds(),
        "stored": stored,
        "second_opinion": work.second_opinion,
        "seconds": min(_seconds(work, asker), asker.service.settings.job_seconds),
    }


def _asked(work: Work) -> dict[str, object]:
    asked: dict[str, object] = work.asked.model_dump(mode="json", include=set(work.kind.asks.model_fields))
    return asked


def _sent(work: Work) -> Mapping[str, Table]:
    """The tables that have to go along: those that came with the request, and those that nothing names for ever."""
    return {name: source.load() for name, source in work.tables.items() if isinstance(source, Sent) or not _named(source)}


def _named(source: Stored) -> bool:
    """Say whether stored data can be found again: a registered table changes without telling."""
    return bool(source.dataset.fingerprint)


def _waited(job_id: str, seconds: float, asker: Asker) -> tuple[jobs.State, Reason | None]:
    """Wait until a job has ended, or the time is over; one that finds no place to wait looks once."""
    waits, give_up, pause = asker.service.waits, monotonic() + seconds, FIRST_LOOK
    if seconds <= 0 or not waits.enter():
        return "queued", None
    try:
        while True:
            state = _state(job_id, asker)
            if state[0] not in ("queued", "running") or monotonic() + pause > give_up:
                return state
            sleep(pause)
            pause = min(pause * LATER, LAST_LOOK)
    finally:
        waits.leave()


def _state(job_id: str, asker: Asker) -> tuple[jobs.State, Reason | None]:
    with reading(asker.service.engine) as connection:
        found = jobs.state_of(connection, job_id)
    if found is None:
        raise NotFound("the job was deleted while this request waited for it; ask again")
    return found


def _accepted(job_id: str, preference: Preference, asker: Asker) -> Response:
    with reading(asker.service.engine) as connection:
        job = jobs.find(connection, asker.caller.site_id, job_id)
    if job is None:
        raise NotFound("the job was deleted as soon as it was there; ask again")
    response = job_response(job, HTTPStatus.ACCEPTED)
    response.headers["Location"] = f"/jobs/{job_id}"
    response.headers["Cache-Control"] = "no-store"
    if preference.applied:
        response.headers["Preference-Applied"] = preference.applied
    return response


def _failure(reason: Reason) -> JobFailed:
    """Make the error of a job again, as if it had happened here."""
    told = {name: reason.get(name) for name in ("status", "type", "title", "detail")}
    status, type_ = told["status"], str(told["type"]).rpartition(":")[2]
    errors = reason.get("errors", [])
    faults = tuple(Fault(each["pointer"], each["detail"]) for each in errors) if isinstance(errors, list) else ()
    return JobFailed(status if isinstance(status, int) else 500, type_, str(told["title"]), str(told["detail"]), faults)
