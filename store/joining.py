"""Joining a dataset to another one: the other's columns, found by a value that both have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg2.errors
from psycopg2.sql import SQL, Composed, Identifier
from sqlalchemy import Connection

from errors import Conflict, InvalidInput
from store.catalog import DatasetInfo, find, table_of
from store.columns import ColumnInfo, Type
from store.rules import Join, Rules

COLUMNS = "SELECT columns FROM datasets WHERE site_id = %(site_id)s AND name = %(name)s AND source IS NULL"


@dataclass(frozen=True)
class Joined:
    """The other dataset, what of it is added, and the column in Postgres by which a row is found there."""

    info: DatasetInfo
    columns: tuple[ColumnInfo, ...]
    key: str

    @property
    def table(self) -> Identifier:
        return table_of(self.info.site_id, self.info.name)

    @property
    def used(self) -> set[tuple[str, Type, str, str | None]]:
        """What must still be there when it is joined: the columns that are added, and the one they are found by."""
        return _layout(c for c in self.info.columns if c in self.columns or (c.key or c.physical) == self.key)


def joined_by(connection: Connection, site_id: int, name: str, rules: Rules, types: Mapping[str, Type]) -> Joined | None:
    """Find what a dataset of this name is joined with; None when it is not. types: of its own columns.

    Raises InvalidInput naming the part of the rule that does not fit.
    """
    join = rules.join
    if join is None:
        return None
    other = find(connection, site_id, join.dataset)
    if other is None or (other.site_id == site_id and join.dataset == name):
        raise InvalidInput("there is no other dataset of this name to join with", field="join.dataset")
    if other.source is not None:
        raise InvalidInput("a registered dataset cannot be joined; join where it comes from", field="join.dataset")
    there = {column.name: column for column in other.columns}
    if join.on not in there:
        raise InvalidInput(f"{join.dataset} has no column {join.on}", field="join.on")
    return Joined(other, _added(join, there, types), _key(join, there[join.on], join.on in rules.mask, types))


def hold(cursor: Any, joined: Joined) -> None:
    """Keep the other dataset from being replaced until the transaction ends.

    Raises Conflict when it was removed, or replaced by one without the columns that were found.
    """
    try:
        cursor.execute(SQL("LOCK TABLE {} IN ACCESS SHARE MODE").format(joined.table))
    except psycopg2.errors.UndefinedTable:
        raise _replaced(joined) from None
    cursor.execute(COLUMNS, {"site_id": joined.info.site_id, "name": joined.info.name})
    found = cursor.fetchone()
    if found is None or not joined.used <= _layout(ColumnInfo(**column) for column in found[0]):
        raise _replaced(joined)


def pairing(joined: Joined, how: str, own_key: str) -> Composed:
    """The part of FROM that finds the partner: s is the dataset itself, o the other one."""
    query = SQL(" {how} JOIN {table} AS o ON s.{own} = o.{key}")
    words = SQL("LEFT" if how == "left" else "INNER")
    return query.format(how=words, table=joined.table, own=Identifier(own_key), key=Identifier(joined.key))


def ambiguous(joined: Joined, sent: Identifier, own_key: str) -> Composed:
    """Ask whether a row that was sent has two partners."""
    query = SQL(
        "SELECT EXISTS (SELECT FROM {table} AS o WHERE o.{key} IN (SELECT s.{own} FROM {sent} AS s)"
        " GROUP BY o.{key} HAVING count(*) > 1)"
    )
    return query.format(table=joined.table, key=Identifier(joined.key), own=Identifier(own_key), sent=sent)


def _added(join: Join, there: Mapping[str, ColumnInfo], types: Mapping[str, Type]) -> tuple[ColumnInfo, ...]:
    names: Sequence[str] = join.columns if join.columns is not None else [name for name in there if name != join.on]
    for place, name in enumerate(names):
        if name not in there:
            raise InvalidInput(f"{join.dataset} has no column {name}", field=f"/join/columns/{place}")
        if name in types or name in names[:place]:
            raise InvalidInput(f"there is a column {name} already; name the columns to add", field="join.columns")
    return tuple(there[name] for name in names)


def _key(join: Join, theirs: ColumnInfo, masked: bool, types: Mapping[str, Type]) -> str:
    if theirs.type != types[join.on]:
        detail = f"{join.on} is a {types[join.on]} here and a {theirs.type} in {join.dataset}; give it one type in both"
        raise InvalidInput(detail, field="join.on")
    if masked != (theirs.key is not None):
        here, where = ("here", f"not in {join.dataset}") if masked else (f"in {join.dataset}", "not here")
        raise InvalidInput(f"{join.on} is masked {here} and {where}; mask it in both", field="join.on")
    return theirs.key or theirs.physical


def _layout(columns: Iterable[ColumnInfo]) -> set[tuple[str, Type, str, str | None]]:
    return {(column.name, column.type, column.physical, column.key) for column in columns}


def _replaced(joined: Joined) -> Conflict:
    return Conflict(f"the dataset {joined.info.name} was replaced or removed while it was being joined; ask again")
