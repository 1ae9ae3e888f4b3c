"""Procrastinate's own tables, where a worker that died left its jobs: its library can only ask, not hold what it finds."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from store.driver import cursor_of, execute, row

BEAT_SECONDS = 1.0  # between two heartbeats of a worker
STALLED_SECONDS = 6.0  # a worker whose heart has not beaten for so long is dead
LONGEST_PAUSE_SECONDS = 60  # a retry that is due later than this was put there by a clock that has been set back

WORKERS = f"""
SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - interval '{STALLED_SECONDS} seconds'
"""  # noqa: S608
STALLED = f"""
SELECT queued.id, queued.task_name, queued.attempts, queued.args->>'job'
FROM procrastinate_jobs AS queued LEFT JOIN procrastinate_workers AS worker ON worker.id = queued.worker_id
WHERE queued.status = 'doing' AND (worker.id IS NULL OR worker.last_heartbeat < now() - interval '{STALLED_SECONDS} seconds')
FOR UPDATE OF queued SKIP LOCKED
"""  # noqa: S608
RETRY = "SELECT procrastinate_retry_job_v2(%(id)s, now(), NULL, NULL, NULL)"
GIVE_UP = "SELECT procrastinate_finish_job_v1(%(id)s, 'failed', false)"
BRING_FORWARD = f"""
UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo' AND task_name = %(task)s
AND scheduled_at > now() + interval '{LONGEST_PAUSE_SECONDS} seconds'
"""  # noqa: S608


@dataclass(frozen=True)
class Stalled:
    """A job of the queue whose worker is dead. `job` is the id of ours, if it is one."""

    queue_id: int
    task: str
    attempts: int
    job: str | None


def workers(connection: Connection) -> int:
    """Count the workers whose heart beats."""
    found = row(connection, WORKERS, {})
    return 0 if found is None else int(found[0])


def stalled(connection: Connection) -> list[Stalled]:
    """Find the jobs whose worker is dead, and lock them until the transaction ends: no other worker rescues them too."""
    with cursor_of(connection) as cursor:
        cursor.execute(STALLED)
        return [Stalled(*found) for found in cursor]


def retry(connection: Connection, queue_id: int) -> None:
    """Put a stalled job back into the queue."""
    row(connection, RETRY, {"id": queue_id})


def give_up(connection: Connection, queue_id: int) -> None:
    """End a stalled job."""
    row(connection, GIVE_UP, {"id": queue_id})


def bring_forward(connection: Connection, task: str) -> None:
    """Let jobs that wait absurdly long for their next attempt have it now."""
    execute(connection, BRING_FORWARD, {"task": task})
