"""Whatever was acknowledged is there afterwards, whoever is killed meanwhile: web and Postgres, in turn, by SIGKILL."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path

import pytest

from config import Settings
from store import embedded, keys, sites
from store.engine import engine_of, writing
from store.migrate import migrate
from tests.serving import Server, Told, free_port, launch

PATIENCE = 3.0  # seconds in which a request must be refused while the database is away
RECOVERY = 5.0  # seconds after the database's return in which a request must succeed
SHORT, LONG = (300, 6), (1000, 100)  # results posted, kills


def question(number: int) -> dict[str, object]:
    return {"formula": "y ~ x", "data": {"y": [1.0, 2.5, 2.9, 4.2 + number / 1000], "x": [1, 2, 3, 4]}}


class Poster(threading.Thread):
    """Posts its questions one after the other, each until it is acknowledged, and remembers what came back."""

    def __init__(self, server: Server, key: str, numbers: range) -> None:
        super().__init__()
        self.server, self.key, self.numbers = server, key, numbers
        self.acknowledged: dict[int, str] = {}
        self.refusals: list[tuple[int, str, float]] = []

    def run(self) -> None:
        for number in self.numbers:
            while number not in self.acknowledged:
                self.post(number)

    def post(self, number: int) -> None:
        started = time.monotonic()
        try:
            told = self.server.ask("POST", "/regress", question(number), timeout=20, Authorization=f"Bearer {self.key}")
        except (OSError, HTTPException):  # nobody listens, or the one who did is dead: nothing was acknowledged
            time.sleep(0.02)
            return
        if told.status in (200, 201):
            self.acknowledged[number] = str(told.json["url"])
        else:
            self.refusals.append((told.status, told.headers["Content-Type"], time.monotonic() - started))
            time.sleep(0.02)


class Deployment:
    """Postgres and web, each of which can be killed and is then started again by somebody, as on a real host."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port, self.random = folder, free_port(), random.Random(7)
        self.database = embedded.start(str(folder))
        self.key = site_key(self.database)
        self.server = launch(self.database, self.port)

    def kill_postgres(self) -> None:
        """Kill the postmaster and start it again; its children die with it."""
        os.kill(int((self.folder / "postgres/postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        time.sleep(self.random.uniform(0, 0.5))
        embedded.start(str(self.folder))

    def kill_worker(self) -> None:
        """Kill one of gunicorn's workers; the master starts another."""
        with suppress(ProcessLookupError, IndexError):
            os.kill(self.random.choice(self.server.workers()), signal.SIGKILL)

    def kill_web(self) -> None:
        """Kill master and workers, and start them again."""
        self.server.kill()
        self.server = launch(self.database, self.port)

    def end(self) -> None:
        self.server.stop()
        embedded.stop(str(self.folder))


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    deployment = Deployment(tmp_path)
    yield deployment
    deployment.end()


def site_key(database: str) -> str:
    engine = engine_of(Settings(database_url=database, secret="s" * 32))
    migrate(engine)
    with writing(engine) as connection:
        key = keys.create(connection, sites.create(connection, "fault").id, "sk").text
    engine.dispose()
    return key


def acknowledged_under_fire(deployment: Deployment, results: int, kills: int) -> None:
    posters = [Poster(deployment.server, deployment.key, range(start, results, 4)) for start in range(4)]
    for poster in posters:
        poster.start()
    for kill in range(kills):
        time.sleep(deployment.random.uniform(0.1, 0.6))
        (deployment.kill_postgres, deployment.kill_worker, deployment.kill_web)[kill % 3]()
    for poster in posters:
        poster.join(120)
    urls = {number: url for poster in posters for number, url in poster.acknowledged.items()}
    assert len(urls) == len(set(urls.values())) == results
    key = f"Bearer {deployment.key}"
    for number, url in urls.items():
        kept = deployment.server.ask("GET", url, Authorization=key)
        assert kept.status == 200, url
        assert deployment.server.ask("POST", "/regress", question(number), Authorization=key).body == kept.body
    refusals = [refusal for poster in posters for refusal in poster.refusals]
    assert {(status, kind) for status, kind, _ in refusals} <= {(503, "application/problem+json")}
    assert max((seconds for _, _, seconds in refusals), default=0) < PATIENCE


def test_what_was_acknowledged_survives_kills(deployment):
    acknowledged_under_fire(deployment, *SHORT)


@pytest.mark.soak
def test_what_was_acknowledged_survives_a_hundred_kills(deployment):
    acknowledged_under_fire(deployment, *LONG)


def test_without_a_database_requests_are_refused_soon_and_served_again_soon_after_its_return(deployment):
    def post(number: int) -> Told:
        return deployment.server.ask("POST", "/regress", question(number), Authorization=f"Bearer {deployment.key}")

    assert post(0).status == 201
    embedded.stop(str(deployment.folder))
    for ask in (lambda: post(1), lambda: deployment.server.ask("GET", "/health/ready")):
        started = time.monotonic()
        told = ask()
        assert (told.status, told.headers["Content-Type"]) == (503, "application/problem+json")
        assert int(told.headers["Retry-After"]) >= 1
        assert time.monotonic() - started < PATIENCE
    assert deployment.server.ask("GET", "/health/live").status == 200
    embedded.start(str(deployment.folder))
    returned = time.monotonic()
    while post(1).status != 201:
        assert time.monotonic() - returned < RECOVERY
        time.sleep(0.05)
