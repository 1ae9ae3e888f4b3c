"""Datasets: each a real typed table in its site's schema, filled and read by COPY, so that psql can read it too.

Rows are numbered from 1 and never change: they are added behind the last, or the whole dataset is put anew. So a
DatasetInfo, once found, goes on describing the first `rows` rows, whatever is appended while they are read.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg2.sql import SQL, Identifier
from sqlalchemy import Connection

from errors import Conflict, LimitExceeded, NotFound
from store import catalog
from store.catalog import DatasetInfo as DatasetInfo
from store.catalog import find as find
from store.catalog import list_ as list_
from store.catalog import table_of
from store.columns import ColumnInfo
from store.columns import StoredColumn as StoredColumn
from store.drift import check_columns, check_joined, check_types, sent_columns
from store.driver import cursor_of
from store.filling import create, fill
from store.intake import Intake, columns_of
from store.joining import joined_by
from store.masking import joining_key
from store.reading import counted as counted
from store.reading import load as load
from store.reading import write_csv as write_csv
from store.rows import Rows, rows_of_columns
from store.rules import NO_RULES, Rules, check_sent, check_stored
from store.summary import beginning, behind, chained, summarised

FILL_SECONDS = 25.0  # a large body takes longer than a query may
SLOWEST_CELLS = 40_000  # stored in a second by a statement that gets on; a busy machine does ten times as many


@dataclass(frozen=True)
class Bounds:
    """How much a site may keep; each is a setting of the same name."""

    max_dataset_rows: int = 1_000_000
    max_site_cells: int = 50_000_000
    max_datasets: int = 1_000


@dataclass(frozen=True)
class Stored:
    """A dataset as it is after rows were stored; `new`: there was none of that name."""

    info: DatasetInfo
    sent: int
    added: int
    new: bool


def put(
    connection: Connection,
    site_id: int,
    name: str,
    rows: Rows,
    rules: Rules = NO_RULES,
    *,
    secret: bytes,
    bounds: Bounds,
    fingerprint: str | None = None,
) -> Stored:
    """Store rows as a dataset, replacing one of that name, by rules that later rows are kept to as well.

    Needs a transaction: store.engine.writing. Until it commits everybody else reads the old one. The fingerprint, if none
    is given, is a hash of the names, the types and each row as it is stored. `secret` keys what joins masked texts.
    Raises InvalidInput naming the rule or the column, LimitExceeded, Conflict for the name of a registered dataset
    and when what is joined was replaced or removed meanwhile.
    """
    catalog.check_name(name)
    check_sent(rules, rows.types)
    rows = rows.select(rules.columns or list(rows.types))
    joined = joined_by(connection, site_id, name, rules, rows.types)
    columns = columns_of(rows.types, rules, joined)
    check_stored(rules, columns)
    _check_bounds(connection, site_id, name, len(columns), rows.count, bounds)
    settled = rules if joined is None else _settled(rules, joined.columns)
    intake = Intake(columns, settled, joined, joining_key(secret, site_id))
    return _replace(connection, site_id, name, intake, rows, fingerprint)


def append(connection: Connection, site_id: int, name: str, rows: Rows, *, secret: bytes, bounds: Bounds) -> Stored:
    """Add rows behind those that a dataset has, by its rules. Needs a transaction; others who add wait for its end.

    Raises NotFound, Conflict as put does, InvalidInput naming a column, sent or joined, that is missing,
    unknown or of another type, LimitExceeded.
    """
    info = catalog.lock(connection, site_id, name)
    if info is None:
        raise NotFound("this site has no dataset of this name; PUT /datasets/<name> makes one")
    _refuse_registered(info)
    check_columns(info, list(rows.types))
    rows = rows.select([column.name for column in sent_columns(info)])
    check_types(info, rows)
    joined = joined_by(connection, site_id, name, info.rules, rows.types)
    check_joined(info, joined)
    _check_bounds(connection, site_id, name, len(info.columns), info.rows + rows.count, bounds)
    intake = Intake(info.columns, info.rules, joined, joining_key(secret, site_id))
    table = table_of(site_id, name)
    with cursor_of(connection) as cursor:
        _allow_time(cursor, rows, len(intake.columns))
        last = fill(cursor, table, intake, rows, info.rows)
        _, columns = summarised(cursor, table, info.columns, behind(info.rows), afresh=False)
        fingerprint = chained(cursor, table, columns, info.rows, info.fingerprint or "")
    return Stored(catalog.extend(connection, info, last, columns, fingerprint), rows.count, last - info.rows, new=False)


def save(
    connection: Connection, site_id: int, name: str, columns: Sequence[StoredColumn], rows: int, *, fingerprint: str | None = None
) -> DatasetInfo:
    """Store columns of `rows` values each as they are, replacing a dataset of that name. Needs a transaction."""
    given = rows_of_columns(columns, rows)
    return put(connection, site_id, name, given, secret=b"", bounds=Bounds(), fingerprint=fingerprint).info


def remove(connection: Connection, site_id: int, name: str) -> bool:
    """Delete a dataset of the site itself. False when it has none of that name. Needs a transaction."""
    info = catalog.lock(connection, site_id, name)
    if info is None:
        return False
    _refuse_registered(info)
    catalog.forget(connection, info)
    with cursor_of(connection) as cursor:
        cursor.execute(SQL("DROP TABLE {}").format(table_of(site_id, name)))
    return True


def _replace(connection: Connection, site_id: int, name: str, intake: Intake, rows: Rows, fingerprint: str | None) -> Stored:
    unfinished = table_of(site_id, f"~{secrets.token_hex(8)}")  # no dataset's name has a ~
    old = catalog.lock(connection, site_id, name)
    if old is not None:
        _refuse_registered(old)
    with cursor_of(connection) as cursor:
        _allow_time(cursor, rows, len(intake.columns))
        create(cursor, unfinished, intake.columns)
        last = fill(cursor, unfinished, intake, rows, 0)
        _, columns = summarised(cursor, unfinished, intake.columns, behind(0), afresh=True)
        values = {
            "site_id": site_id,
            "name": name,
            "rows": last,
            "columns": catalog.stored(columns),
            "fingerprint": fingerprint or chained(cursor, unfinished, columns, 0, beginning(columns)),
            "incarnation": secrets.token_hex(16),
            "rules": intake.rules.model_dump_json(exclude_defaults=True) if intake.rules != NO_RULES else None,
        }
        info = catalog.record(connection, values)
        cursor.execute(SQL("DROP TABLE IF EXISTS {}").format(table_of(site_id, name)))
        cursor.execute(SQL("ALTER TABLE {} RENAME TO {}").format(unfinished, Identifier(name)))
    return Stored(info, rows.count, last, new=old is None)


def _settled(rules: Rules, joined: tuple[ColumnInfo, ...]) -> Rules:
    """Name the joined columns, so that those that the other dataset gets later are not joined one day."""
    assert rules.join is not None
    return rules.model_copy(update={"join": rules.join.model_copy(update={"columns": [c.name for c in joined]})})


def _check_bounds(connection: Connection, site_id: int, name: str, width: int, rows: int, bounds: Bounds) -> None:
    count, cells = catalog.kept(connection, site_id, name)
    _check("max_dataset_rows", rows, bounds.max_dataset_rows, f"the dataset would have {rows} rows")
    _check("max_site_cells", cells + rows * width, bounds.max_site_cells, f"the site would keep {cells + rows * width} cells")
    _check("max_datasets", count + 1, bounds.max_datasets, f"the site would have {count + 1} datasets")


def _check(setting: str, count: int, limit: int, what: str) -> None:
    if count > limit:
        raise LimitExceeded(setting, limit, what, field="data")


def _refuse_registered(info: DatasetInfo) -> None:
    if info.source is not None:
        raise Conflict("this dataset was registered by the administrator, who alone can change it")


def _allow_time(cursor: Any, rows: Rows, width: int) -> None:
    """Give each statement as long as it gets on: a limit that knows no size would refuse large data on a busy machine."""
    seconds = FILL_SECONDS + rows.count * width / SLOWEST_CELLS
    cursor.execute(f"SET LOCAL statement_timeout = '{round(1000 * seconds)}ms'")
