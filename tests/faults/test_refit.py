"""The nightly run under fire: refit, its children, a worker, web or Postgres killed by SIGKILL; every model is whole after."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

import psycopg2
import pytest

from config import Settings
from kinds import KINDS
from kinds.packing import unpacked
from store import embedded, keys, samples, versions
from store.engine import engine_of, reading, writing
from store.migrate import migrate
from tests.jobs.refits import Refitted, append, ended_refit, iris, launch_refit, launch_worker, new_site, psql, put, store
from tests.serving import free_port, launch

MODELS = 3
SHORT, LONG = 6, 100  # rounds
LOCKS_SECONDS = 5.0
VICTIMS = ("refit", "child", "worker", "postgres", "web", "both")
FIRST = date(2026, 1, 1)
SLOW = "tests.jobs.slow_kinds"  # so that there is something to kill
LOCKED = """
SELECT count(*) FROM pg_locks JOIN pg_class ON pg_class.oid = relation JOIN pg_stat_activity a USING (pid)
WHERE relname IN ('models', 'versions', 'runs', 'jobs') AND pid <> pg_backend_pid() AND a.state LIKE 'idle in transaction%'
AND a.state_change < now() - interval '1 second'
"""


class Host:
    """Postgres, a worker and web, each of which can be killed and is started again by somebody, as on a real host."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.random = folder, random.Random(11)
        self.database = embedded.start(str(folder))
        self.engine = engine_of(Settings(database_url=self.database, secret="s" * 40))
        migrate(self.engine)
        with writing(self.engine) as connection:
            samples.load(connection)
        self.site = new_site(self.engine)
        with writing(self.engine) as connection:
            self.key = keys.create(connection, self.site, "sk").text
        self.port = free_port()
        self.web = launch(self.database, self.port)
        self.worker = self.new_worker()

    def new_worker(self) -> subprocess.Popen[bytes]:
        return launch_worker(self.database, SLOW)

    def refit(self, night: date) -> subprocess.Popen[str]:
        return launch_refit(self.database, "--date", night.isoformat(), kinds=SLOW, LAMPLIGHT_WORKER_CONCURRENCY="2")

    def kill(self, victim: str, process: subprocess.Popen[str]) -> None:
        match victim:
            case "refit" | "both":
                process.kill()
            case "child":
                for child in self.random.sample(descendants(process.pid), 1) if descendants(process.pid) else ():
                    with suppress(ProcessLookupError):
                        os.kill(child, signal.SIGKILL)
            case "postgres":
                os.kill(int((self.folder / "postgres/postmaster.pid").read_text().split()[0]), signal.SIGKILL)
                time.sleep(self.random.uniform(0, 0.5))
                embedded.start(str(self.folder))
            case "web":
                self.web.kill()
                self.web = launch(self.database, self.port)
        if victim in ("worker", "both"):
            self.worker.kill()
            self.worker.wait()
            self.worker = self.new_worker()

    def end(self) -> None:
        self.worker.kill()
        self.worker.wait()
        self.web.stop()
        self.engine.dispose()
        embedded.stop(str(self.folder))


def descendants(process: int) -> list[int]:
    found: list[int] = []
    waiting = [process]
    while waiting:
        with suppress(FileNotFoundError, ProcessLookupError):
            for task in Path(f"/proc/{waiting.pop()}/task").iterdir():
                children = [int(child) for child in (task / "children").read_text().split()]
                found += children
                waiting += children
    return found


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    host = Host(tmp_path)
    yield host
    host.end()


def asked_patiently(database: str, query: str) -> list[tuple[object, ...]]:
    """Ask a server that may only just have come back."""
    give_up = time.monotonic() + 20
    while True:
        try:
            return psql(database, query)
        except psycopg2.OperationalError:
            assert time.monotonic() < give_up
            time.sleep(0.1)


def no_lock_is_left(host: Host) -> None:
    give_up = time.monotonic() + LOCKS_SECONDS
    while asked_patiently(host.database, LOCKED) != [(0,)]:
        assert time.monotonic() < give_up
        time.sleep(0.1)


def every_model_answers(host: Host, at_least: int) -> None:
    """At any moment: a model that had a live version has one, it is whole, and predictions come from it."""
    live = asked_patiently(host.database, "SELECT m.name, v.number FROM models m LEFT JOIN versions v ON v.id = m.live")
    assert len(live) == MODELS
    assert all(number is not None and number >= at_least for _, number in live), live
    told = host.web.ask(
        "POST", "/models/m0/predict", {"data": {"Sepal_Width": [3.0], "Petal_Length": [4.0]}}, Authorization=f"Bearer {host.key}"
    )
    assert told.status == 200, told.body


def nothing_is_half_or_double(host: Host, night: date, number: int) -> None:
    runs = psql(host.database, f"SELECT state, count(*) FROM runs WHERE date = '{night}' GROUP BY state")
    assert runs == [("promoted", MODELS)], runs
    doubled = psql(host.database, "SELECT model_id, fingerprint FROM versions GROUP BY 1, 2 HAVING count(*) > 1")
    assert doubled == []
    assert psql(host.database, f"SELECT count(*) FROM versions WHERE number = {number}") == [(MODELS,)]
    with reading(host.engine) as connection:
        for (id,) in psql(host.database, "SELECT live FROM models"):
            for judged in (False, True):
                artifact = versions.artifact_of(connection, id, judged=judged)
                assert unpacked(KINDS["regress"].model, artifact.document, artifact.arrays).estimate.shape == (3,)


def finished(host: Host, night: date) -> Refitted:
    """Start the run again, as Scheduler does, until it could reach the database."""
    for _ in range(5):
        told = ended_refit(host.refit(night))
        if told.code == 0:
            return told
        time.sleep(0.5)
    raise AssertionError(told.errors)


def nights_under_fire(host: Host, rounds: int) -> None:
    store(host.engine, host.site, "flowers", iris())
    for number in range(MODELS):
        put(host.engine, host.site, f"m{number}", dataset="flowers")
    finished(host, FIRST)
    for round_ in range(1, rounds + 1):
        night = FIRST + timedelta(days=round_)
        append(host.engine, host.site, "flowers", {name: values[round_ : round_ + 2] for name, values in iris().items()})
        process = host.refit(night)
        time.sleep(host.random.uniform(0.3, 4.0))
        host.kill(VICTIMS[(round_ - 1) % len(VICTIMS)], process)
        no_lock_is_left(host)
        every_model_answers(host, round_)
        process.communicate(timeout=120)
        finished(host, night)
        nothing_is_half_or_double(host, night, round_ + 1)
        print(f"night {round_} survived the end of {VICTIMS[(round_ - 1) % len(VICTIMS)]}")


def test_a_night_survives_whatever_is_killed(host):
    nights_under_fire(host, SHORT)


@pytest.mark.soak
def test_a_hundred_nights_survive_whatever_is_killed(host):
    nights_under_fire(host, LONG)
