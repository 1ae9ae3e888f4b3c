"""Jobs: what is told of work that the queue does, and who may end it.

The queue (procrastinate's tables) says who works on what; a row of `jobs` is the truth about one piece of work. Each start
has a number, its `attempt`, and only the newest attempt of a running job may report or end it: whoever was believed
dead and is not changes nothing any more. So what a job does is done once, however often it is begun.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection

from store.cursors import cursor_of_place, place_of_cursor
from store.driver import cursor_of, execute, row

State = Literal["queued", "running", "succeeded", "failed", "cancelled"]
Reason = Mapping[str, object]  # why a job failed, as problem+json tells it

ID = re.compile(r"job_[0-9a-f]{32}")
RETRIES = 3  # a job that failed for a reason that may pass is begun again so often
LOG_LINES = 200  # the last ones are kept
KEPT_HOURS = 72  # how long a finished job can still be looked at
SWEEP_BATCH = 1_000

UNFINISHED = "state IN ('queued', 'running')"
FIELDS = "id, site_id, task, state, progress, log, result, reason, created_at, started_at, finished_at"
ADD = f"""
INSERT INTO jobs (id, site_id, task, payload, data, lock, seconds)
VALUES (%(id)s, %(site_id)s, %(task)s, %(payload)s, %(data)s, %(lock)s, %(seconds)s)
ON CONFLICT (site_id, lock) WHERE {UNFINISHED} DO NOTHING RETURNING id
"""  # noqa: S608
LOCKED = f"SELECT id FROM jobs WHERE site_id = %(site_id)s AND lock = %(lock)s AND {UNFINISHED}"  # noqa: S608
QUEUED_AS = "UPDATE jobs SET queue_id = %(queue_id)s WHERE id = %(id)s"
BEGIN = f"""
UPDATE jobs SET state = 'running', attempt = attempt + 1, progress = 0, started_at = coalesce(started_at, now())
WHERE id = %(id)s AND queue_id = %(queue_id)s AND {UNFINISHED} RETURNING attempt, seconds
"""  # noqa: S608
WORK = """
SELECT site_id, task, payload, data, log FROM jobs WHERE id = %(id)s AND attempt = %(attempt)s AND state = 'running'
"""
NOTE = f"""
UPDATE jobs SET progress = greatest(progress, %(progress)s), log = (log || %(lines)s::text[])[
    greatest(1, cardinality(log) + cardinality(%(lines)s::text[]) - {LOG_LINES - 1}) :]
WHERE id = %(id)s AND attempt = %(attempt)s AND state = 'running' RETURNING id
"""  # noqa: S608
HELD = "SELECT state FROM jobs WHERE id = %(id)s AND attempt = %(attempt)s FOR UPDATE"
SUCCEED = """
UPDATE jobs SET state = 'succeeded', progress = 1, result = %(result)s, log = %(log)s::text[], data = NULL, reason = NULL,
    finished_at = now()
WHERE id = %(id)s
"""
FAIL = f"""
UPDATE jobs SET failures = failures + 1, reason = %(reason)s,
    state = CASE WHEN %(again)s AND failures < {RETRIES} THEN 'queued' ELSE 'failed' END,
    data = CASE WHEN %(again)s AND failures < {RETRIES} THEN data END,
    finished_at = CASE WHEN %(again)s AND failures < {RETRIES} THEN NULL ELSE now() END
WHERE id = %(id)s AND coalesce(attempt = %(attempt)s, true) AND {UNFINISHED} RETURNING state, failures
"""  # noqa: S608
GIVE_BACK = "UPDATE jobs SET state = 'queued' WHERE id = %(id)s AND attempt = %(attempt)s AND state = 'running'"
CANCEL = f"""
UPDATE jobs SET state = 'cancelled', data = NULL, finished_at = now() WHERE site_id = %(site_id)s AND id = %(id)s
AND {UNFINISHED} RETURNING queue_id
"""  # noqa: S608
FIND = f"""
SELECT {FIELDS}, CASE WHEN state = 'queued' THEN
    (SELECT count(*) FROM jobs earlier WHERE earlier.state = 'queued' AND earlier.queue_id < jobs.queue_id) END
FROM jobs WHERE site_id = %(site_id)s AND id = %(id)s
"""  # noqa: S608
STATE = "SELECT state, reason FROM jobs WHERE id = %(id)s"
WAITING = f"SELECT count(*) FROM jobs WHERE site_id = %(site_id)s AND {UNFINISHED}"  # noqa: S608
PAGE = f"""
SELECT {FIELDS}, NULL FROM jobs
WHERE site_id = %(site_id)s AND (%(at)s IS NULL OR (created_at, id) < (%(at)s::timestamptz, %(before)s))
ORDER BY created_at DESC, id DESC LIMIT %(limit)s
"""  # noqa: S608
LOST = """
SELECT id FROM jobs WHERE state IN ('queued', 'running') AND NOT EXISTS (
    SELECT FROM procrastinate_jobs AS queued WHERE queued.id = jobs.queue_id AND queued.status IN ('todo', 'doing')
) FOR UPDATE SKIP LOCKED
"""
SWEEP = f"""
DELETE FROM jobs WHERE id IN (
    SELECT id FROM jobs WHERE finished_at < now() - interval '{KEPT_HOURS} hours' LIMIT {SWEEP_BATCH} FOR UPDATE SKIP LOCKED
)
"""  # noqa: S608


@dataclass(frozen=True)
class Job:
    """One piece of work as it is told."""

    id: str
    site_id: int
    task: str
    state: State
    progress: float  # 0 to 1
    log: tuple[str, ...]
    result: str | None  # where the answer is
    reason: Reason | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    position: int | None  # how many wait in front of it; None when it waits no longer

    @property
    def finished(self) -> bool:
        return self.finished_at is not None


@dataclass(frozen=True)
class Begun:
    """A job that was started: the number of the start, and how long it may take (None: as the setting says)."""

    attempt: int
    seconds: float | None


@dataclass(frozen=True)
class Assignment:
    """What there is to do."""

    site_id: int
    task: str
    payload: dict[str, Any]
    data: bytes | None
    log: tuple[str, ...]  # of the attempts before


def add(
    connection: Connection,
    site_id: int,
    task: str,
    payload: Mapping[str, object],
    *,
    data: bytes | None,
    lock: str | None,
    seconds: float | None,
) -> tuple[str, bool]:
    """Add a job, or find the unfinished one that holds the same lock. Returns its id and whether it is new."""
    values = {"id": "job_" + secrets.token_hex(16), "site_id": site_id, "task": task, "payload": json.dumps(payload)}
    values |= {"data": data, "lock": lock, "seconds": seconds}
    while True:
        if added := row(connection, ADD, values):
            return added[0], True
        if found := row(connection, LOCKED, values):  # else it has just ended
            return found[0], False


def queued_as(connection: Connection, id: str, queue_id: int) -> None:
    """Note under which number a job waits in the queue."""
    execute(connection, QUEUED_AS, {"id": id, "queue_id": queue_id})


def begin(connection: Connection, id: str, queue_id: int) -> Begun | None:
    """Start a job once more. None when it has ended or waits under another number of the queue by now."""
    found = row(connection, BEGIN, {"id": id, "queue_id": queue_id})
    return None if found is None else Begun(*found)


def work_of(connection: Connection, id: str, attempt: int) -> Assignment | None:
    """Read what a started job has to do; None when this attempt is no longer the newest."""
    found = row(connection, WORK, {"id": id, "attempt": attempt})
    if found is None:
        return None
    site_id, task, payload, data, log = found
    return Assignment(site_id, task, payload, None if data is None else bytes(data), tuple(log))


def note(connection: Connection, id: str, attempt: int, progress: float, lines: Sequence[str]) -> bool:
    """Keep progress and lines of the log. False when there is nothing to do for this attempt any more."""
    found = row(connection, NOTE, {"id": id, "attempt": attempt, "progress": progress, "lines": list(lines)})
    return found is not None


def hold(connection: Connection, id: str, attempt: int) -> State | None:
    """Lock a job until the transaction ends, and return its state; None when this attempt is no longer the newest."""
    found = row(connection, HELD, {"id": id, "attempt": attempt})
    return None if found is None else found[0]


def succeed(connection: Connection, id: str, result: str | None, log: Sequence[str] = ()) -> None:
    """End a job that is held. log: all of it, what was noted while it ran included."""
    execute(connection, SUCCEED, {"id": id, "result": result, "log": list(log[-LOG_LINES:])})


def fail(connection: Connection, id: str, attempt: int | None, reason: Reason, *, again: bool) -> tuple[State, int] | None:
    """Note why an attempt failed: the job is queued again if that may help and it has retries left, else it has failed.

    attempt: None is whichever is the newest. Returns the new state and how often it failed; None when it had ended.
    """
    values = {"id": id, "attempt": attempt, "reason": json.dumps(reason), "again": again}
    found = row(connection, FAIL, values)
    return None if found is None else (found[0], found[1])


def give_back(connection: Connection, id: str, attempt: int) -> None:
    """Queue a running job again that nothing is wrong with: its worker has to go."""
    execute(connection, GIVE_BACK, {"id": id, "attempt": attempt})


def cancel(connection: Connection, site_id: int, id: str) -> int | None:
    """Cancel an unfinished job of a site. Returns its number in the queue, None when there was nothing to cancel."""
    found = row(connection, CANCEL, {"site_id": site_id, "id": id}) if ID.fullmatch(id) else None
    return None if found is None else found[0]


def find(connection: Connection, site_id: int, id: str) -> Job | None:
    """Find a job of a site."""
    found = row(connection, FIND, {"site_id": site_id, "id": id}) if ID.fullmatch(id) else None
    return None if found is None else _job(found)


def state_of(connection: Connection, id: str) -> tuple[State, Reason | None] | None:
    """Tell a job's state and why it failed, if it did; None when there is no such job."""
    found = row(connection, STATE, {"id": id})
    return None if found is None else (found[0], found[1])


def waiting(connection: Connection, site_id: int) -> int:
    """Count the unfinished jobs of a site."""
    found = row(connection, WAITING, {"site_id": site_id})
    return 0 if found is None else int(found[0])


def page(connection: Connection, site_id: int, *, before: str | None, limit: int) -> tuple[list[Job], str | None]:
    """List a site's jobs, newest first, from the cursor `before` on; and the cursor of the next page."""
    at, id = (None, None) if before is None else place_of_cursor(before)
    with cursor_of(connection) as cursor:
        cursor.execute(PAGE, {"site_id": site_id, "at": at, "before": id, "limit": limit + 1})
        items = [_job(found) for found in cursor]
    last = items[limit - 1] if len(items) > limit else None
    return items[:limit], None if last is None else cursor_of_place(last.created_at, last.id)


def lost(connection: Connection) -> list[str]:
    """Find unfinished jobs that the queue does not know any more, and lock them until the transaction ends."""
    with cursor_of(connection) as cursor:
        cursor.execute(LOST)
        return [found[0] for found in cursor]


def sweep(connection: Connection) -> int:
    """Delete jobs that ended days ago, a batch per statement, and return how many."""
    swept = 0
    while batch := execute(connection, SWEEP, {}):
        swept += batch
    return swept


def _job(found: tuple[Any, ...]) -> Job:
    id, site_id, task, state, progress, log, result, reason, created_at, started_at, finished_at, position = found
    return Job(id, site_id, task, state, progress, tuple(log), result, reason, created_at, started_at, finished_at, position)
