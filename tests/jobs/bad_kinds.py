"""What a process imports that shall know the kinds of tests.jobs.kinds, too. Nothing else may import it: it changes KINDS."""

from __future__ import annotations

from typing import Any

from kinds import KINDS
from tests.jobs.kinds import BAD

KINDS.update(BAD)  # type: ignore[attr-defined]
TASKS: dict[str, Any] = {}
