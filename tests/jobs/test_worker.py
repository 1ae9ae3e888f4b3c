"""`python -m jobs.worker` as a process: how it ends, and how it comes back to a database that was away."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from store.engine import reading, writing

ROOT = Path(__file__).resolve().parents[2]
NAPPING = """
import asyncio, time
from jobs import worker
from jobs.queue import QUEUE

@QUEUE.task(name="nap")
async def nap(seconds):
    await asyncio.sleep(seconds)

@QUEUE.task(name="deaf")
def deaf(seconds):
    time.sleep(seconds)

worker.main()
"""


@pytest.fixture
def worker(database_url: str) -> Iterator[subprocess.Popen[bytes]]:
    """A worker that also knows a task that naps, and one in a thread that nothing can wake."""
    environment = {**os.environ, "DATABASE_URL": database_url, "LAMPLIGHT_SECRET": "s" * 32, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen((sys.executable, "-c", NAPPING), env=environment)
    yield process
    process.kill()
    process.wait()


def test_three_signals_in_a_row_let_the_running_job_finish(worker: subprocess.Popen[bytes], engine: Engine) -> None:
    queue(engine, "nap", seconds=1)
    wait_until(lambda: status_of(engine, "nap") == "doing")
    for number in (signal.SIGTERM, signal.SIGTERM, signal.SIGINT):
        worker.send_signal(number)
    assert (worker.wait(10), status_of(engine, "nap")) == (0, "succeeded")


@pytest.mark.soak
def test_a_job_that_cannot_be_stopped_does_not_hold_the_worker_for_more_than_ten_seconds(
    worker: subprocess.Popen[bytes], engine: Engine
) -> None:
    queue(engine, "deaf", seconds=60)
    wait_until(lambda: status_of(engine, "deaf") == "doing")
    worker.terminate()
    assert (worker.wait(10), status_of(engine, "deaf")) == (1, "doing")


def test_a_worker_whose_connections_were_cut_works_on(worker: subprocess.Popen[bytes], engine: Engine) -> None:
    queue(engine, "nap", seconds=0)
    wait_until(lambda: status_of(engine, "nap") == "succeeded")
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    execute(engine, cut)
    execute(engine, "DELETE FROM procrastinate_jobs")
    queue(engine, "nap", seconds=0)
    wait_until(lambda: status_of(engine, "nap") == "succeeded")


def test_a_worker_without_settings_says_which_are_missing() -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LAMPLIGHT_")}
    ended = subprocess.run((sys.executable, "-m", "jobs.worker"), cwd=ROOT, env=environment, capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (1, "lamplight: LAMPLIGHT_SECRET: Field required\n")


def queue(engine: Engine, task: str, seconds: int) -> None:
    execute(
        engine,
        "INSERT INTO procrastinate_jobs (queue_name, task_name, args) "
        f"""VALUES ('default', '{task}', '{{"seconds": {seconds}}}')""",
    )


def status_of(engine: Engine, task: str) -> str | None:
    with reading(engine) as connection:
        query = f"SELECT status::text FROM procrastinate_jobs WHERE task_name = '{task}'"
        return connection.exec_driver_sql(query).scalar()


def execute(engine: Engine, statement: str) -> None:
    with writing(engine) as connection:
        connection.exec_driver_sql(statement)


def wait_until(claim: Callable[[], bool], seconds: float = 15.0) -> None:
    give_up = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < give_up
        time.sleep(0.05)
