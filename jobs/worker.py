"""`python -m jobs.worker`: run queued and periodic jobs until asked to stop.

Any number of SIGTERM and SIGINT counts as one: procrastinate's own second signal kills it and leaves its job `doing`.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

from procrastinate.exceptions import ConnectorException
from psycopg import OperationalError
from psycopg_pool import PoolTimeout
from sqlalchemy import Engine

from config import Settings
from errors import ConfigurationError
from jobs.queue import QUEUE, connector_of
from jobs.sweep import rescue_stalled
from store.engine import engine_of

LOGGER = logging.getLogger("lamplight.jobs")
GRACE_SECONDS = 8.0  # a running job has this long to finish once the worker is asked to stop
LAST_SECONDS = 9.5  # then the process goes, whatever still runs; the job is rescued by the next worker
PAUSE_SECONDS = 1.0  # between two attempts to reach Postgres
LOST = (ConnectorException, OperationalError, PoolTimeout)


class Lines(logging.Formatter):
    """Format a record as one JSON object, as the web process does."""

    def format(self, record: logging.LogRecord) -> str:
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + "+00:00"
        line = {"time": moment, "level": record.levelname.lower(), "event": record.getMessage()}
        return json.dumps(line | _crash(record) | getattr(record, "fields", {}))


def main() -> None:
    _log_to_stderr()
    try:
        settings = Settings.from_env(os.environ)
    except ConfigurationError as error:
        sys.exit(f"lamplight: {error}")
    asyncio.run(work(engine_of(settings)))


async def work(engine: Engine) -> None:
    """Run jobs until a signal asks to stop; when Postgres goes away, come back with it."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    _on_signals(lambda *_: loop.call_soon_threadsafe(stopping.set))
    LOGGER.info("worker starts")
    while not stopping.is_set():
        await _until_lost_or_stopped(engine, stopping)
        with suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), PAUSE_SECONDS)
    LOGGER.info("worker ends")
    _on_signals(signal.SIG_IGN)


async def _until_lost_or_stopped(engine: Engine, stopping: asyncio.Event) -> None:
    working = asyncio.create_task(_run(engine))
    asked = asyncio.create_task(stopping.wait())
    await asyncio.wait((working, asked), return_when=asyncio.FIRST_COMPLETED)
    if asked.done():
        asyncio.get_running_loop().call_later(LAST_SECONDS, os._exit, 1)
    asked.cancel()
    working.cancel()  # once: procrastinate lets the running job finish
    try:
        await working
    except asyncio.CancelledError:
        return
    except LOST as error:
        LOGGER.warning("no database", extra={"fields": {"error": type(error).__name__}})


async def _run(engine: Engine) -> None:
    with QUEUE.replace_connector(connector_of(engine)) as queue:
        async with queue.open_async():
            await rescue_stalled(queue.job_manager)
            await queue.run_worker_async(
                concurrency=1,
                install_signal_handlers=False,
                shutdown_graceful_timeout=GRACE_SECONDS,
                additional_context={"engine": engine},
            )


def _on_signals(handler: Callable[[int, FrameType | None], object] | signal.Handlers) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, handler)


def _crash(record: logging.LogRecord) -> dict[str, object]:
    """Tell an error by its type and the code's lines: its message may hold data."""
    if not record.exc_info or record.exc_info[0] is None:
        return {}
    frames = traceback.extract_tb(record.exc_info[2])[-12:]
    told = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    return {"error": record.exc_info[0].__name__, "frames": told}


def _log_to_stderr() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    LOGGER.setLevel(logging.INFO)
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)  # it warns at every attempt; we say once that there is no database


if __name__ == "__main__":
    main()
