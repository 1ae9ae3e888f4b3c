"""What a kind adds to a model's data before it is fitted: what became of its predictions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from sqlalchemy import Connection

from jobs.fraud import learned
from science.table import Table
from store.models import Model


class More(Protocol):
    """What is put into a model's data, and what the data are called with it in them."""

    def into(self, table: Table) -> Table: ...
    def named(self, fingerprint: str | None) -> str | None: ...


class Nothing:
    """What most kinds add."""

    def into(self, table: Table) -> Table:
        return table

    def named(self, fingerprint: str | None) -> str | None:
        return fingerprint


NOTHING = Nothing()
LEARNED: Mapping[str, Callable[[Connection, Model], More]] = {"fraud": learned}
