"""Datasets: each a real typed table in its site's schema, filled and read by COPY, so that psql can read it too."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import psycopg2.errors
from psycopg2.sql import SQL, Composed, Identifier, Literal
from sqlalchemy import Connection

from errors import Conflict, InvalidInput
from store.columns import SQL_TYPES, ColumnInfo, StoredColumn, described
from store.copy_text import Decoder, Encoder
from store.driver import cursor_of, row
from store.sites import SAMPLES, schema_of

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,62}")  # also the table's name: it fits Postgres' 63 bytes

FIELDS = "id, site_id, name, rows, columns, fingerprint, created_at"
FIND = f"""
SELECT {FIELDS} FROM datasets WHERE name = %(name)s AND site_id IN (%(site_id)s, {SAMPLES})
ORDER BY site_id = %(site_id)s DESC LIMIT 1
"""  # noqa: S608
LIST = f"""
SELECT DISTINCT ON (name COLLATE "C") {FIELDS} FROM datasets WHERE site_id IN (%(site_id)s, {SAMPLES})
ORDER BY name COLLATE "C", site_id = %(site_id)s DESC
"""  # noqa: S608
RECORD = f"""
INSERT INTO datasets (site_id, name, rows, columns, fingerprint)
VALUES (%(site_id)s, %(name)s, %(rows)s, %(columns)s, %(fingerprint)s)
ON CONFLICT (site_id, name) DO UPDATE SET
    rows = excluded.rows, columns = excluded.columns, fingerprint = excluded.fingerprint, created_at = now()
RETURNING {FIELDS}
"""  # noqa: S608
FORGET = "DELETE FROM datasets WHERE site_id = %(site_id)s AND name = %(name)s RETURNING id"


@dataclass(frozen=True)
class DatasetInfo:
    id: int
    site_id: int
    name: str
    rows: int
    columns: tuple[ColumnInfo, ...]
    fingerprint: str
    created_at: datetime


def save(
    connection: Connection, site_id: int, name: str, columns: Sequence[StoredColumn], rows: int, *, fingerprint: str
) -> DatasetInfo:
    """Store columns of `rows` values each, replacing a dataset of that name. Needs a transaction: store.engine.writing.

    Until it commits everybody else reads the old one. The fingerprint is the caller's SHA-256 of the data.
    Raises InvalidInput for a name that cannot be used and for rows wider than Postgres can hold.
    """
    if not NAME.fullmatch(name):
        detail = "a dataset's name is a letter and up to 62 letters, digits, _ and - after it"
        raise InvalidInput(detail, field="name")
    table, unfinished = _table(site_id, name), _table(site_id, f"~{secrets.token_hex(8)}")  # no dataset's name has a ~
    infos = described(columns)
    with cursor_of(connection) as cursor:
        _fill(cursor, unfinished, infos, Encoder(columns, rows))
        stored = json.dumps([asdict(info) for info in infos])
        values = {"site_id": site_id, "name": name, "rows": rows, "columns": stored, "fingerprint": fingerprint}
        cursor.execute(RECORD, values)  # whoever saves the same name at once waits here
        info = _info(cursor.fetchone())
        cursor.execute(SQL("DROP TABLE IF EXISTS {}").format(table))
        cursor.execute(SQL("ALTER TABLE {} RENAME TO {}").format(unfinished, Identifier(name)))
    return info


def find(connection: Connection, site_id: int | None, name: str) -> DatasetInfo | None:
    """Find a dataset of the site, or else a sample of that name; for no site only a sample."""
    found = row(connection, FIND, {"site_id": site_id, "name": name}) if NAME.fullmatch(name) else None
    return None if found is None else _info(found)


def load(connection: Connection, info: DatasetInfo, *, limit: int | None = None) -> dict[str, list[Any]]:
    """Read all rows, or the first ones, as lists by column name, in the order they were saved; None where missing.

    Raises Conflict when the dataset was replaced or removed after `info` was found.
    """
    decoder = Decoder([column.type for column in info.columns])
    with cursor_of(connection) as cursor:
        try:
            cursor.copy_expert(_reading(info, limit), decoder)
        except (psycopg2.errors.UndefinedTable, psycopg2.errors.UndefinedColumn):
            raise _replaced(info) from None
    columns = decoder.columns()
    if info.rows and limit != 0 and not columns[0]:
        raise _replaced(info)
    return {column.name: values for column, values in zip(info.columns, columns, strict=True)}


def list_(connection: Connection, site_id: int) -> list[DatasetInfo]:
    """List the site's datasets and the samples that it has not replaced by its own, by name."""
    with cursor_of(connection) as cursor:
        cursor.execute(LIST, {"site_id": site_id})
        return [_info(found) for found in cursor]


def remove(connection: Connection, site_id: int, name: str) -> bool:
    """Delete a dataset of the site itself. False when it has none of that name. Needs a transaction."""
    if not NAME.fullmatch(name) or row(connection, FORGET, {"site_id": site_id, "name": name}) is None:
        return False
    with cursor_of(connection) as cursor:
        cursor.execute(SQL("DROP TABLE {}").format(_table(site_id, name)))
    return True


def _table(site_id: int, name: str) -> Identifier:
    return Identifier(schema_of(site_id), name)


def _fill(cursor: Any, table: Identifier, infos: Sequence[ColumnInfo], lines: Encoder) -> None:
    definitions = [SQL("{} {}").format(Identifier(info.physical), SQL(SQL_TYPES[info.type])) for info in infos]
    try:
        cursor.execute(SQL("CREATE TABLE {} ({})").format(table, SQL(", ").join(definitions)))
        cursor.copy_expert(SQL("COPY {} FROM STDIN").format(table), lines)
    except (psycopg2.errors.TooManyColumns, psycopg2.errors.ProgramLimitExceeded):
        detail = f"a row of these {len(infos)} columns is wider than the 8 kB Postgres can hold; store fewer columns"
        raise InvalidInput(detail, field="data") from None


def _reading(info: DatasetInfo, limit: int | None) -> Composed:
    """Select the rows only if they are still those of `info`. Ordered by place: a table filled once keeps its order there."""
    query = SQL(
        "COPY (SELECT {columns} FROM {table} WHERE EXISTS (SELECT FROM datasets WHERE id = {id} AND fingerprint = {fingerprint})"
        " ORDER BY ctid LIMIT {limit}) TO STDOUT"
    )
    return query.format(
        columns=SQL(", ").join(Identifier(column.physical) for column in info.columns),
        table=_table(info.site_id, info.name),
        id=Literal(info.id),
        fingerprint=Literal(info.fingerprint),
        limit=Literal(limit),
    )


def _replaced(info: DatasetInfo) -> Conflict:
    return Conflict(f"the dataset {info.name} was replaced or removed while it was being read; ask again")


def _info(found: tuple[Any, ...]) -> DatasetInfo:
    id, site_id, name, rows, columns, fingerprint, created_at = found
    return DatasetInfo(id, site_id, name, rows, tuple(ColumnInfo(**column) for column in columns), fingerprint, created_at)
