"""A worker's housekeeping: jobs whose worker was killed, jobs that the queue lost, and what has had its time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from time import monotonic

from procrastinate.manager import JobManager
from sqlalchemy import Connection, Engine

from errors import StoreUnavailable
from jobs.logs import LOGGER
from jobs.queue import LOST, RUN, defer
from jobs.reasons import worker_died
from store import jobs, payments, queue, results
from store.engine import writing, writing_once

RESCUE_SECONDS = 1.0  # between two looks at what a dead worker left
SWEEP_SECONDS = 900.0
AWAY = (StoreUnavailable, *LOST)


@dataclass(frozen=True)
class Kept:
    """How long scored payments are remembered, and how many of one model."""

    payment_days: int
    max_payments: int


async def keep_house(engine: Engine, manager: JobManager, kept: Kept) -> None:
    """Rescue and sweep, for ever: a database that is away is waited for, and nothing else ends it either.

    A worker that went on without it would leave what others lost where it lies.
    """
    swept = 0.0
    while True:
        try:
            await asyncio.to_thread(rescue, engine)
            if monotonic() > swept:
                await asyncio.to_thread(sweep, engine, kept)
                await manager.delete_old_jobs(jobs.KEPT_HOURS, include_failed=True, include_cancelled=True, include_aborted=True)
                swept = monotonic() + SWEEP_SECONDS
        except AWAY:
            LOGGER.debug("no database to keep house in")
        except Exception:
            LOGGER.exception("housekeeping met an error that was not foreseen")
        await asyncio.sleep(RESCUE_SECONDS)


def rescue(engine: Engine) -> None:
    """Queue again what a killed worker left half done, or what the queue does not know; one that often fails has failed."""
    with writing(engine) as connection:
        for left in queue.stalled(connection):
            LOGGER.warning("stalled job", extra={"fields": {"job": left.job, "task": left.task, "attempts": left.attempts}})
            _again(connection, left)
        for id in jobs.lost(connection):
            LOGGER.warning("lost job", extra={"fields": {"job": id}})
            if _may_go_on(connection, id):
                defer(connection, id)
        queue.bring_forward(connection, RUN)


def sweep(engine: Engine, kept: Kept) -> None:
    """Delete the results that expired, the jobs that ended days ago, and the payments that are not to be remembered longer."""
    with writing_once(engine) as connection:
        expired, old = results.sweep(connection), jobs.sweep(connection)
        forgotten = payments.sweep(connection, days=kept.payment_days, most=kept.max_payments)
    LOGGER.info("swept", extra={"fields": {"expired_results": expired, "old_jobs": old, "payments": forgotten}})


def _again(connection: Connection, left: queue.Stalled) -> None:
    if left.job is None or _may_go_on(connection, left.job):
        queue.retry(connection, left.queue_id)
    else:
        queue.give_up(connection, left.queue_id)


def _may_go_on(connection: Connection, id: str) -> bool:
    verdict = jobs.fail(connection, id, None, worker_died(), again=True)
    return verdict is not None and verdict[0] == "queued"
