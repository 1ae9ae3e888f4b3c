"""What it takes to let rows into a table: its columns, the rules, the dataset it is joined with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from psycopg2.sql import SQL, Composed, Identifier

from store.columns import ColumnInfo, Type, physical_names
from store.joining import Joined
from store.rules import Rules


@dataclass(frozen=True)
class Intake:
    """The columns of a table (those that are sent come first, the joined ones last), and what is done on the way in.

    key: the hash by which masked texts are joined.
    """

    columns: tuple[ColumnInfo, ...]
    rules: Rules
    joined: Joined | None
    key: Callable[[str], str]

    @property
    def sent(self) -> tuple[ColumnInfo, ...]:
        return self.columns[: len(self.columns) - len(self.joined.columns)] if self.joined else self.columns

    @property
    def keyed(self) -> list[str]:
        """The columns in Postgres that hold keys of masked texts, which come with the sent ones."""
        return [column.key for column in self.sent if column.key]

    @property
    def physical(self) -> list[Identifier]:
        """The columns in Postgres that are copied into."""
        return [Identifier(name) for name in (*(column.physical for column in self.sent), *self.keyed)]

    @property
    def types(self) -> list[Type]:
        """The types of what is copied."""
        keys: list[Type] = ["text" for _ in self.keyed]
        return [*(column.type for column in self.sent), *keys]

    @property
    def places(self) -> dict[str, Composed]:
        """Where the value of each column stands: in s, what was sent, or in o, the joined dataset."""
        theirs = self.joined.columns if self.joined else ()
        own = {column.name: SQL("s.{}").format(Identifier(column.physical)) for column in self.sent}
        return own | {column.name: SQL("o.{}").format(Identifier(column.physical)) for column in theirs}

    @property
    def own_key(self) -> str:
        """The column in Postgres that is looked for in the joined dataset."""
        join = self.rules.join
        column = next(column for column in self.sent if join is not None and column.name == join.on)
        return column.key or column.physical


def columns_of(types: Mapping[str, Type], rules: Rules, joined: Joined | None) -> tuple[ColumnInfo, ...]:
    """Lay out the columns of a new table: those sent in order, then the joined ones."""
    everyone = {**types, **({column.name: column.type for column in joined.columns} if joined else {})}
    physical = dict(zip(everyone, physical_names(list(everyone)), strict=True))
    taken = list(physical.values())
    keys = physical_names([*taken, *(_key_of(name, taken) for name in rules.mask)])[len(taken) :]
    keyed = dict(zip(rules.mask, keys, strict=True))
    return tuple(ColumnInfo(name, type, physical[name], missing=0, key=keyed.get(name)) for name, type in everyone.items())


def _key_of(name: str, taken: list[str]) -> str:
    key = f"{name}~key"
    while key in taken:
        key += "~"
    return key
