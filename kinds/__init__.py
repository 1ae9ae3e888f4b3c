"""The kinds of questions, each registered once: what can be asked, and how science answers it. They know no wire and no store."""

from __future__ import annotations

from collections.abc import Mapping

from kinds.kind import Kind
from kinds.mixed import MIXED
from kinds.regress import REGRESS

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in (REGRESS, MIXED)}
