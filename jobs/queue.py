"""The queue: work is put in here by web requests and by jobs, and taken out by workers. Procrastinate, on our Postgres."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from procrastinate import App, PsycopgConnector
from procrastinate.contrib.sqlalchemy import SQLAlchemyPsycopg2Connector
from procrastinate.exceptions import ConnectorException
from procrastinate.manager import JobManager
from procrastinate.tasks import configure_task
from psycopg import OperationalError
from psycopg_pool import PoolTimeout
from sqlalchemy import Connection, Engine

from store import jobs

WITHIN = JobManager(SQLAlchemyPsycopg2Connector())  # works on the connection that it is given, in a worker too
QUEUE = App(connector=WITHIN.connector, import_paths=["jobs.run"])  # a worker brings a connector of its own
RUN = "run"  # the one task of procrastinate: run one of our jobs
CONNECT_SECONDS = 5.0
LOST = (ConnectorException, OperationalError, PoolTimeout)  # what it raises when the database is away


def enqueue(
    connection: Connection,
    site_id: int,
    task: str,
    payload: Mapping[str, object],
    *,
    data: bytes | None = None,
    lock: str | None = None,
    seconds: float | None = None,
    priority: int = 0,
) -> str:
    """Put a job into the queue within the connection's transaction, and return its id: rolled back, there is no job.

    task: a name in TASKS of one of jobs.task.TASK_MODULES. payload: JSON. data: bytes that are deleted when the job ends.
    lock: while a job of the site with the same lock waits or runs, that one's id is returned and none is added, whoever asks,
    twice or at once. seconds: how long it may run, in place of the setting. A higher priority is done first.
    """
    id, new = jobs.add(connection, site_id, task, payload, data=data, lock=lock, seconds=seconds)
    if new:
        defer(connection, id, priority=priority)
    return id


def defer(connection: Connection, id: str, *, priority: int = 0) -> None:
    """Let the queue know a job that is there."""
    deferrer = configure_task(name=RUN, job_manager=WITHIN, lock=id, priority=priority, connection=connection)
    jobs.queued_as(connection, id, deferrer.defer(job=id))


def cancel(connection: Connection, site_id: int, id: str) -> None:
    """Cancel a job of a site: one that waits is not begun, one that runs is killed. One that has ended stays as it is."""
    queue_id = jobs.cancel(connection, site_id, id)
    if queue_id is not None:
        WITHIN.cancel_job_by_id(queue_id, abort=True, connection=connection)


def connector_of(engine: Engine, **options: Any) -> PsycopgConnector:
    """Reach the engine's database as a worker does: with psycopg 3, and few connections."""
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    return PsycopgConnector(conninfo=url, min_size=1, max_size=2, timeout=CONNECT_SECONDS, **options)
