"""The task that answers a dear question."""

from __future__ import annotations

from jobs.task import Task

TASKS: dict[str, Task] = {}
