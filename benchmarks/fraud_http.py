"""One payment over HTTP beside the plainest endpoint that Flask can have: the median latency of both, in one run.

    .venv/bin/python -m benchmarks.fraud_http [--rounds 20]

Both are served by gunicorn with two processes. The plain one reads JSON and gives JSON: no key, no database, nothing computed.
Ours finds the key and the live version in PostgreSQL, scores, gives three reasons and writes a line to the log. One client, one
connection each, asked in turn; "remembered" is ours with an id, whose payment is committed before the answer.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

from benchmarks.load import SECRET, gunicorn, prepared
from config import Settings
from jobs.fraud_sample import SPEC
from store import embedded, models, sample_detector, versions
from store.engine import engine_of, writing
from store.models import Asked
from store.versions import NewVersion

GOAL = 2.0  # times the plain endpoint's median
ASKED = 200  # requests of one round
WARMING = 50
IDS = count(1)


@dataclass
class Client:
    """One connection to one endpoint, and how long each answer took."""

    name: str
    connection: HTTPConnection
    path: str
    headers: dict[str, str]
    body: dict[str, object]
    seconds: list[float]

    def ask(self) -> None:
        if self.name == "remembered":
            payment = self.body["transactions"][0]  # type: ignore[index]
            payment["id"] = f"p{next(IDS)}"
        sent = json.dumps(self.body).encode()
        started = time.perf_counter()
        self.connection.request("POST", self.path, sent, self.headers)
        response = self.connection.getresponse()
        told = response.read()
        self.seconds.append(time.perf_counter() - started)
        if response.status != 200:
            sys.exit(f"{self.name}: {response.status} {told[:300]!r}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    report(measured(parser.parse_args().rounds))


def measured(rounds: int) -> dict[str, list[float]]:
    """Ask in turn, one request each; give all latencies by name."""
    with servers() as (ours, plain, key):
        clients = [
            client("plain Flask", plain, "/json", ""),
            client("one payment", ours, "/fraud", key),
            client("remembered", ours, "/fraud", key),
        ]
        for turn in range(WARMING + rounds * ASKED):
            for each in clients:
                if turn == WARMING:
                    each.seconds.clear()
                each.ask()
    return {each.name: each.seconds for each in clients}


@contextmanager
def servers() -> Iterator[tuple[str, str, str]]:
    with tempfile.TemporaryDirectory() as folder:
        data = str(Path(folder) / "data")
        database = embedded.start(data)
        try:
            key = prepared(database)
            keep(database)
            environ = {"DATABASE_URL": database}
            with (
                gunicorn("app:create_app()", environ, "gunicorn.conf.py") as ours,
                gunicorn("benchmarks.peers.plain_json:app", {}) as plain,
            ):
                yield ours, plain, key
        finally:
            embedded.stop(data)


def keep(database: str) -> None:
    """Make the sample detector a model of the site that the key is of."""
    found = sample_detector.sample_detector()
    engine = engine_of(Settings(database_url=database, secret=SECRET))
    with writing(engine) as connection:
        site = int(connection.exec_driver_sql("SELECT max(site_id) FROM keys").scalar_one())
        asked = Asked("fraud", SPEC, "payments", "manual", 0.2, {}, False)
        model, _ = models.put(connection, site, "own", asked, max_models=10)
        told = {name: json.dumps(found.told[name]).encode() for name in ("summary", "metrics")}
        version = NewVersion(
            model.id, 1, True, "fraud", SPEC, "payments", "f", 1, "lamplight", {}, found.artifact, None, **told, statistics=b"{}"
        )
        versions.point(connection, model.id, versions.add(connection, version)[0])
    engine.dispose()


def client(name: str, url: str, path: str, key: str) -> Client:
    columns = sample_detector.payments()
    payment = {column: columns[column][0] for column in SPEC["columns"]}
    headers = {"Content-Type": "application/json"} | ({"Authorization": key} if key else {})
    parts = urlsplit(url)
    connection = HTTPConnection(str(parts.hostname), parts.port)
    return Client(name, connection, path, headers, {"model": "own", "transactions": [payment]}, [])


def report(found: dict[str, list[float]]) -> None:
    plain = median(found["plain Flask"])
    print(f"{'one payment over HTTP':24}{'p50 ms':>10}{'p99 ms':>10}{'times':>8}")
    for name, seconds in found.items():
        ordered = sorted(seconds)
        print(
            f"{name:24}{1e3 * median(ordered):10.3f}{1e3 * ordered[int(0.99 * len(ordered))]:10.3f}{median(ordered) / plain:8.2f}"
        )
    times = median(found["one payment"]) / plain
    print(f"{'yes' if times <= GOAL else 'NO ':4} over HTTP: {times:.2f} x the plainest Flask endpoint, goal {GOAL:g}")


if __name__ == "__main__":
    main()
