"""`python -m jobs.worker` as a process: how it ends, and how it comes back to a database that was away."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from sqlalchemy import Engine

from jobs.queue import cancel
from store.engine import reading, writing
from store.sites import ANONYMOUS
from tests.jobs.working import ROOT, ended, job_of, queued, wait_until, working


@pytest.fixture
def worker(database_url: str) -> Iterator[subprocess.Popen[bytes]]:
    with working(database_url) as process:
        yield process


def test_three_signals_in_a_row_let_a_job_finish_that_is_nearly_done(worker: subprocess.Popen[bytes], engine: Engine) -> None:
    id = queued(engine, "nap", payload={"seconds": 2})
    wait_until(lambda: job_of(engine, id).progress > 0)
    for number in (signal.SIGTERM, signal.SIGTERM, signal.SIGINT):
        worker.send_signal(number)
    assert (worker.wait(10), job_of(engine, id).state) == (0, "succeeded")


def test_a_job_that_would_take_longer_is_given_back_within_ten_seconds(worker: subprocess.Popen[bytes], engine: Engine) -> None:
    id = queued(engine, "endless", seconds=60)
    wait_until(lambda: job_of(engine, id).state == "running")
    family = psutil.Process(worker.pid).children(recursive=True)
    for process in (worker, *family):  # as Heroku does
        process.terminate()
        process.terminate()
    assert (worker.wait(10), job_of(engine, id).state, job_of(engine, id).reason) == (0, "queued", None)
    assert in_queue(engine) == "todo"
    assert psutil.wait_procs(family, 3)[1] == []


def test_a_job_that_runs_is_cancelled_and_its_child_killed(worker: subprocess.Popen[bytes], engine: Engine) -> None:
    id = queued(engine, "endless", seconds=60)
    wait_until(lambda: job_of(engine, id).state == "running" and children_of(worker))
    (child,) = children_of(worker)
    with writing(engine) as connection:
        cancel(connection, ANONYMOUS, id)
    assert job_of(engine, id).state == "cancelled"
    assert psutil.wait_procs([child], 5)[1] == []
    assert ended(engine, queued(engine, "nap")).state == "succeeded"


def test_a_worker_whose_connections_were_cut_works_on(worker: subprocess.Popen[bytes], engine: Engine) -> None:
    ended(engine, queued(engine, "nap"))
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    with writing(engine) as connection:
        connection.exec_driver_sql(cut)
    assert ended(engine, queued(engine, "nap")).state == "succeeded"


def test_a_worker_that_is_killed_takes_its_children_along(worker: subprocess.Popen[bytes], engine: Engine) -> None:
    id = queued(engine, "endless", seconds=60)
    wait_until(lambda: job_of(engine, id).state == "running" and children_of(worker))
    family = psutil.Process(worker.pid).children(recursive=True)
    worker.kill()
    assert psutil.wait_procs(family, 3)[1] == []


def test_a_nursery_that_is_killed_is_followed_by_another(worker: subprocess.Popen[bytes], engine: Engine) -> None:
    ended(engine, queued(engine, "nap"))
    (nursery,) = psutil.Process(worker.pid).children()
    nursery.kill()
    assert ended(engine, queued(engine, "nap")).state == "succeeded"


def test_what_a_job_leaves_on_disk_goes_with_it(worker: subprocess.Popen[bytes], engine: Engine) -> None:
    left = Path(ended(engine, queued(engine, "untidy")).log[-1])
    assert left.parent != Path(tempfile.gettempdir())
    wait_until(lambda: not left.parent.exists())


def test_a_worker_without_settings_says_which_are_missing() -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LAMPLIGHT_")}
    ended = subprocess.run((sys.executable, "-m", "jobs.worker"), cwd=ROOT, env=environment, capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (1, "lamplight: LAMPLIGHT_SECRET: Field required\n")


def test_a_worker_imports_nothing_heavy_itself() -> None:
    program = "import jobs.worker, sys; print(*{name.partition('.')[0] for name in sys.modules})"
    told = subprocess.run((sys.executable, "-c", program), cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {"numpy", "scipy", "pandas", "statsmodels", "tensorflow", "flask"}.isdisjoint(told.split())


def children_of(worker: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """The children of the worker's nursery."""
    return [child for nursery in psutil.Process(worker.pid).children() for child in nursery.children()]


def in_queue(engine: Engine) -> str | None:
    with reading(engine) as connection:
        return connection.exec_driver_sql("SELECT status::text FROM procrastinate_jobs").scalar()
