"""`python -m benchmarks.refit [--models 200]`: models refitted per second by one process and by two, from start to summary.

Each round is a whole `python -m jobs.refit` on a database of its own: processes start, every model is fitted twice, judged and
promoted, and each decision is committed with fsync on. The processor's time beside the clock tells what the neighbours took.
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
from store.engine import engine_of, writing
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
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=int, default=200)
    count = parser.parse_args().models
    print(f"{count} models: {', '.join(sorted({kind for kind, _, _ in SPECS}))}")
    rates = {workers: rate(count, workers) for workers in (1, 2)}
    print(f"two processes do {rates[2] / rates[1]:.2f} times as much as one")


def rate(count: int, workers: int) -> float:
    """Refit all models of a new database; models per second, of the processor's time where there are neighbours."""
    with tempfile.TemporaryDirectory() as folder:
        database = embedded.start(folder)
        try:
            prepare(database, count)
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            began = time.monotonic()
            summary = refit(database, workers)
            seconds = time.monotonic() - began
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
        finally:
            embedded.stop(folder)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert summary["promoted"] == count, summary
    print(
        f"{workers} at once: {seconds:6.1f} s, {count / seconds:6.1f} models/s; "
        f"{1000 * processor / count:.0f} ms of processor each (without Postgres)"
    )
    return count / seconds


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


def refit(database: str, workers: int) -> dict[str, int]:
    environ = os.environ | {"DATABASE_URL": database, "LAMPLIGHT_SECRET": SECRET, "LAMPLIGHT_WORKER_CONCURRENCY": str(workers)}
    ended = subprocess.run((sys.executable, "-m", "jobs.refit"), cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True)
    summary: dict[str, int] = json.loads(ended.stdout.splitlines()[-1])["summary"]
    return summary


if __name__ == "__main__":
    main()
