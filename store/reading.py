"""Reading a dataset as it was when it was found, whatever is appended meanwhile."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import psycopg2.errors
from psycopg2.sql import SQL, Composed, Identifier, Literal
from sqlalchemy import Connection

from errors import Conflict
from store import catalog, registered, summary
from store.catalog import DatasetInfo, table_of
from store.columns import ROW
from store.copy_text import Decoder
from store.copying import COPIED, SPELLED, Copying
from store.driver import cursor_of


def load(connection: Connection, info: DatasetInfo, *, after: int = 0, limit: int | None = None) -> dict[str, list[Any]]:
    """Read the rows behind the first `after`, all or `limit` of them, as lists by column name, in order; None where missing.

    Raises Conflict when the dataset was replaced or removed after `info` was found; rows appended since are not read.
    """
    decoder = Decoder([column.type for column in info.columns])
    _copied(connection, info, COPIED, decoder, after, limit)
    columns = decoder.columns()
    if info.source is None and not columns[0] and limit != 0 and after < info.rows:
        raise _replaced(info)
    return {column.name: values for column, values in zip(info.columns, columns, strict=True)}


def write_csv(connection: Connection, info: DatasetInfo, file: Any, *, after: int = 0, limit: int | None = None) -> None:
    """Write rows to a file as CSV, without the line of names: as Postgres writes it, in constant memory. Raises as load."""
    begun = file.tell()
    _copied(connection, info, SPELLED, file, after, limit)
    if info.source is None and file.tell() == begun and limit != 0 and after < info.rows:
        raise _replaced(info)


def counted(connection: Connection, info: DatasetInfo) -> DatasetInfo:
    """Count the different values where an append left them unknown, and keep the counts; of a registered one, count all."""
    if info.source is not None:
        return registered.refreshed(connection, info)
    if all(c.type == "number" or c.distinct is not None for c in info.columns):
        return info
    try:
        with cursor_of(connection) as cursor:
            columns = summary.counted(cursor, table_of(info.site_id, info.name), info.columns, info.rows)
    except (psycopg2.errors.UndefinedTable, psycopg2.errors.UndefinedColumn):
        raise _replaced(info) from None
    told = replace(info, columns=columns)
    catalog.recount(connection, told)
    return told


def _copied(connection: Connection, info: DatasetInfo, copying: Copying, file: Any, after: int, limit: int | None) -> None:
    if info.source is not None:
        registered.copy(connection, info, copying, file, after, limit)
        return
    with cursor_of(connection) as cursor:
        try:
            cursor.copy_expert(copying.command.format(_reading(info, copying, after, limit)), file)
        except (psycopg2.errors.UndefinedTable, psycopg2.errors.UndefinedColumn):
            raise _replaced(info) from None


def _reading(info: DatasetInfo, copying: Copying, after: int, limit: int | None) -> Composed:
    """Select rows of `info` only if it has not been put anew since."""
    last = info.rows if limit is None else min(info.rows, after + limit)
    query = SQL(
        "SELECT {columns} FROM {table}"
        " WHERE EXISTS (SELECT FROM datasets WHERE id = {id} AND incarnation = {incarnation} AND name = {name})"
        " AND {row} > {after} AND {row} <= {last} ORDER BY {row}"
    )
    return query.format(
        columns=SQL(", ").join(copying.expression(column) for column in info.columns),
        table=table_of(info.site_id, info.name),
        id=Literal(info.id),
        name=Literal(info.name),
        incarnation=Literal(info.incarnation),
        row=Identifier(ROW),
        after=Literal(after),
        last=Literal(last),
    )


def _replaced(info: DatasetInfo) -> Conflict:
    return Conflict(f"the dataset {info.name} was replaced or removed while it was being read; ask again")
