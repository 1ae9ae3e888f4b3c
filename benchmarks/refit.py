"""`python -m benchmarks.refit [--models 200] [--rounds 2]`: models refitted per second with one child at once and with two.

Each round is a whole `python -m jobs.refit` on a database of its own: processes start, every model is fitted twice, judged and
promoted, and each decision is committed with fsync on. One command runs as many children as there are cores, so a second
worker on the same machine would add nothing to it. The rates are those between the first start and the last end, the best
of the rounds, which take turns; the processor's time beside the clock tells what the neighbours took.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from config import Settings
from store import embedded, models, samples, sites
from store.engine import engine_of, reading, writing
from store.migrate import migrate
from store.models import Asked

ROOT = Path(__file__).resolve().parent.parent
SECRET = "benchmark" * 5
SPECS = (
    ("regress", "iris", {"formula": "Sepal_Length ~ Sepal_Width + Petal_Length"}),
    ("regress", "mtcars", {"formula": "mpg ~ poly(wt, 2) + factor(cyl)"}),
    ("mixed", "sleepstudy", {"formula": "Reaction ~ Days + (Days | Subject)"}),
    ("mixed", "ChickWeight", {"formula": "weight ~ Time + (1 | Chick)"}),
    ("forecast", "Nile", {"y": "y", "h": 5, "season": 1}),
    (
        "fraud",
        "payments",
        {"columns": ["V4", "V11", "V14", "Amount"], "label": "Class", "weight": "weight", "detector": "mahalanobis"},
    ),
)
WORKED = "SELECT extract(epoch FROM max(finished_at) - min(started_at))::float8 FROM jobs"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=2)
    asked = parser.parse_args()
    print(f"{asked.models} models: {', '.join(sorted({kind for kind, _, _ in SPECS}))}")
    rounds = [{children: rate(asked.models, children) for children in (1, 2)} for _ in range(asked.rounds)]
    one, two = (max(rates[children] for rates in rounds) for children in (1, 2))
    print(f"two children at once do {two / one:.2f} times as much as one: {two:.1f} models/s beside {one:.1f}")


def rate(count: int, children: int) -> float:
    """Refit all models of a new database; models per second once the processes are there."""
    with tempfile.TemporaryDirectory() as folder:
        database = embedded.start(folder)
        try:
            prepare(database, count)
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            began = time.monotonic()
            summary = refit(database, children)
            seconds = time.monotonic() - began
            worked = seconds_at_work(database)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
        finally:
            embedded.stop(folder)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert summary["promoted"] == count, summary
    print(
        f"{children} at once: {seconds:6.1f} s, of which {worked:6.1f} at work, {count / worked:6.1f} models/s; "
        f"{1000 * processor / count:.0f} ms of processor each (start included, Postgres not)"
    )
    return count / worked


def seconds_at_work(database: str) -> float:
    """From when the first model was begun until the last was decided."""
    engine = engine_of(Settings(database_url=database, secret=SECRET))
    with reading(engine) as connection:
        seconds: float = connection.exec_driver_sql(WORKED).scalar_one()
    engine.dispose()
    return seconds


def prepare(database: str, count: int) -> None:
    engine = engine_of(Settings(database_url=database, secret=SECRET))
    migrate(engine)
    with writing(engine) as connection:
        samples.load(connection)
        site = sites.create(connection, "benchmark").id
        for number in range(count):
            kind, dataset, spec = SPECS[number % len(SPECS)]
            asked = Asked(kind, spec, dataset, "nightly", 0.2, {}, False)
            models.put(connection, site, f"m{number}", asked, max_models=count)
    engine.dispose()


def refit(database: str, children: int) -> dict[str, int]:
    environ = os.environ | {"DATABASE_URL": database, "LAMPLIGHT_SECRET": SECRET, "LAMPLIGHT_WORKER_CONCURRENCY": str(children)}
    ended = subprocess.run((sys.executable, "-m", "jobs.refit"), cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True)
    summary: dict[str, int] = json.loads(ended.stdout.splitlines()[-1])["summary"]
    return summary


if __name__ == "__main__":
    main()
