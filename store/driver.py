"""One statement straight through psycopg2, for the few that every request runs.

SQLAlchemy's own execution adds about 60 µs to a round trip of 20; this adds two. The connection, its pool and its
transaction stay SQLAlchemy's. Parameters are psycopg2's: %(name)s. A Prepared statement is parsed and planned once per
connection, which saves the server half of its work.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy.pool import PoolProxiedConnection

PARAMETER = re.compile(r"%\((\w+)\)s")


class Pooled(Protocol):
    """A connection of the pool: SQLAlchemy's, or a Driven."""

    @property
    def connection(self) -> PoolProxiedConnection: ...


@dataclass(frozen=True, slots=True)
class Driven:
    """A connection of the pool with nothing of SQLAlchemy's above it."""

    connection: PoolProxiedConnection


@dataclass(frozen=True)
class Prepared:
    """A statement that a connection learns at its first use. `first` teaches it, `again` runs it."""

    name: str
    first: str
    again: str


def prepared(name: str, statement: str) -> Prepared:
    """Make a statement with %(name)s parameters one that is prepared; each parameter's type must follow from its place."""
    parameters = list(dict.fromkeys(PARAMETER.findall(statement)))
    numbered = PARAMETER.sub(lambda found: f"${parameters.index(found[1]) + 1}", statement)
    given = ", ".join(f"%({parameter})s" for parameter in parameters)
    return Prepared(name, f"PREPARE {name} AS {numbered}", f"EXECUTE {name} ({given})")


def row(connection: Pooled, statement: str | Prepared, parameters: Mapping[str, object]) -> tuple[Any, ...] | None:
    """Run a statement and return its first row, or None."""
    with cursor_of(connection) as cursor:
        _run(connection, cursor, statement, parameters)
        first: tuple[Any, ...] | None = cursor.fetchone()
    return first


def execute(connection: Pooled, statement: str | Prepared, parameters: Mapping[str, object]) -> int:
    """Run a statement and return how many rows it touched."""
    with cursor_of(connection) as cursor:
        _run(connection, cursor, statement, parameters)
        touched: int = cursor.rowcount
    return touched


def cursor_of(connection: Pooled) -> Any:
    """Open psycopg2's cursor, a context manager: for COPY, and for names that psycopg2.sql quotes."""
    return connection.connection.dbapi_connection.cursor()  # type: ignore[union-attr]


def _run(connection: Pooled, cursor: Any, statement: str | Prepared, parameters: Mapping[str, object]) -> None:
    if isinstance(statement, str):
        cursor.execute(statement, parameters)
        return
    learned = connection.connection.info  # the pool's, forgotten with the connection itself
    if statement.name not in learned:
        cursor.execute(statement.first)
        learned[statement.name] = True
    cursor.execute(statement.again, parameters)
