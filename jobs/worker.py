"""`python -m jobs.worker`: run queued jobs until asked to stop.

Any number of SIGTERM and SIGINT counts as one: procrastinate's own second signal kills it and leaves its job `doing`.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import FrameType

from sqlalchemy import Engine

from config import Settings
from errors import ConfigurationError
from jobs.children import Children
from jobs.logs import LOGGER, log_to_stderr
from jobs.machine import is_small, job_count, job_memory_mb
from jobs.queue import LOST, QUEUE, connector_of
from jobs.run import Surroundings
from jobs.sweep import Kept, keep_house
from jobs.task import TASK_MODULES
from store.engine import engine_of
from store.queue import BEAT_SECONDS, STALLED_SECONDS

GRACE_SECONDS = 5.0  # a running job has this long to finish once the worker is asked to stop; then it is given back
LAST_SECONDS = 9.5  # then the process goes, whatever still runs; the job is rescued by the next worker
PAUSE_SECONDS = 1.0  # between two attempts to reach Postgres
IDLE_SECONDS = 60.0  # after which a small machine gets the memory of the warm process back
POLL_SECONDS = 1.0  # new jobs are announced; this finds those whose time for another attempt has come
POOL_SIZE = 2  # connections beside the queue's own two; each child opens one more


def main(modules: Sequence[str] = TASK_MODULES) -> None:
    log_to_stderr()
    try:
        settings = Settings.from_env(os.environ)
        engine = engine_of(settings, pool_size=POOL_SIZE)
    except ConfigurationError as error:
        sys.exit(f"lamplight: {error}")
    asyncio.run(_until_signalled(settings, engine, modules))


async def work(settings: Settings, engine: Engine, stopping: asyncio.Event, modules: Sequence[str] = TASK_MODULES) -> None:
    """Run jobs until `stopping` is set; when Postgres goes away, come back with it."""
    children = Children(modules, IDLE_SECONDS if is_small() else None)
    warming = None if is_small() else asyncio.create_task(children.warm())
    kept = Kept(settings.payment_days, settings.max_payments)
    lent = Surroundings(engine, children, settings.job_seconds, job_memory_mb(settings), kept)
    try:
        while not stopping.is_set():
            await _until_lost_or_stopped(lent, job_count(settings), stopping)
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), PAUSE_SECONDS)
    finally:
        if warming is not None:
            await asyncio.wait((warming,))
        await children.close()


async def _until_signalled(settings: Settings, engine: Engine, modules: Sequence[str]) -> None:
    stopping, loop = asyncio.Event(), asyncio.get_running_loop()
    _on_signals(lambda *_: loop.call_soon_threadsafe(_stop, loop, stopping))
    LOGGER.info("worker starts", extra={"fields": {"jobs": job_count(settings), "mb": job_memory_mb(settings)}})
    await work(settings, engine, stopping, modules)
    LOGGER.info("worker ends")
    _on_signals(signal.SIG_IGN)


def _stop(loop: asyncio.AbstractEventLoop, stopping: asyncio.Event) -> None:
    if not stopping.is_set():
        loop.call_later(LAST_SECONDS, os._exit, 1)
    stopping.set()


async def _until_lost_or_stopped(lent: Surroundings, concurrency: int, stopping: asyncio.Event) -> None:
    working = asyncio.create_task(_run(lent, concurrency))
    asked = asyncio.create_task(stopping.wait())
    await asyncio.wait((working, asked), return_when=asyncio.FIRST_COMPLETED)
    asked.cancel()
    working.cancel()  # once: procrastinate lets the running jobs finish
    try:
        await working
    except asyncio.CancelledError:
        return
    except LOST as error:
        LOGGER.warning("no database", extra={"fields": {"error": type(error).__name__}})


async def _run(lent: Surroundings, concurrency: int) -> None:
    with QUEUE.replace_connector(connector_of(lent.engine)) as queue:
        async with queue.open_async():
            house = asyncio.create_task(keep_house(lent.engine, queue.job_manager, lent.kept))
            try:
                await queue.run_worker_async(
                    concurrency=concurrency,
                    install_signal_handlers=False,
                    shutdown_graceful_timeout=GRACE_SECONDS,
                    fetch_job_polling_interval=POLL_SECONDS,
                    abort_job_polling_interval=POLL_SECONDS,
                    update_heartbeat_interval=BEAT_SECONDS,
                    stalled_worker_timeout=STALLED_SECONDS,
                    additional_context={"lent": lent},
                )
            finally:
                house.cancel()
                with suppress(asyncio.CancelledError, *LOST):
                    await house


def _on_signals(handler: Callable[[int, FrameType | None], object] | signal.Handlers) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, handler)


if __name__ == "__main__":
    main()
