"""`python -m jobs.refit`: refit the models that are due, what Heroku Scheduler runs every night.

Each due model and date is one row and one job, whoever asks, twice or at once. This process then works on the queue itself,
beside whatever workers there are, until every model of the night is decided.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from time import monotonic

from sqlalchemy import Engine

from config import Settings
from errors import ConfigurationError, StoreUnavailable
from jobs.logs import LOGGER, log_to_stderr
from jobs.machine import job_count
from jobs.ping import ping
from jobs.queue import enqueue
from jobs.task import TASK_MODULES
from jobs.telling import Telling
from jobs.worker import work
from store import runs, sites
from store.engine import engine_of, reading, writing
from store.runs import Due, Run

LOOK_SECONDS = 0.2  # between two looks at what was decided
AWAY_SECONDS = 300.0  # a database that is away so long ends the run; the next one finishes the work
PRIORITY = -1  # whoever waits for an answer is served before the night
POOL_SIZE = 3  # connections: this process's, beside its worker's
FAILED, WRONG, INTERRUPTED = 1, 2, 3  # exit codes


@dataclass(frozen=True)
class Asked:
    """What the command line says. None: every site, every model, the database's date."""

    date: date | None
    model: str | None
    site: str | None
    all_: bool
    dry_run: bool


@dataclass(frozen=True)
class Night:
    """What is due. started, date: by the database's clock."""

    started: datetime
    date: date
    due: list[Due]
    sites: dict[int, str]


class WrongArguments(Exception):
    """The command line asks for what there is not."""


def main(arguments: Sequence[str] | None = None, modules: Sequence[str] = TASK_MODULES) -> None:
    asked = arguments_of(arguments)
    log_to_stderr()
    LOGGER.setLevel(logging.WARNING)  # each model has a line of its own
    try:
        settings = Settings.from_env(os.environ)
        engine = engine_of(settings, pool_size=POOL_SIZE)
        night = night_of(engine, asked)
    except (ConfigurationError, WrongArguments) as error:
        print(f"lamplight: {error}", file=sys.stderr)
        sys.exit(WRONG)
    except StoreUnavailable as error:
        print(f"lamplight: {error}", file=sys.stderr)
        sys.exit(FAILED)
    if asked.dry_run:
        show(engine, night)
        return
    code = asyncio.run(refit_all(settings, engine, night, modules))
    if settings.ping_url is not None:
        ping(settings.ping_url, failed=code != 0)
    sys.exit(code)


def arguments_of(arguments: Sequence[str] | None) -> Asked:
    parser = argparse.ArgumentParser(prog="python -m jobs.refit", description="Refit the models that are due.")
    parser.add_argument("--date", type=date.fromisoformat, help="the night (YYYY-MM-DD); without it today's, in UTC")
    parser.add_argument("--model", help="only models of this name, due or not")
    parser.add_argument("--site", help="only this site's models")
    parser.add_argument("--all", action="store_true", help="models that are manual or not due yet as well")
    parser.add_argument("--dry-run", action="store_true", help="say what is due, and do nothing")
    given = parser.parse_args(arguments)
    return Asked(given.date, given.model, given.site, given.all, given.dry_run)


def night_of(engine: Engine, asked: Asked) -> Night:
    """Find what is due. Raises WrongArguments."""
    with reading(engine) as connection:
        started, today = runs.now(connection)
        known = {site.id: site.name for site in sites.list_(connection)}
        site = next((id for id, name in known.items() if name == asked.site), None)
        if asked.site is not None and site is None:
            raise WrongArguments(f"there is no site {asked.site}")
        night = asked.date or today
        if night > today + timedelta(days=1):  # a clock that is two hours ahead may be in tomorrow
            raise WrongArguments(f"{night} lies ahead; it is {today} by the database's clock")
        due = runs.due(connection, night, model=asked.model, site=site, all_=asked.all_ or asked.model is not None)
    if asked.model is not None and not due:
        raise WrongArguments(f"there is no model {asked.model}")
    return Night(started, night, due, known)


def show(engine: Engine, night: Night) -> None:
    """Say what would be done."""
    telling = Telling(len(night.due), night.sites)
    with reading(engine) as connection:
        for due in night.due:
            run = runs.of_night(connection, due.model_id, night.date)
            state = "due" if run is None or run.state in ("queued", "failed") else run.state
            print(f"{night.sites.get(due.site_id)}/{due.name}: {state}")
    telling.summary(dry_run=True)


async def refit_all(settings: Settings, engine: Engine, night: Night, modules: Sequence[str]) -> int:
    """Ask for every due run, work until all are decided, and tell. Returns the exit code."""
    begun, telling = monotonic(), Telling(len(night.due), night.sites)
    stopping = _stopped_by_signals()
    undecided = await asyncio.to_thread(_ask, engine, night, telling)
    if undecided:
        working = asyncio.create_task(work(settings, engine, stopping, modules))
        undecided = await _until_decided(engine, undecided, telling, stopping)
        stopping.set()
        await working
        with suppress(StoreUnavailable):  # what was finished while the worker ended
            undecided = await asyncio.to_thread(_tell_decided, engine, undecided, telling)
    telling.summary(date=night.date.isoformat(), seconds=round(monotonic() - begun, 2), at_once=job_count(settings))
    if undecided:
        print(f"lamplight: {len(undecided)} models are not decided yet; the next run finishes them", file=sys.stderr)
        return INTERRUPTED
    return FAILED if telling.failed else 0


def _ask(engine: Engine, night: Night, telling: Telling) -> set[int]:
    """Make the night's runs and jobs, tell those decided already, and return the others."""
    undecided = set()
    for due in night.due:
        run, new = _asked_for(engine, due, night)
        if run is None:
            continue  # deleted meanwhile
        if new or run.state == "queued":
            undecided.add(run.id)
        else:
            telling.tell(run, already=True)
    return undecided


def _asked_for(engine: Engine, due: Due, night: Night) -> tuple[Run | None, bool]:
    with writing(engine) as connection:
        run = runs.ask_for_night(connection, due.model_id, night.date, before=night.started)
        if run is None:
            return runs.of_night(connection, due.model_id, night.date), False
        job = enqueue(connection, due.site_id, "refit", {"run": run.id}, lock=f"run {run.id}", priority=PRIORITY)
        runs.queued_as(connection, run.id, job)
    return run, True


async def _until_decided(engine: Engine, undecided: set[int], telling: Telling, stopping: asyncio.Event) -> set[int]:
    """Tell runs as they are decided; return those that are not, when asked to stop or when the database is gone for good."""
    seen = monotonic()
    while undecided and not stopping.is_set() and monotonic() - seen < AWAY_SECONDS:
        with suppress(StoreUnavailable):
            undecided = await asyncio.to_thread(_tell_decided, engine, undecided, telling)
            seen = monotonic()
        if undecided:
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), LOOK_SECONDS)
    return undecided


def _tell_decided(engine: Engine, ids: set[int], telling: Telling) -> set[int]:
    """Tell which of the runs were decided, and return the others; those of models deleted meanwhile are gone."""
    with reading(engine) as connection:
        found = runs.list_(connection, sorted(ids))
    for run in found:
        if run.state != "queued":
            telling.tell(run)
    return {run.id for run in found if run.state == "queued"}


def _stopped_by_signals() -> asyncio.Event:
    stopping, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(stopping.set))
    return stopping


if __name__ == "__main__":
    main()
