"""How rows get into a table: by COPY, and through the rules if there are any. Whoever opened the transaction ends it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from typing import Any

import psycopg2.errors
from psycopg2.sql import SQL, Composed, Identifier

from errors import InvalidInput
from store.columns import ROW, SQL_TYPES, ColumnInfo, Type
from store.copy_text import Encoder
from store.intake import Intake
from store.joining import ambiguous, hold
from store.masking import with_keys
from store.moving import moving
from store.rows import Chunk, Rows


def create(cursor: Any, table: Identifier, columns: Sequence[ColumnInfo]) -> None:
    """Make an empty table. Raises InvalidInput for rows wider than Postgres can hold."""
    definitions = [_definition(Identifier(column.physical), column.type) for column in columns]
    definitions += [_definition(Identifier(column.key), "text") for column in columns if column.key]
    query = SQL("CREATE TABLE {} ({} bigint PRIMARY KEY, {})")
    try:
        cursor.execute(query.format(table, Identifier(ROW), SQL(", ").join(definitions)))
    except psycopg2.errors.TooManyColumns:
        raise _too_wide(columns) from None


def fill(cursor: Any, table: Identifier, intake: Intake, rows: Rows, last: int) -> int:
    """Add rows behind the last one, and give the number of the last one then. Raises InvalidInput, Conflict."""
    try:
        if not intake.rules.alter_rows:
            _copy(cursor, table, intake, rows, last + 1)
            return last + rows.count
        return last + _fill_by_rules(cursor, table, intake, rows, last)
    except psycopg2.errors.ProgramLimitExceeded:
        raise _too_wide(intake.columns) from None


def _fill_by_rules(cursor: Any, table: Identifier, intake: Intake, rows: Rows, last: int) -> int:
    sent = Identifier(f"~sent{secrets.token_hex(8)}")
    definitions = [_definition(name, type) for name, type in zip(intake.physical, intake.types, strict=True)]
    cursor.execute(SQL("CREATE TEMP TABLE {} ({} bigint, {})").format(sent, Identifier(ROW), SQL(", ").join(definitions)))
    _copy(cursor, sent, intake, rows, 1)
    _refuse_ambiguous(cursor, intake, sent)
    cursor.execute(moving(table, intake, sent, last))
    added: int = cursor.rowcount
    cursor.execute(SQL("DROP TABLE {}").format(sent))
    return added


def _definition(name: Identifier, type: Type) -> Composed:
    return SQL("{} {}").format(name, SQL(SQL_TYPES[type]))


def _copy(cursor: Any, table: Identifier, intake: Intake, rows: Rows, first: int) -> None:
    names = SQL(", ").join((Identifier(ROW), *intake.physical))
    lines = Encoder(intake.types, _chunks(rows, intake), first)
    cursor.copy_expert(SQL("COPY {} ({}) FROM STDIN").format(table, names), lines)


def _chunks(rows: Rows, intake: Intake) -> Iterator[Chunk]:
    chosen = rows.select([column.name for column in intake.sent])
    return with_keys(chosen, intake.rules.mask, intake.key) if intake.rules.mask else chosen.chunks()


def _refuse_ambiguous(cursor: Any, intake: Intake, sent: Identifier) -> None:
    if intake.joined is None:
        return
    hold(cursor, intake.joined)
    cursor.execute(ambiguous(intake.joined, sent, intake.own_key))
    if cursor.fetchone()[0]:
        detail = "the other dataset has rows with the same value in this column; a join needs each value there once"
        raise InvalidInput(detail, field="join.on")


def _too_wide(columns: Sequence[ColumnInfo]) -> InvalidInput:
    detail = f"a row of these {len(columns)} columns is wider than the 8 kB Postgres can hold; store fewer columns"
    return InvalidInput(detail, field="data")
