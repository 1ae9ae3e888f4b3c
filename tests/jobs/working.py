"""A worker for tests: `python -m jobs.worker` with some more tasks, in processes of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine

from config import Settings
from jobs.queue import enqueue
from store import jobs, queue
from store.engine import engine_of, reading, writing
from store.jobs import Job
from store.sites import ANONYMOUS

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = "from jobs import worker; from jobs.task import TASK_MODULES; worker.main((*TASK_MODULES, 'tests.jobs.tasks'))"
ENDED = ("succeeded", "failed", "cancelled")
PATIENCE = 90.0  # seconds: the machine may have much to do


@contextmanager
def working(database_url: str, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a worker on a database, from when it is at work; it is killed at the end."""
    process = launch_worker(database_url, **settings)
    try:
        wait_until(lambda: workers_of(database_url))
        yield process
    finally:
        process.kill()
        process.wait()


def workers_of(database_url: str) -> int:
    engine = engine_of(Settings(database_url=database_url, secret="s" * 40), pool_size=1)
    try:
        with reading(engine) as connection:
            return queue.workers(connection)
    finally:
        engine.dispose()


def launch_worker(database_url: str, **settings: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "DATABASE_URL": database_url, "LAMPLIGHT_SECRET": "s" * 40, "PYTHONPATH": str(ROOT), **settings}
    return subprocess.Popen((sys.executable, "-c", PROGRAM), cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)


def queued(engine: Engine, task: str, *, site: int = ANONYMOUS, **given: object) -> str:
    """Enqueue a job; payload, data, lock and seconds may be given."""
    with writing(engine) as connection:
        return enqueue(connection, site, task, given.pop("payload", {}), **given)  # type: ignore[arg-type]


def job_of(engine: Engine, id: str, site: int = ANONYMOUS) -> Job:
    with reading(engine) as connection:
        found = jobs.find(connection, site, id)
    assert found is not None
    return found


def ended(engine: Engine, id: str, seconds: float = PATIENCE) -> Job:
    """Wait until a job has ended."""
    wait_until(lambda: job_of(engine, id).state in ENDED, seconds)
    return job_of(engine, id)


def wait_until(claim: Callable[[], object], seconds: float = PATIENCE) -> None:
    give_up = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < give_up
        time.sleep(0.02)
