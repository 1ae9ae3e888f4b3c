"""The queue's one task: run one of our jobs in a child process, and note how it ended."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from procrastinate import BaseRetryStrategy, JobContext, RetryDecision
from procrastinate.job_context import AbortReason
from procrastinate.jobs import Job
from sqlalchemy import Engine

from errors import StoreUnavailable
from jobs.child import Order
from jobs.children import Children, Ended
from jobs.logs import LOGGER
from jobs.queue import QUEUE, RUN
from jobs.sweep import Kept
from store import jobs
from store.engine import writing_once

PAUSES = (1, 4, 16)  # seconds before the next attempt, after the first failure, the second, the third
AWAY_SECONDS = 1  # before a job is looked at again when the database was away


class Again(Exception):
    """Put the job back into the queue, for the time after `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"again in {seconds} s")
        self.seconds = seconds


class Backoff(BaseRetryStrategy):
    """Queue a job again that asks for it, or whose worker lost the database."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if isinstance(exception, Again):
            return RetryDecision(retry_at=datetime.now(UTC) + timedelta(seconds=exception.seconds))
        if isinstance(exception, StoreUnavailable):
            return RetryDecision(retry_at=datetime.now(UTC) + timedelta(seconds=AWAY_SECONDS))
        return None


@dataclass(frozen=True)
class Surroundings:
    """What a worker lends to the jobs that it runs."""

    engine: Engine
    children: Children
    seconds: float  # longest run of a job that says nothing else
    memory_mb: int
    kept: Kept


@QUEUE.task(name=RUN, retry=Backoff(), pass_context=True)
async def run(context: JobContext, job: str) -> None:
    """Attempt a job. Raises Again when there is to be another attempt."""
    lent: Surroundings = context.additional_context["lent"]
    assert context.job.id is not None
    begun = await asyncio.to_thread(_begin, lent.engine, job, context.job.id)
    if begun is None:
        return
    order = Order(job, begun.attempt, begun.seconds or lent.seconds, lent.memory_mb)
    try:
        ended = await lent.children.run(order, _note_of(lent.engine, order))
    except asyncio.CancelledError:
        if context.abort_reason() == AbortReason.SHUTDOWN:
            await asyncio.to_thread(_give_back, lent.engine, order)
            raise Again(0) from None
        raise
    await asyncio.to_thread(_conclude, lent.engine, order, ended)


def _begin(engine: Engine, job: str, queue_id: int) -> jobs.Begun | None:
    with writing_once(engine) as connection:
        return jobs.begin(connection, job, queue_id)


def _note_of(engine: Engine, order: Order):  # type: ignore[no-untyped-def]
    def write(progress: float, lines: Sequence[str]) -> bool:
        try:
            with writing_once(engine) as connection:
                return jobs.note(connection, order.job, order.attempt, progress, lines)
        except StoreUnavailable:
            return True  # the job itself may well survive this

    async def note(progress: float, lines: Sequence[str]) -> bool:
        return await asyncio.to_thread(write, progress, lines)

    return note


def _give_back(engine: Engine, order: Order) -> None:
    with writing_once(engine) as connection:
        jobs.give_back(connection, order.job, order.attempt)


def _conclude(engine: Engine, order: Order, ended: Ended) -> None:
    """Note why an attempt failed; one that succeeded has ended the job itself."""
    fields = {"job": order.job, "attempt": order.attempt, "mb": ended.kilobytes // 1024, "cpu": round(ended.cpu, 2)}
    if ended.reason is None:
        LOGGER.info("job done" if ended.done else "job superseded", extra={"fields": fields})
        return
    LOGGER.warning("attempt failed", extra={"fields": {**fields, "type": ended.reason["type"]}})
    with writing_once(engine) as connection:
        verdict = jobs.fail(connection, order.job, order.attempt, ended.reason, again=ended.again)
    if verdict is not None and verdict[0] == "queued":
        raise Again(PAUSES[verdict[1] - 1])
