"""Kinds of models that go badly, for the tests of the nightly run: they are linear models otherwise."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import replace
from typing import Any

import numpy as np

from kinds import KINDS
from science.deadline import Deadline
from science.limits import Limits
from science.table import Table

REGRESS = KINDS["regress"]
assert REGRESS.model is not None
assert REGRESS.model.fit is not None
FIT = REGRESS.model.fit


def poison(asked: Any, table: Table, limits: Limits, deadline: Deadline) -> Any:
    """Die, as C code does that writes where it must not."""
    os.kill(os.getpid(), signal.SIGSEGV)


def endless(asked: Any, table: Table, limits: Limits, deadline: Deadline) -> Any:
    while True:
        time.sleep(0.01)


def slow(asked: Any, table: Table, limits: Limits, deadline: Deadline) -> Any:
    time.sleep(0.25)
    return FIT(asked, table, limits, deadline)


def infinite(asked: Any, table: Table, limits: Limits, deadline: Deadline) -> Any:
    """Fit, and lose a number."""
    fit = FIT(asked, table, limits, deadline)
    return replace(fit, estimate=np.where(np.arange(len(fit.estimate)) == 0, np.inf, fit.estimate))


def wrong(asked: Any, table: Table, limits: Limits, deadline: Deadline) -> Any:
    """Fit, and be far off, as after a change of units."""
    fit = FIT(asked, table, limits, deadline)
    return replace(fit, estimate=10 * fit.estimate)


BAD = {
    fit.__name__: replace(REGRESS, name=fit.__name__, model=replace(REGRESS.model, fit=fit))
    for fit in (poison, endless, slow, infinite, wrong)
}
