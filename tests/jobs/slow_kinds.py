"""What a process imports in which linear models take a while to fit. Nothing else may import it: it changes KINDS."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from kinds import KINDS
from tests.jobs.kinds import BAD

KINDS["regress"] = replace(BAD["slow"], name="regress")  # type: ignore[index]
TASKS: dict[str, Any] = {}
