"""Migrations run twice, at once, and killed half-way, by real processes."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
from sqlalchemy import Engine, inspect, make_url

from config import Settings
from store.engine import engine_of, reading
from store.migrate import LOCK, migrate
from store.tables import metadata

ROOT = Path(__file__).parents[2]
numbers = iter(range(1_000_000))


@pytest.fixture
def empty_url(postgres: str) -> Iterator[str]:
    name = f"empty_{next(numbers)}"
    administer(postgres, f"CREATE DATABASE {name}")
    yield make_url(postgres).set(database=name).render_as_string(hide_password=False)
    administer(postgres, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def empty(empty_url: str) -> Iterator[Engine]:
    engine = engine_of(Settings(database_url=empty_url, secret="s" * 32))
    yield engine
    engine.dispose()


def administer(url: str, statement: str) -> None:
    driver = psycopg2.connect(host=str(make_url(url).query["host"]), user="postgres", dbname="postgres")
    driver.autocommit = True
    with driver.cursor() as cursor:
        cursor.execute(statement)
    driver.close()


def start(url: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "DATABASE_URL": url, "LAMPLIGHT_SECRET": "s" * 32}
    return subprocess.Popen([sys.executable, "-m", "store.migrate"], cwd=ROOT, env=environment, stderr=subprocess.PIPE)


def wait_until_it_migrates(engine: Engine) -> None:
    query = f"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = {LOCK}"
    for _ in range(100_000):
        with reading(engine) as connection:
            if connection.exec_driver_sql(query).scalar_one():
                return
    raise AssertionError("the migration never began")


def tables(engine: Engine) -> set[str]:
    with reading(engine) as connection:
        return set(inspect(connection).get_table_names())


def kill_while_it_migrates(engine: Engine, url: str, delay: float) -> None:
    process = start(url)
    wait_until_it_migrates(engine)
    time.sleep(delay)
    process.send_signal(signal.SIGKILL)
    process.communicate()


def check_killed_migrations(engine: Engine, url: str, delays: list[float]) -> None:
    for delay in delays:
        kill_while_it_migrates(engine, url, delay)
        assert tables(engine) & {"results", "keys", "procrastinate_jobs"} in (set(), {"results", "keys", "procrastinate_jobs"})
    migrate(engine)
    assert set(metadata.tables) < tables(engine)


def test_killed_half_way_it_leaves_all_or_nothing_and_the_next_one_completes_it(empty: Engine, empty_url: str) -> None:
    check_killed_migrations(empty, empty_url, [0.0, 0.01, 0.03])


@pytest.mark.soak
def test_killed_forty_times_it_leaves_all_or_nothing(postgres: str) -> None:
    random_delays = random.Random(1)
    for _ in range(10):
        name = f"empty_{next(numbers)}"
        administer(postgres, f"CREATE DATABASE {name}")
        url = make_url(postgres).set(database=name).render_as_string(hide_password=False)
        engine = engine_of(Settings(database_url=url, secret="s" * 32))
        check_killed_migrations(engine, url, [random_delays.uniform(0, 0.06) for _ in range(4)])
        engine.dispose()


def test_four_at_once_all_succeed(empty: Engine, empty_url: str) -> None:
    processes = [start(empty_url) for _ in range(4)]
    assert [(process.communicate()[1], process.returncode) for process in processes] == [(b"", 0)] * 4
    assert set(metadata.tables) < tables(empty)


def test_twice_in_a_row_both_succeed(empty: Engine) -> None:
    migrate(empty)
    migrate(empty)
    assert set(metadata.tables) < tables(empty)
