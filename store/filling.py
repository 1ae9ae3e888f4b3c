"""How rows get into a table: COPY, the rules, a summary and a fingerprint. Whoever opened the transaction ends it."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import psycopg2.errors
from psycopg2.sql import SQL, Composable, Composed, Identifier, Literal

from errors import InvalidInput
from store.columns import ROW, SQL_TYPES, ColumnInfo, Type, physical_names
from store.copy_text import Chain, Encoder
from store.joining import Joined, ambiguous, pairing
from store.masking import with_keys
from store.rows import Chunk, Rows
from store.rules import Rules


@dataclass(frozen=True)
class Filling:
    """What it takes to fill a table: its columns (the sent ones first), the rules, the joined dataset, the hash for keys."""

    columns: tuple[ColumnInfo, ...]
    rules: Rules
    joined: Joined | None
    key: Callable[[str], str]

    @property
    def sent(self) -> tuple[ColumnInfo, ...]:
        return self.columns[: len(self.columns) - len(self.joined.columns)] if self.joined else self.columns

    @property
    def physical(self) -> list[Identifier]:
        """The columns in Postgres that are sent: those of the caller, then the keys of the masked ones."""
        keys = [column.key for column in self.sent if column.key]
        return [Identifier(name) for name in (*(column.physical for column in self.sent), *keys)]

    @property
    def types(self) -> list[Type]:
        keys: list[Type] = ["text" for column in self.sent if column.key]
        return [*(column.type for column in self.sent), *keys]


def columns_of(types: Mapping[str, Type], rules: Rules, joined: Joined | None) -> tuple[ColumnInfo, ...]:
    """Lay out the columns of a new table: those sent in order, then the joined ones."""
    everyone = {**types, **({column.name: column.type for column in joined.columns} if joined else {})}
    physical = dict(zip(everyone, physical_names(list(everyone)), strict=True))
    keys = physical_names([*physical.values(), *(_key_of(name, everyone) for name in rules.mask)])[len(everyone) :]
    keyed = dict(zip(rules.mask, keys, strict=True))
    return tuple(ColumnInfo(name, type, physical[name], missing=0, key=keyed.get(name)) for name, type in everyone.items())


def create(cursor: Any, table: Identifier, columns: Sequence[ColumnInfo]) -> None:
    """Make an empty table. Raises InvalidInput for rows wider than Postgres can hold."""
    definitions = [_definition(column.physical, column.type) for column in columns]
    definitions += [_definition(column.key, "text") for column in columns if column.key]
    query = SQL("CREATE TABLE {} ({} bigint PRIMARY KEY, {})")
    try:
        cursor.execute(query.format(table, Identifier(ROW), SQL(", ").join(definitions)))
    except psycopg2.errors.TooManyColumns:
        raise _too_wide(columns) from None


def fill(cursor: Any, table: Identifier, filling: Filling, rows: Rows, last: int) -> int:
    """Add rows behind the last one, and give how many there are then. Raises InvalidInput."""
    if not filling.rules.alter_rows:
        _copy(cursor, table, filling, _chunks(rows, filling), last + 1)
        return last + rows.count
    sent = Identifier(f"~sent{secrets.token_hex(8)}")
    cursor.execute(SQL("CREATE TEMP TABLE {} ({} bigint, {})").format(sent, Identifier(ROW), _sent_definitions(filling)))
    _copy(cursor, sent, filling, _chunks(rows, filling), 1)
    _refuse_ambiguous(cursor, filling, sent)
    try:
        cursor.execute(_moving(table, filling, sent, last))
    except psycopg2.errors.ProgramLimitExceeded:
        raise _too_wide(filling.columns) from None
    added: int = cursor.rowcount
    cursor.execute(SQL("DROP TABLE {}").format(sent))
    return last + added


def summarised(cursor: Any, table: Identifier, columns: Sequence[ColumnInfo], last: int) -> tuple[ColumnInfo, ...]:
    """Bring what is known of the columns up to date with the rows behind `last`. Different texts are counted of a new table."""
    cursor.execute(_summary(table, columns, last))
    (rows, present, lowest, highest, distinct) = cursor.fetchone()
    ranges, counts = iter(zip(lowest, highest, strict=True)), iter(distinct)
    told = []
    for column, here in zip(columns, present, strict=True):
        missing = column.missing + rows - here
        if column.type == "number":
            low, high = next(ranges)
            told.append(replace(column, missing=missing, min=_of(min, column.min, low), max=_of(max, column.max, high)))
        else:
            told.append(
                replace(column, missing=missing, distinct=next(counts) if last == 0 else None if rows else column.distinct)
            )
    return tuple(told)


def counted(cursor: Any, table: Identifier, columns: Sequence[ColumnInfo], rows: int) -> tuple[ColumnInfo, ...]:
    """Count the different values of the columns where that is not known, among the first `rows`."""
    unknown = [column for column in columns if column.type != "number" and column.distinct is None]
    counts = SQL(", ").join(SQL("count(DISTINCT {})").format(Identifier(column.physical)) for column in unknown)
    query = SQL("SELECT ARRAY[{}] FROM {} WHERE {} <= {}")
    cursor.execute(query.format(counts, table, Identifier(ROW), Literal(rows)))
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
    query = SQL("COPY (SELECT {} FROM {} WHERE {row} > {} ORDER BY {row}) TO STDOUT")
    names = SQL(", ").join(Identifier(column.physical) for column in columns)
    cursor.copy_expert(query.format(names, table, Literal(last), row=Identifier(ROW)), chain)
    return chain.fingerprint


def _definition(name: str, type: Type) -> Composed:
    return SQL("{} {}").format(Identifier(name), SQL(SQL_TYPES[type]))


def _sent_definitions(filling: Filling) -> Composed:
    pairs = zip(filling.physical, filling.types, strict=True)
    return SQL(", ").join(SQL("{} {}").format(name, SQL(SQL_TYPES[type])) for name, type in pairs)


def _key_of(name: str, names: Mapping[str, object]) -> str:
    key = f"{name}~key"
    while key in names:
        key += "~"
    return key


def _chunks(rows: Rows, filling: Filling) -> Iterator[Chunk]:
    chosen = rows.select([column.name for column in filling.sent])
    return with_keys(chosen, dict(filling.rules.mask), filling.key) if filling.rules.mask else chosen.chunks()


def _copy(cursor: Any, table: Identifier, filling: Filling, chunks: Iterator[Chunk], first: int) -> None:
    names = SQL(", ").join((Identifier(ROW), *filling.physical))
    try:
        cursor.copy_expert(SQL("COPY {} ({}) FROM STDIN").format(table, names), Encoder(filling.types, chunks, first))
    except psycopg2.errors.ProgramLimitExceeded:
        raise _too_wide(filling.columns) from None


def _refuse_ambiguous(cursor: Any, filling: Filling, sent: Identifier) -> None:
    if filling.joined is None:
        return
    cursor.execute(ambiguous(filling.joined, sent, _own_key(filling)))
    if cursor.fetchone()[0]:
        detail = "the other dataset has rows with the same value in this column; a join needs each value there once"
        raise InvalidInput(detail, field="join.on")


def _moving(table: Identifier, filling: Filling, sent: Identifier, last: int) -> Composed:
    """Insert what was sent as the rules leave it, numbered on, in the order it was sent."""
    query = SQL(
        "INSERT INTO {table} ({row}, {names}) SELECT {last} + row_number() OVER (ORDER BY s.{row}), {values}"
        " FROM {sent} AS s{pairing} WHERE {conditions} ORDER BY s.{row}"
    )
    joined = filling.joined.columns if filling.joined else ()
    added = filling.columns[len(filling.columns) - len(joined) :]
    keys = [Identifier(column.key) for column in filling.sent if column.key]
    values = [
        *(_filled(filling, column.name, place) for column, place in _places(filling)),
        *(SQL("s.{}").format(key) for key in keys),
    ]
    return query.format(
        table=table,
        row=Identifier(ROW),
        names=SQL(", ").join(
            [*(Identifier(column.physical) for column in (*filling.sent, *added)), *keys],
        ),
        last=Literal(last),
        values=SQL(", ").join(values),
        sent=sent,
        pairing=_pairing(filling),
        conditions=SQL(" AND ").join(_conditions(filling)),
    )


def _places(filling: Filling) -> list[tuple[ColumnInfo, Composed]]:
    """Where the value of each column stands: in s, what was sent, or in o, the joined dataset."""
    own = [(column, SQL("s.{}").format(Identifier(column.physical))) for column in filling.sent]
    if filling.joined is None:
        return own
    added = filling.columns[len(own) :]
    theirs = [SQL("o.{}").format(Identifier(column.physical)) for column in filling.joined.columns]
    return [*own, *zip(added, theirs, strict=True)]


def _filled(filling: Filling, name: str, place: Composed) -> Composable:
    if name not in filling.rules.fill:
        return place
    return SQL("coalesce({}, {})").format(place, Literal(filling.rules.fill[name]))


def _pairing(filling: Filling) -> Composable:
    if filling.joined is None or filling.rules.join is None:
        return SQL("")
    return pairing(filling.joined, filling.rules.join.how, _own_key(filling))


def _own_key(filling: Filling) -> str:
    join = filling.rules.join
    column = next(column for column in filling.sent if join is not None and column.name == join.on)
    return column.key or column.physical


def _conditions(filling: Filling) -> list[Composable]:
    places = {column.name: place for column, place in _places(filling)}
    present = [SQL("{} IS NOT NULL").format(places[name]) for name in filling.rules.drop_null]
    alike = [SQL("{} LIKE {} ESCAPE ''").format(places[name], Literal(rule.like)) for name, rule in filling.rules.where.items()]
    return [SQL("true"), *present, *alike]


def _summary(table: Identifier, columns: Sequence[ColumnInfo], last: int) -> Composed:
    numbers = [Identifier(column.physical) for column in columns if column.type == "number"]
    others = [Identifier(column.physical) for column in columns if column.type != "number"]
    counts = SQL("count(DISTINCT {})") if last == 0 else SQL("count({})")  # the latter is not told
    query = SQL(
        "SELECT count(*), ARRAY[{present}]::bigint[], ARRAY[{lowest}]::float8[], ARRAY[{highest}]::float8[],"
        " ARRAY[{distinct}]::bigint[] FROM {table} WHERE {row} > {last}"
    )
    return query.format(
        present=SQL(", ").join(SQL("count({})").format(Identifier(column.physical)) for column in columns),
        lowest=SQL(", ").join(SQL("min({})").format(name) for name in numbers),
        highest=SQL(", ").join(SQL("max({})").format(name) for name in numbers),
        distinct=SQL(", ").join(counts.format(name) for name in others),
        table=table,
        row=Identifier(ROW),
        last=Literal(last),
    )


def _of(pick: Callable[[float, float], float], known: float | None, new: float | None) -> float | None:
    return pick(known, new) if known is not None and new is not None else new if known is None else known


def _too_wide(columns: Sequence[ColumnInfo]) -> InvalidInput:
    detail = f"a row of these {len(columns)} columns is wider than the 8 kB Postgres can hold; store fewer columns"
    return InvalidInput(detail, field="data")
