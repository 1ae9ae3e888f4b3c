"""Registered datasets: tables and views that belong to somebody else, read as they are, never written.

Reading is one statement in a read-only transaction, under a role that may do nothing else where the server lets us make one.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import Any

import psycopg2.errors
from psycopg2.sql import SQL, Composed, Identifier, Literal
from sqlalchemy import Connection

from errors import Conflict, InvalidInput
from store import catalog
from store.catalog import DatasetInfo, Source
from store.columns import ColumnInfo, Type
from store.copying import Copying
from store.driver import cursor_of
from store.summary import summarised
from store.tables import metadata

ROLE = "lamplight_reader"
READ_SECONDS = 10
OWN_SCHEMAS = re.compile(r"pg_.*|information_schema|site_\d+")
OWN_TABLES = re.compile(r"procrastinate_.*|alembic_version|" + "|".join(metadata.tables))
NUMBERS = frozenset({"int2", "int4", "int8", "float4", "float8", "numeric"})

RELATION = """
SELECT c.oid FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = %(schema)s AND c.relname = %(table)s AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
"""
COLUMNS = """
SELECT a.attname, t.typname FROM pg_attribute AS a JOIN pg_type AS t ON t.oid = a.atttypid
WHERE a.attrelid = %(relation)s AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""
PRIMARY_KEY = """
SELECT a.attname FROM pg_index AS i CROSS JOIN unnest(i.indkey) WITH ORDINALITY AS k (attnum, place)
JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
WHERE i.indrelid = %(relation)s AND i.indisprimary ORDER BY k.place
"""
UNREADABLE = (  # as the table was changed, or its view does what it may not
    psycopg2.errors.UndefinedTable,
    psycopg2.errors.UndefinedColumn,
    psycopg2.errors.InvalidSchemaName,
    psycopg2.errors.InsufficientPrivilege,
    psycopg2.errors.ReadOnlySqlTransaction,
    psycopg2.errors.CannotCoerce,
    psycopg2.DataError,
)


def register(connection: Connection, site_id: int, name: str, schema: str, table: str, order: Sequence[str] = ()) -> DatasetInfo:
    """Let a site read a table or view as a dataset; registering again reads its columns anew. Needs a transaction.

    order: the columns by which rows are ordered; without it those of the primary key. Raises InvalidInput for what cannot
    be registered, Conflict for the name of a dataset that the site stored.
    """
    catalog.check_name(name)
    known = catalog.lock(connection, site_id, name)
    if known is not None and known.source is None:
        raise Conflict("the site has stored a dataset of this name; it has to be deleted first")
    with cursor_of(connection) as cursor:
        columns, key = _described(cursor, schema, table)
        source = Source(schema, table, _order(tuple(order) or key, columns), _reader(cursor, schema, table))
    values = {
        "site_id": site_id,
        "name": name,
        "rows": 0,
        "columns": catalog.stored(columns),
        "fingerprint": None,
        "incarnation": secrets.token_hex(16),
        "source": json.dumps(asdict(source)),
    }
    info = refreshed(connection, catalog.record(connection, values))
    catalog.settle(connection, info)
    return info


def unregister(connection: Connection, site_id: int, name: str) -> bool:
    """Forget a registered dataset; its table stays. False when the site has none of that name."""
    info = catalog.lock(connection, site_id, name)
    if info is None or info.source is None:
        return False
    catalog.forget(connection, info)
    return True


def refreshed(connection: Connection, info: DatasetInfo) -> DatasetInfo:
    """Count what the table holds now. Raises Conflict when it can no longer be read."""
    assert info.source is not None
    table = SQL("({}) AS registered").format(_rows(info, info.source))
    with _read_only(connection, info, info.source.role) as cursor:
        rows, columns = summarised(cursor, table, info.columns, SQL("true"), afresh=True)
    finite = tuple(replace(column, min=_finite(column.min), max=_finite(column.max)) for column in columns)
    return replace(info, rows=rows, columns=finite)


def copy(connection: Connection, info: DatasetInfo, copying: Copying, file: Any, after: int, limit: int | None) -> None:
    """Read rows into a file, in order. Raises Conflict when the table can no longer be read."""
    assert info.source is not None
    columns = SQL(", ").join(copying.expression(column) for column in info.columns)
    query = SQL("SELECT {} FROM ({} ORDER BY {} LIMIT {} OFFSET {}) AS registered").format(
        columns, _rows(info, info.source), _order_by(info.source), Literal(limit), Literal(after)
    )
    with _read_only(connection, info, info.source.role) as cursor:
        cursor.copy_expert(copying.command.format(query), file)


@contextmanager
def _read_only(connection: Connection, info: DatasetInfo, role: str | None) -> Iterator[Any]:
    """Open a cursor that can change nothing, in a transaction of its own or inside the one that is open."""
    driver: Any = connection.connection.dbapi_connection
    begin, end = ("BEGIN", "ROLLBACK") if driver.autocommit else ("SAVEPOINT registered", "ROLLBACK TO SAVEPOINT registered")
    with cursor_of(connection) as cursor:
        cursor.execute(begin)
        try:
            cursor.execute("SET LOCAL transaction_read_only = on")
            cursor.execute(f"SET LOCAL statement_timeout = '{READ_SECONDS}s'")
            if role is not None:
                cursor.execute(SQL("SET LOCAL ROLE {}").format(Identifier(role)))
            yield cursor
        except UNREADABLE:
            detail = (
                f"the table behind the dataset {info.name} has changed or cannot be read; the administrator can register it again"
            )
            raise Conflict(detail) from None
        finally:
            if not driver.closed:
                cursor.execute(end)


def _described(cursor: Any, schema: str, table: str) -> tuple[tuple[ColumnInfo, ...], tuple[str, ...]]:
    """The columns of a table or view, and those of its primary key."""
    if OWN_SCHEMAS.fullmatch(schema) or (schema == "public" and OWN_TABLES.fullmatch(table)):
        raise InvalidInput("this belongs to the server itself and is not to be registered", field="table")
    cursor.execute(RELATION, {"schema": schema, "table": table})
    found = cursor.fetchone()
    if found is None:
        raise InvalidInput("there is no such table or view; write it as schema.table", field="table")
    relation = {"relation": found[0]}
    cursor.execute(COLUMNS, relation)
    columns = tuple(ColumnInfo(name, _type(type), name, missing=0) for name, type in cursor.fetchall())
    if not columns:
        raise InvalidInput("the table has no columns", field="table")
    cursor.execute(PRIMARY_KEY, relation)
    return columns, tuple(name for (name,) in cursor.fetchall())


def _order(order: tuple[str, ...], columns: Sequence[ColumnInfo]) -> tuple[str, ...]:
    if not order:
        raise InvalidInput("it has no primary key; say by which columns its rows are ordered (--order-by)", field="order")
    for name in order:
        if name not in {column.name for column in columns}:
            raise InvalidInput(f"there is no column {name} to order by", field="order")
    return order


def _reader(cursor: Any, schema: str, table: str) -> str | None:
    """Let the reading role read the table; None where this server does not let us make or use one."""
    cursor.execute("SAVEPOINT role")
    try:
        cursor.execute("SELECT FROM pg_roles WHERE rolname = %(role)s", {"role": ROLE})
        if cursor.fetchone() is None:
            cursor.execute(SQL("CREATE ROLE {} NOLOGIN").format(Identifier(ROLE)))
        cursor.execute(SQL("GRANT {} TO CURRENT_USER").format(Identifier(ROLE)))
        cursor.execute(SQL("GRANT USAGE ON SCHEMA {} TO {}").format(Identifier(schema), Identifier(ROLE)))
        cursor.execute(SQL("GRANT SELECT ON {} TO {}").format(Identifier(schema, table), Identifier(ROLE)))
        cursor.execute(SQL("SET LOCAL ROLE {}").format(Identifier(ROLE)))
        cursor.execute("RESET ROLE")
    except (psycopg2.errors.InsufficientPrivilege, psycopg2.errors.FeatureNotSupported):
        cursor.execute("ROLLBACK TO SAVEPOINT role")
        return None
    return ROLE


def _rows(info: DatasetInfo, source: Source) -> Composed:
    """Select the columns as their types here, under their own names."""
    casts = {"number": SQL("::double precision"), "text": SQL("::text"), "boolean": SQL("")}
    columns = [
        SQL("{name}{cast} AS {name}").format(name=Identifier(column.physical), cast=casts[column.type]) for column in info.columns
    ]
    return SQL("SELECT {} FROM {}").format(SQL(", ").join(columns), Identifier(source.schema, source.table))


def _order_by(source: Source) -> Composed:
    """By the columns themselves, not as they are given away: a date not as its text."""
    table = Identifier(source.schema, source.table)
    return SQL(", ").join(SQL("{}.{}").format(table, Identifier(name)) for name in source.order)


def _type(name: str) -> Type:
    return "number" if name in NUMBERS else "boolean" if name == "bool" else "text"


def _finite(number: float | None) -> float | None:
    """A bound as JSON can tell it: there may be a NaN, or an infinity, in somebody else's table."""
    return number if number is not None and abs(number) < float("inf") else None
