"""One statement straight through psycopg2, for the few that every request runs.

SQLAlchemy's own execution adds about 60 µs to a round trip of 20; this adds two. The connection, its pool and its
transaction stay SQLAlchemy's. Parameters are psycopg2's: %(name)s.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection


def row(connection: Connection, statement: str, parameters: Mapping[str, object]) -> tuple[Any, ...] | None:
    """Run a statement and return its first row, or None."""
    with cursor_of(connection) as cursor:
        cursor.execute(statement, parameters)
        first: tuple[Any, ...] | None = cursor.fetchone()
    return first


def execute(connection: Connection, statement: str, parameters: Mapping[str, object]) -> int:
    """Run a statement and return how many rows it touched."""
    with cursor_of(connection) as cursor:
        cursor.execute(statement, parameters)
        touched: int = cursor.rowcount
    return touched


def cursor_of(connection: Connection) -> Any:
    """Open psycopg2's cursor, a context manager: for COPY, and for names that psycopg2.sql quotes."""
    return connection.connection.cursor()
