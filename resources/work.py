"""What a request asks for, and who asks: all that decides an answer and how it is told."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from math import inf
from typing import Annotated, Any

import orjson
from pydantic import Field

from kinds.kind import Computed, Kind
from resources.caller import Caller
from resources.service import Service
from resources.tables import Sent, Source
from science.deadline import Deadline
from science.limits import Limits
from science.version import ENGINE

SecondOpinionAsked = Annotated[
    bool, Field(description="Let statsmodels fit the same model, and tell how far its numbers are from ours. Becomes a job.")
]
SMALL = 5_000  # cells: a regression of them takes about a millisecond
ID_DIGITS = 40  # hexadecimal: 160 bits, so that an id cannot be guessed


@dataclass(frozen=True)
class Work:
    """What is asked: a question of its kind, and the tables it is about. Whatever decides the answer is in here."""

    kind: Kind
    asked: Any  # of kind.asks
    tables: Mapping[str, Source]

    @property
    def second_opinion(self) -> bool:
        """Whether statsmodels shall fit the same model, to compare."""
        return bool(getattr(self.asked, "second_opinion", False))

    @property
    def small(self) -> bool:
        """Whether the tables have few cells, all of them sent along."""
        sources = self.tables.values()
        return sum(map(_cells, sources)) <= SMALL

    @property
    def canonical(self) -> bytes:
        """One form for equal questions: what decides the answer, and the data's fingerprints."""
        data = {name: source.fingerprint for name, source in self.tables.items()}
        question = {"kind": self.kind.name, "asked": self.kind.decides(self.asked), "data": data, "engine": ENGINE}
        if self.second_opinion:
            question["second_opinion"] = True
        return orjson.dumps(question, option=orjson.OPT_SORT_KEYS | orjson.OPT_SERIALIZE_NUMPY)

    def compute(self, limits: Limits, deadline: Deadline) -> Computed:
        """Load the data and answer."""
        tables = {name: source.load() for name, source in self.tables.items()}
        return self.kind.answer(self.asked, tables, limits, deadline)


@dataclass(frozen=True)
class Asker:
    """Who asks of which service, how long the answer shall be kept (None: for ever), and in which format it is told."""

    caller: Caller
    service: Service
    ttl: timedelta | None
    format: str


def _cells(source: Source) -> float:
    return source.table.rows * len(source.table.columns) if isinstance(source, Sent) else inf


def id_of(work: Work, asker: Asker) -> str:
    """Name a question's answer: a keyed hash, so equal questions of one site share it and nobody can guess it."""
    message = str(asker.caller.site_id).encode() + b"\x00" + work.canonical
    return "res_" + hmac.digest(asker.service.settings.secret.encode(), message, "sha256").hex()[:ID_DIGITS]
