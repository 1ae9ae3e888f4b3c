"""A child process: one attempt at one job, within limits of time and memory. It tells how far it is in JSON lines over a pipe."""

from __future__ import annotations

import ctypes
import json
import math
import os
import resource
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine

from config import Settings
from errors import StoreUnavailable
from jobs.logs import LOGGER
from jobs.reasons import passes, reason_of
from jobs.task import Context, Done, Task, limits_of
from science.deadline import Deadline
from store import jobs
from store.engine import reading, writing

LINE_CHARACTERS = 400  # of a line of the log
LINES = 500  # of one attempt; of more, the last lines are not told
PAUSE_SECONDS = 0.2  # between two reports of progress
KEEPING_SECONDS = 60.0  # how long a computed result waits for a database that is away
CPU_SLACK_SECONDS = 30  # beyond the deadline on every core: only whoever is not stopped from outside comes here
PARENT_DIED = 1  # PR_SET_PDEATHSIG of Linux
MEGABYTE = 1 << 20
LAST_WORDS = 64 * MEGABYTE  # to tell that the memory is used up


@dataclass(frozen=True)
class Order:
    """What a child is told: which attempt at which job, and its limits."""

    job: str
    attempt: int
    seconds: float
    memory_mb: int


class Superseded(Exception):
    """Another attempt has taken over, or the job was cancelled: nothing of this one counts any more."""


class Reporter:
    """The child's end of the pipe. What it said goes into the job's end, too: the worker may not have written all by then."""

    def __init__(self, pipe: int) -> None:
        self._pipe, self._last = pipe, -math.inf
        self.lines: list[str] = []

    def __call__(self, progress: float | None = None, line: str | None = None) -> None:
        """Tell progress, not too often, and a line."""
        told: dict[str, Any] = {}
        if progress is not None and time.monotonic() - self._last > PAUSE_SECONDS:
            told["progress"], self._last = min(max(float(progress), 0.0), 1.0), time.monotonic()
        if line is not None and len(self.lines) < LINES:
            told["line"] = line.replace("\x00", "")[:LINE_CHARACTERS]
            self.lines.append(told["line"])
        if told:
            self.send(told)

    def send(self, told: Mapping[str, object]) -> None:
        os.write(self._pipe, json.dumps(told).encode() + b"\n")


def attempt(order: Order, pipe: int, parent: int, settings: Settings, engine: Engine, tasks: Mapping[str, Task]) -> None:
    """Do the job, end it, and tell how it went: {"done": true}, {"superseded": true}, or {"reason": ..., "again": ...}.

    First of all it tells {"loaded": kilobytes}, what the fork brought along.

    parent: the process that forked this one; when it dies, this one does. engine: without a connection, which is not shared.
    """
    started, report = time.monotonic(), Reporter(pipe)
    try:
        confine(order, parent)
        report.send({"loaded": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss})
        _work(order, report, settings, engine, tasks, Deadline(started + order.seconds, time.monotonic))
        report.send({"done": True})
    except Superseded:
        report.send({"superseded": True})
    except Exception as error:
        _make_room()
        _log(order, error)
        reason = reason_of(error, seconds=order.seconds, memory_mb=order.memory_mb)
        report.send({"reason": reason, "again": passes(error)})


def confine(order: Order, parent: int) -> None:
    """Set the limits of this process, and make it the first to go when the machine runs out of memory.

    Memory is limited by RLIMIT_DATA, which counts what can be written, on top of what the fork brought along: RLIMIT_AS
    would count libraries and reservations that are never touched, of which TensorFlow alone has gigabytes.
    """
    with_libraries = _written_memory()
    most = with_libraries + order.memory_mb * MEGABYTE
    resource.setrlimit(resource.RLIMIT_DATA, (most, most + LAST_WORDS))
    processor = math.ceil(order.seconds * (os.cpu_count() or 1)) + CPU_SLACK_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (processor, processor + CPU_SLACK_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PARENT_DIED, signal.SIGKILL)
        if os.getppid() != parent:
            raise Superseded  # it died before it could be noticed
        Path("/proc/self/oom_score_adj").write_text("1000")


def _make_room() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def _written_memory() -> int:
    """Count the bytes that count for RLIMIT_DATA now."""
    status = Path("/proc/self/status")
    if not status.exists():
        return 512 * MEGABYTE  # no such count elsewhere: what a warm process holds at most
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmData:"))
    return int(line.split()[1]) * 1024


def _work(
    order: Order, report: Reporter, settings: Settings, engine: Engine, tasks: Mapping[str, Task], deadline: Deadline
) -> None:
    try:
        with reading(engine) as connection:
            work = jobs.work_of(connection, order.job, order.attempt)
        if work is None:
            raise Superseded
        context = Context(
            job=order.job,
            attempt=order.attempt,
            site_id=work.site_id,
            data=work.data,
            settings=settings,
            limits=limits_of(settings),
            engine=engine,
            deadline=deadline,
            report=report,
        )
        done = tasks[work.task](work.payload, context)
        _keep(done, (*work.log, *report.lines), context)
    finally:
        engine.dispose()


def _keep(done: Done, log: Sequence[str], context: Context) -> None:
    """End the job in one transaction with what the task keeps; when the database goes away, wait and try again."""
    give_up = time.monotonic() + KEEPING_SECONDS
    while True:
        try:
            with writing(context.engine) as connection:
                _settle(connection, done, log, context)
            return
        except StoreUnavailable:
            if time.monotonic() > give_up:
                raise
            time.sleep(PAUSE_SECONDS)


def _settle(connection: Connection, done: Done, log: Sequence[str], context: Context) -> None:
    state = jobs.hold(connection, context.job, context.attempt)
    if state == "succeeded":
        return  # by us: a commit whose answer was lost
    if state != "running":
        raise Superseded
    done.keep(connection)
    jobs.succeed(connection, context.job, done.result, log)


def _log(order: Order, error: Exception) -> None:
    LOGGER.warning(
        "job failed",
        exc_info=error,
        extra={"fields": {"job": order.job, "attempt": order.attempt}},
    )
