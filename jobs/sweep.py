"""The worker's housekeeping: expired results, jobs long done, and jobs whose worker was killed."""

from __future__ import annotations

import asyncio
import logging

from procrastinate import JobContext
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager
from sqlalchemy import Engine

from jobs.queue import QUEUE
from store import results
from store.engine import writing_once

LOGGER = logging.getLogger("lamplight.jobs")
KEPT_HOURS = 72  # how long a finished job can still be looked at
ATTEMPTS = 3  # a job that took its worker along this often would do so again


@QUEUE.periodic(cron="7 * * * *")
@QUEUE.task(name="sweep", queueing_lock="sweep", pass_context=True)
async def sweep(context: JobContext, timestamp: int) -> None:
    """Delete the results that expired and the jobs that ended days ago."""
    expired = await asyncio.to_thread(_sweep_results, context.additional_context["engine"])
    await context.app.job_manager.delete_old_jobs(KEPT_HOURS, include_failed=True, include_cancelled=True, include_aborted=True)
    LOGGER.info("swept", extra={"fields": {"expired_results": expired}})


@QUEUE.periodic(cron="*/5 * * * *")
@QUEUE.task(name="rescue", queueing_lock="rescue", pass_context=True)
async def rescue(context: JobContext, timestamp: int) -> None:
    """Queue again what a killed worker left half done."""
    await rescue_stalled(context.app.job_manager)


async def rescue_stalled(manager: JobManager) -> None:
    """Queue stalled jobs again; one that was tried often enough has failed."""
    for job in await manager.get_stalled_jobs():
        if job.attempts + 1 < ATTEMPTS:
            await manager.retry_job(job)
        else:
            await manager.finish_job(job, status=Status.FAILED, delete_job=False)
        LOGGER.warning("stalled job", extra={"fields": _told(job)})


def _sweep_results(engine: Engine) -> int:
    with writing_once(engine) as connection:
        return results.sweep(connection)


def _told(job: Job) -> dict[str, object]:
    return {"job": job.id, "task": job.task_name, "attempts": job.attempts}
