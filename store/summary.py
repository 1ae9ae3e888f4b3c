"""What a table holds: its columns' ranges and gaps, and a fingerprint that goes on when rows are added."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from psycopg2.sql import SQL, Composable, Composed, Identifier, Literal

from store.columns import ROW, ColumnInfo
from store.copy_text import Chain


def behind(last: int) -> Composed:
    """The condition of the rows that were added after the row `last`."""
    return SQL("{} > {}").format(Identifier(ROW), Literal(last))


def summarised(
    cursor: Any, table: Composable, columns: Sequence[ColumnInfo], condition: Composable, *, afresh: bool
) -> tuple[int, tuple[ColumnInfo, ...]]:
    """Count the rows that a condition picks, and tell what is in their columns.

    afresh: of these rows alone; else what is known is brought up to date with them, and the numbers of different texts
    are forgotten.
    """
    cursor.execute(_query(table, columns, condition, afresh))
    rows, present, lowest, highest, distinct = cursor.fetchone()
    ranges, counts = iter(zip(lowest, highest, strict=True)), iter(distinct)
    told = []
    for column, here in zip(columns, present, strict=True):
        known = replace(column, missing=0, min=None, max=None, distinct=None) if afresh else column
        known = replace(known, missing=known.missing + rows - here)
        if column.type == "number":
            low, high = next(ranges)
            known = replace(known, min=_of(min, known.min, low), max=_of(max, known.max, high))
        elif rows or afresh:
            known = replace(known, distinct=next(counts) if afresh else None)
        told.append(known)
    return rows, tuple(told)


def counted(cursor: Any, table: Identifier, columns: Sequence[ColumnInfo], rows: int) -> tuple[ColumnInfo, ...]:
    """Count the different values of the columns where that is not known, among the first `rows`."""
    unknown = [column for column in columns if column.type != "number" and column.distinct is None]
    query = SQL("SELECT ARRAY[{}] FROM {} WHERE {} <= {}")
    cursor.execute(query.format(_each("count(DISTINCT {})", unknown), table, Identifier(ROW), Literal(rows)))
    known = dict(zip((column.name for column in unknown), cursor.fetchone()[0], strict=True))
    return tuple(replace(column, distinct=known.get(column.name, column.distinct)) for column in columns)


def beginning(columns: Sequence[ColumnInfo]) -> str:
    """The fingerprint of no rows: names and types."""
    chain = Chain("")
    chain.write(json.dumps([(column.name, column.type) for column in columns]).encode())
    return chain.fingerprint


def chained(cursor: Any, table: Identifier, columns: Sequence[ColumnInfo], last: int, fingerprint: str) -> str:
    """Go on with a fingerprint over the rows behind `last`."""
    chain = Chain(fingerprint)
    query = SQL("COPY (SELECT {} FROM {} WHERE {} ORDER BY {}) TO STDOUT")
    cursor.copy_expert(query.format(_each("{}", columns), table, behind(last), Identifier(ROW)), chain)
    return chain.fingerprint


def _query(table: Composable, columns: Sequence[ColumnInfo], condition: Composable, afresh: bool) -> Composed:
    numbers = [column for column in columns if column.type == "number"]
    others = [column for column in columns if column.type != "number"] if afresh else []
    query = SQL(
        "SELECT count(*), ARRAY[{present}]::bigint[], ARRAY[{lowest}]::float8[], ARRAY[{highest}]::float8[],"
        " ARRAY[{distinct}]::bigint[] FROM {table} WHERE {condition}"
    )
    return query.format(
        present=_each("count({})", columns),
        lowest=_each("min({})", numbers),
        highest=_each("max({})", numbers),
        distinct=_each("count(DISTINCT {})", others),
        table=table,
        condition=condition,
    )


def _each(expression: str, columns: Sequence[ColumnInfo]) -> Composed:
    return SQL(", ").join(SQL(expression).format(Identifier(column.physical)) for column in columns)


def _of(pick: Callable[[float, float], float], known: float | None, new: float | None) -> float | None:
    return pick(known, new) if known is not None and new is not None else new if known is None else known
