"""The two ways in which COPY gives rows away: to us, and as CSV to others."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg2.sql import SQL, Composed, Identifier

from store.columns import ColumnInfo


@dataclass(frozen=True)
class Copying:
    """The statement around a query, and whether true and false are spelled."""

    command: SQL
    spelled: bool

    def expression(self, column: ColumnInfo) -> Composed:
        """Select a column as it is to be written."""
        cast = "{}::text" if self.spelled and column.type == "boolean" else "{}"  # COPY itself writes t and f
        return SQL(cast).format(Identifier(column.physical))


COPIED = Copying(SQL("COPY ({}) TO STDOUT"), spelled=False)
SPELLED = Copying(SQL("COPY ({}) TO STDOUT (FORMAT csv)"), spelled=True)
