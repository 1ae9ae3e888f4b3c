"""Tasks that go well or badly, for the tests of the worker."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from typing import Any

import numpy as np
from sqlalchemy import Connection

from errors import InvalidInput
from jobs.task import Context, Done, Task


def nap(payload: dict[str, Any], context: Context) -> Done:
    """Sleep, telling how far it is."""
    steps = int(payload.get("seconds", 0) * 20)
    for step in range(steps):
        context.report(step / steps, f"step {step}" if step % 10 == 0 else None)
        time.sleep(0.05)
    return Done("/results/res_nap")


def count(payload: dict[str, Any], context: Context) -> Done:
    """Leave one row in `counted` for each time that its effect is kept."""
    time.sleep(payload.get("seconds", 0))

    def keep(connection: Connection) -> None:
        connection.exec_driver_sql("INSERT INTO counted (job) VALUES (%(job)s)", {"job": context.job})

    return Done(None, keep)


def poison(payload: dict[str, Any], context: Context) -> Done:
    """Die, as C code does that writes where it must not; with `after`, only before that attempt."""
    context.report(line=f"attempt {context.attempt}")
    if context.attempt <= payload.get("until", 1_000):
        os.kill(os.getpid(), signal.SIGSEGV)
    return Done()


def endless(payload: dict[str, Any], context: Context) -> Done:
    """Never end; a task that does not look at the deadline either."""
    while True:
        time.sleep(0.01)


def patient(payload: dict[str, Any], context: Context) -> Done:
    """Never end, but look at the deadline, as the kernels do."""
    while True:
        context.deadline.check()
        time.sleep(0.01)


def hungry(payload: dict[str, Any], context: Context) -> Done:
    """Take memory without end."""
    eaten = []
    while True:
        eaten.append(np.ones(1_000_000))


def wrong(payload: dict[str, Any], context: Context) -> Done:
    """Refuse what was asked."""
    raise InvalidInput("there is no column speeed; did you mean speed?", field="formula")


def buggy(payload: dict[str, Any], context: Context) -> Done:
    """Meet an error that nobody foresaw, whose message holds data."""
    raise KeyError("Zanzibar")


def data(payload: dict[str, Any], context: Context) -> Done:
    """Tell in its log what came with it."""
    context.report(line=f"{len(context.data or b'')} bytes")
    return Done()


def untidy(payload: dict[str, Any], context: Context) -> Done:
    """Leave a file behind, as TensorFlow does, and say which."""
    file, name = tempfile.mkstemp()
    os.close(file)
    context.report(line=name)
    return Done()


TASKS: dict[str, Task] = {
    task.__name__: task for task in (nap, count, poison, endless, patient, hungry, wrong, buggy, data, untidy)
}
