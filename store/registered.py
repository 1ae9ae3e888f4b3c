"""Registered datasets: tables and views that belong to somebody else, read as they are, never written."""

from __future__ import annotations

from typing import Any

from psycopg2.sql import SQL
from sqlalchemy import Connection

from store.catalog import DatasetInfo, Source


def copy(
    connection: Connection, info: DatasetInfo, source: Source, command: SQL, file: Any, after: int, limit: int | None
) -> None:
    raise NotImplementedError
