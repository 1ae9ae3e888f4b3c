"""What a task is: a function of its payload and its surroundings that computes, and then says what there is to keep."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Connection, Engine

from config import Settings
from science.deadline import Deadline
from science.limits import Limits

TASK_MODULES = ("jobs.answer", "jobs.refitting")  # each has TASKS, its tasks by name; a warm process imports them before it forks


class Report(Protocol):
    """Tells how far a job is: a fraction from 0 to 1, a line for its log, or both."""

    def __call__(self, progress: float | None = None, line: str | None = None) -> None: ...


def _nothing(connection: Connection) -> None:
    """Keep nothing."""


@dataclass(frozen=True)
class Done:
    """What a task came to: where its result can be read, and how it is kept.

    `keep` is called in the one transaction that also ends the job, and only if the job is still this attempt's to end. So its
    effects are there once, even if the task runs twice. It may be called again when Postgres goes away meanwhile.
    """

    result: str | None = None
    keep: Callable[[Connection], object] = _nothing


@dataclass(frozen=True)
class Context:
    """What a task may use. The engine is the child's own, with one connection; no transaction is open while it computes."""

    job: str
    attempt: int  # 1 for the first
    site_id: int
    data: bytes | None
    settings: Settings
    limits: Limits
    engine: Engine
    deadline: Deadline
    report: Report


Task = Callable[[dict[str, Any], Context], Done]


def limits_of(settings: Settings) -> Limits:
    """Take the limits out of the settings."""
    return Limits(**{name: getattr(settings, name) for name in Limits.__dataclass_fields__})
