"""A dataset that is put and appended to while web and Postgres are killed: every row once, nothing half done."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path

import pytest
from sqlalchemy import text

from config import Settings
from store.engine import engine_of, reading
from tests.faults.test_acknowledged import Deployment

ROWS = 40  # of each append
SHORT, LONG = (40, 4), (400, 60)  # appends, kills
LOCKS = """
SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE backend_type = 'client backend' AND locktype = 'relation' AND mode LIKE '%Exclusive%'
"""


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    deployment = Deployment(tmp_path)
    yield deployment
    deployment.end()


def until_done(deployment: Deployment, method: str, path: str, data: dict[str, object], **headers: str) -> None:
    """Send a request again and again until it is acknowledged, as a client does whose connection breaks."""
    headers["Authorization"] = f"Bearer {deployment.key}"
    while True:
        try:
            told = deployment.server.ask(method, path, {"data": data}, timeout=20, **headers)
        except (OSError, HTTPException):
            time.sleep(0.02)
            continue
        if told.status in (200, 201):
            return
        assert told.status == 503, told.body
        time.sleep(0.02)


class Appender(threading.Thread):
    def __init__(self, deployment: Deployment, numbers: range) -> None:
        super().__init__()
        self.deployment, self.numbers = deployment, numbers

    def run(self) -> None:
        for number in self.numbers:
            data = {"x": [number] * ROWS, "g": [f"append {number}"] * ROWS}
            until_done(self.deployment, "POST", "/datasets/d/rows", data, Idempotency_Key=f"append-{number}")


class Replacer(threading.Thread):
    """Puts one dataset anew all the time, each time of another size and with other columns."""

    def __init__(self, deployment: Deployment) -> None:
        super().__init__()
        self.deployment, self.ended = deployment, threading.Event()

    def run(self) -> None:
        for number in itertools.count(1):
            until_done(self.deployment, "PUT", "/datasets/big", {f"x{number}": [number] * (2_000 + number)})
            if self.ended.is_set():
                return


def whole_under_fire(deployment: Deployment, appends: int, kills: int) -> None:
    until_done(deployment, "PUT", "/datasets/d", {"x": [-1], "g": ["first"]})
    replacer = Replacer(deployment)
    appenders = [Appender(deployment, range(start, appends, 2)) for start in range(2)]
    for thread in (replacer, *appenders):
        thread.start()
    for kill in range(kills):
        time.sleep(deployment.random.uniform(0.1, 0.6))
        (deployment.kill_worker, deployment.kill_postgres, deployment.kill_web)[kill % 3]()
    for appender in appenders:
        appender.join(240)
    replacer.ended.set()
    replacer.join(60)
    assert not any(thread.is_alive() for thread in (replacer, *appenders))
    check_appended(deployment, appends)
    check_nothing_left(deployment)


def check_appended(deployment: Deployment, appends: int) -> None:
    lines = deployment.server.ask("GET", "/datasets/d.csv", Authorization=f"Bearer {deployment.key}").body.decode().splitlines()
    assert lines[:2] == ["x,g", "-1,first"]
    pieces = [(line, len(list(group))) for line, group in itertools.groupby(lines[2:])]
    assert sorted(pieces) == sorted((f"{number},append {number}", ROWS) for number in range(appends))


def check_nothing_left(deployment: Deployment) -> None:
    """Each dataset has its table, whole, and there is no other; nobody holds a lock."""
    engine = engine_of(Settings(database_url=deployment.database, secret="s" * 32))
    with reading(engine) as connection:
        big = connection.execute(text("SELECT rows, columns->0->>'name' FROM datasets WHERE name = 'big'")).one()
        tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'site_3' ORDER BY 1"
        assert [name for (name,) in connection.execute(text(tables))] == ["big", "d"]
        count = connection.execute(text(f'SELECT count("{big[1]}"), count(*) FROM site_3.big')).one()
        assert connection.execute(text(LOCKS)).scalar_one() == 0
    engine.dispose()
    assert count == (big[0], big[0]) == (2_000 + int(big[1][1:]),) * 2


def test_every_append_is_there_once_and_every_dataset_whole_whoever_is_killed(deployment: Deployment) -> None:
    whole_under_fire(deployment, *SHORT)


@pytest.mark.soak
def test_every_append_is_there_once_after_sixty_kills(deployment: Deployment) -> None:
    whole_under_fire(deployment, *LONG)
