"""Whoever is killed while jobs run, each is done once in effect: worker, its warm process, a child, or Postgres, by SIGKILL."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path

import psutil
import pytest
from sqlalchemy import Engine

from config import Settings
from errors import StoreUnavailable
from jobs.queue import enqueue
from store import embedded, samples
from store.engine import engine_of, reading, writing
from store.migrate import migrate
from store.queue import STALLED_SECONDS
from store.sites import ANONYMOUS
from tests.jobs.working import launch_worker
from tests.serving import Server, free_port, launch

PATIENCE = 150.0
DEAR = {"dataset": "sleepstudy", "formula": "Reaction ~ Days + (Days | Subject)", "intervals": "bootstrap", "samples": 2000}
SHORT, LONG = (24, 6), (200, 100)  # jobs, kills
LOSSES = 3
SOON = 30.0
HEARTS = f"SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - interval '{STALLED_SECONDS} seconds'"


class House:
    """A database and two workers; what is killed is started again, as a host does."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.random = folder, random.Random(11)
        self.url = embedded.start(str(folder))
        self.engine = engine_of(Settings(database_url=self.url, secret="s" * 40))
        migrate(self.engine)
        with writing(self.engine) as connection:
            connection.exec_driver_sql("CREATE TABLE counted (job text NOT NULL)")
        self.workers = [launch_worker(self.url, LAMPLIGHT_WORKER_CONCURRENCY="3") for _ in range(2)]

    def kill_worker(self) -> None:
        """Kill a worker, and start another."""
        self._kill(self.workers.pop(0))
        self.workers.append(launch_worker(self.url, LAMPLIGHT_WORKER_CONCURRENCY="3"))

    def kill_nursery(self) -> None:
        """Kill the warm process of a worker: its children die with it."""
        for nursery in self._below(self.random.choice(self.workers).pid):
            nursery.kill()

    def kill_child(self) -> None:
        """Kill a child in the middle of its job."""
        children = [child for worker in self.workers for nursery in self._below(worker.pid) for child in self._below(nursery.pid)]
        if children:
            with suppress(psutil.NoSuchProcess):
                self.random.choice(children).kill()

    def kill_postgres(self) -> None:
        """Kill the postmaster and start it again."""
        os.kill(int((self.folder / "postgres/postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        time.sleep(self.random.uniform(0, 0.5))
        embedded.start(str(self.folder))

    def end(self) -> None:
        for worker in self.workers:
            self._kill(worker)
        self.engine.dispose()
        embedded.stop(str(self.folder))

    @staticmethod
    def _below(process: int) -> list[psutil.Process]:
        with suppress(psutil.NoSuchProcess):
            return psutil.Process(process).children()
        return []

    @staticmethod
    def _kill(worker: subprocess.Popen[bytes]) -> None:
        worker.kill()
        worker.wait()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    yield house
    house.end()


def done_once_under_fire(house: House, count: int, kills: int) -> None:
    ids = [patiently(lambda: put(house.engine, "count", seconds=house.random.uniform(0.05, 0.6))) for _ in range(count)]
    means = (house.kill_child, house.kill_worker, house.kill_postgres, house.kill_nursery)
    for kill in range(kills):
        time.sleep(house.random.uniform(0.2, 0.8))
        means[kill % len(means)]()
        if kills > len(means) * 10:  # a hundred kills in a row: what is counted is effects, not patience with one job
            patiently(lambda: execute(house.engine, "UPDATE jobs SET failures = 0 WHERE state IN ('queued', 'running')"))
    wait_until(lambda: set(states(house.engine).values()) == {"succeeded"})
    assert set(states(house.engine)) == set(ids)
    assert sorted(fetched(house.engine, "SELECT job FROM counted")) == sorted(ids)
    wait_until(lambda: not fetched(house.engine, "SELECT id::text FROM procrastinate_jobs WHERE status IN ('todo', 'doing')"))
    assert fetched(house.engine, "SELECT pid::text FROM pg_locks WHERE locktype = 'advisory'") == []


def test_a_job_is_done_once_whoever_is_killed(house: House) -> None:
    done_once_under_fire(house, *SHORT)


@pytest.mark.soak
def test_a_job_is_done_once_whoever_is_killed_a_hundred_times(house: House) -> None:
    done_once_under_fire(house, *LONG)


def test_a_worker_that_lost_the_database_again_and_again_still_finds_lost_jobs(house: House) -> None:
    wait_until(lambda: fetched(house.engine, HEARTS) == [len(house.workers)])
    for _ in range(LOSSES):
        house.kill_postgres()
        time.sleep(house.random.uniform(0.0, 1.5))
    wait_until(lambda: fetched(house.engine, HEARTS) == [len(house.workers)])
    with writing(house.engine) as connection:
        id = enqueue(connection, ANONYMOUS, "count", {})
        connection.exec_driver_sql("UPDATE procrastinate_jobs SET status = 'succeeded'")  # as who was believed dead may leave it
    wait_until(lambda: states(house.engine) == {id: "succeeded"}, SOON)


def test_a_request_whose_web_process_is_killed_while_it_waits_finds_its_answer_when_it_asks_again(house: House) -> None:
    with writing(house.engine) as connection:
        samples.load(connection)
    server = launch(house.url, free_port())
    asking = threading.Thread(target=ask_once, args=(server,))
    asking.start()
    wait_until(lambda: states(house.engine))
    server.kill()
    asking.join()
    server = launch(house.url, free_port())
    try:
        wait_until(lambda: ask_once(server) in (200, 201))
    finally:
        server.stop()
    assert list(states(house.engine).values()) == ["succeeded"]


def ask_once(server: Server) -> int:
    try:
        return server.ask("POST", "/mixed", DEAR).status
    except (OSError, HTTPException):
        return 0


def put(engine: Engine, task: str, **payload: object) -> str:
    with writing(engine) as connection:
        return enqueue(connection, ANONYMOUS, task, payload)


def states(engine: Engine) -> dict[str, str]:
    with reading(engine) as connection:
        return {row.id: row.state for row in connection.exec_driver_sql("SELECT id, state FROM jobs")}


def fetched(engine: Engine, query: str) -> list[str]:
    with reading(engine) as connection:
        return list(connection.exec_driver_sql(query).scalars())


def execute(engine: Engine, statement: str) -> None:
    with writing(engine) as connection:
        connection.exec_driver_sql(statement)


def patiently(work: Callable[[], object]) -> object:
    """Do something as soon as the database is back."""
    give_up = time.monotonic() + PATIENCE
    while True:
        try:
            return work()
        except StoreUnavailable:
            assert time.monotonic() < give_up
            time.sleep(0.1)


def wait_until(claim: Callable[[], object], seconds: float = PATIENCE) -> None:
    give_up = time.monotonic() + seconds
    while not patiently(claim):
        assert time.monotonic() < give_up
        time.sleep(0.1)
