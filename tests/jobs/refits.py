"""The nightly run for tests: models to refit, and the command in a process of its own, beside others."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
from sqlalchemy import Engine, make_url

from config import Settings
from jobs.refitting import TASKS
from jobs.task import Context, limits_of
from science.deadline import no_deadline
from science.table import Factor, Numeric
from store import datasets, models, runs, sites
from store.columns import StoredColumn
from store.datasets import Bounds
from store.engine import writing
from store.models import Asked, Model
from store.rows import rows_of_columns
from store.runs import Run
from tests.kinds.samples import sample

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = "from jobs import {0}; from jobs.task import TASK_MODULES; {0}.main(modules=(*TASK_MODULES, '{1}'))"
IRIS = "Sepal_Length ~ Sepal_Width + Petal_Length"


@dataclass(frozen=True)
class Refitted:
    """How a run ended: its exit code, its lines, and what it said on standard error."""

    code: int
    lines: list[dict[str, Any]]
    errors: str

    @property
    def summary(self) -> dict[str, Any]:
        told: dict[str, Any] = self.lines[-1]["summary"]
        return told

    @property
    def states(self) -> dict[str, str]:
        return {line["model"]: line["state"] for line in self.lines[:-1]}


def launch_refit(
    database_url: str, *arguments: str, kinds: str = "tests.jobs.bad_kinds", hours: float = 0, **settings: str
) -> subprocess.Popen[str]:
    """Begin a nightly run, with the bad kinds beside our own, on a machine whose clock is `hours` off."""
    program = f"from tests.jobs import clock; clock.set_off({hours}); " if hours else ""
    command = (sys.executable, "-c", program + PROGRAM.format("refit", kinds), *arguments)
    environment = environment_of(database_url, settings)
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def launch_worker(database_url: str, kinds: str) -> subprocess.Popen[bytes]:
    """Begin a worker that knows other kinds."""
    command = (sys.executable, "-c", PROGRAM.format("worker", kinds))
    return subprocess.Popen(command, cwd=ROOT, env=environment_of(database_url, {}), stderr=subprocess.DEVNULL)


def environment_of(database_url: str, settings: dict[str, str]) -> dict[str, str]:
    return {**os.environ, "DATABASE_URL": database_url, "LAMPLIGHT_SECRET": "s" * 40, "PYTHONPATH": str(ROOT), **settings}


def ended_refit(process: subprocess.Popen[str], seconds: float = 300) -> Refitted:
    out, errors = process.communicate(timeout=seconds)
    return Refitted(process.returncode, [json.loads(line) for line in out.splitlines()], errors)


def refitted(database_url: str, *arguments: str, seconds: float = 180, **settings: str) -> Refitted:
    return ended_refit(launch_refit(database_url, *arguments, **settings), seconds)


def decided(engine: Engine, model: Model, meanwhile: Callable[[], object] = lambda: None) -> Run:
    """Do a run of a model in this process, without the queue: fit, then let something happen, then keep what was decided."""
    with writing(engine) as connection:
        run = runs.ask(connection, model.id)
    settings = Settings(secret="s" * 40)
    context = Context("", 1, model.site_id, None, settings, limits_of(settings), engine, no_deadline(), lambda *_, **__: None)
    done = TASKS["refit"]({"run": run.id}, context)
    meanwhile()
    with writing(engine) as connection:
        done.keep(connection)
        found = runs.find(connection, run.id)
    assert found is not None
    return found


def new_site(engine: Engine, name: str = "shop") -> int:
    with writing(engine) as connection:
        return sites.create(connection, name).id


def put(engine: Engine, site: int, name: str, **changed: Any) -> Model:
    """Make a model, of iris unless told otherwise."""
    plain: dict[str, Any] = {"kind": "regress", "spec": {"formula": IRIS}, "dataset": "iris", "refit": "nightly"}
    asked = Asked(**{**plain, "holdout": 0.2, "guard": {}, "public": False, **changed})
    with writing(engine) as connection:
        return models.put(connection, site, name, asked, max_models=10_000)[0]


def store(engine: Engine, site: int, name: str, columns: dict[str, list[Any]]) -> None:
    """Put numbers and texts as a dataset."""
    with writing(engine) as connection:
        datasets.save(connection, site, name, stored(columns), len(next(iter(columns.values()))))


def append(engine: Engine, site: int, name: str, columns: dict[str, list[Any]]) -> None:
    rows = rows_of_columns(stored(columns), len(next(iter(columns.values()))))
    with writing(engine) as connection:
        datasets.append(connection, site, name, rows, secret=b"s" * 40, bounds=Bounds())


def iris() -> dict[str, list[Any]]:
    table = sample("iris")
    numbers = {name: column.values.tolist() for name, column in table.columns.items() if isinstance(column, Numeric)}
    species = table["Species"]
    assert isinstance(species, Factor)
    return numbers | {"Species": [species.levels[code] for code in species.codes]}


def stored(columns: dict[str, list[Any]]) -> list[StoredColumn]:
    return [StoredColumn(name, "text" if isinstance(values[0], str) else "number", values) for name, values in columns.items()]


def psql(database_url: str, query: str) -> list[tuple[Any, ...]]:
    """Ask as psql does: with a connection of its own, and none of our code between."""
    parts = make_url(database_url)
    driver = psycopg2.connect(host=str(parts.query["host"]), user=parts.username, dbname=parts.database)
    driver.autocommit = True
    try:
        with driver.cursor() as cursor:
            cursor.execute(query)
            return list(cursor.fetchall()) if cursor.description else []
    finally:
        driver.close()
