"""What is known of each dataset: the rows of the table `datasets`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from psycopg2.sql import Identifier
from sqlalchemy import Connection

from errors import InvalidInput
from store.columns import ColumnInfo
from store.driver import cursor_of, row
from store.rules import Rules, rules_of
from store.sites import SAMPLES, schema_of

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,62}")  # also the table's name: it fits Postgres' 63 bytes

FIELDS = "id, site_id, name, rows, columns, fingerprint, created_at, updated_at, incarnation, rules, source"
FIND = f"""
SELECT {FIELDS} FROM datasets WHERE name = %(name)s AND site_id IN (%(site_id)s, {SAMPLES})
ORDER BY site_id = %(site_id)s DESC LIMIT 1
"""  # noqa: S608
LIST = f"""
SELECT DISTINCT ON (name COLLATE "C") {FIELDS} FROM datasets WHERE site_id IN (%(site_id)s, {SAMPLES})
ORDER BY name COLLATE "C", site_id = %(site_id)s DESC
"""  # noqa: S608
LOCK = f"SELECT {FIELDS} FROM datasets WHERE site_id = %(site_id)s AND name = %(name)s FOR UPDATE"  # noqa: S608
RECORD = f"""
INSERT INTO datasets (site_id, name, rows, columns, fingerprint, incarnation, rules, source)
VALUES (%(site_id)s, %(name)s, %(rows)s, %(columns)s, %(fingerprint)s, %(incarnation)s, %(rules)s, %(source)s)
ON CONFLICT (site_id, name) DO UPDATE SET
    rows = excluded.rows, columns = excluded.columns, fingerprint = excluded.fingerprint, incarnation = excluded.incarnation,
    rules = excluded.rules, source = excluded.source, created_at = now(), updated_at = now()
RETURNING {FIELDS}
"""  # noqa: S608
EXTEND = f"""
UPDATE datasets SET rows = %(rows)s, columns = %(columns)s, fingerprint = %(fingerprint)s, updated_at = now()
WHERE id = %(id)s RETURNING {FIELDS}
"""  # noqa: S608
RECOUNT = "UPDATE datasets SET columns = %(columns)s WHERE id = %(id)s AND incarnation = %(incarnation)s AND rows = %(rows)s"
SETTLE = "UPDATE datasets SET rows = %(rows)s, columns = %(columns)s WHERE id = %(id)s"
FORGET = "DELETE FROM datasets WHERE id = %(id)s"
KEPT = """
SELECT count(*), coalesce(sum(rows * json_array_length(columns)), 0) FROM datasets
WHERE site_id = %(site_id)s AND name <> %(name)s AND source IS NULL
"""


@dataclass(frozen=True)
class Source:
    """The table or view that a registered dataset is, and the columns whose order is that of its rows."""

    schema: str
    table: str
    order: tuple[str, ...]
    role: str | None  # it is read as this role; None where the server lets none be made


@dataclass(frozen=True)
class DatasetInfo:
    """A dataset as it was when it was found. A registered one has no fingerprint: it changes without telling."""

    id: int
    site_id: int
    name: str
    rows: int
    columns: tuple[ColumnInfo, ...]
    fingerprint: str | None
    created_at: datetime
    updated_at: datetime
    incarnation: str  # another one each time the name is put anew
    rules: Rules
    source: Source | None


def find(connection: Connection, site_id: int | None, name: str) -> DatasetInfo | None:
    """Find a dataset of the site, or else a sample of that name; for no site only a sample."""
    found = row(connection, FIND, {"site_id": site_id, "name": name}) if NAME.fullmatch(name) else None
    return None if found is None else _info(found)


def list_(connection: Connection, site_id: int) -> list[DatasetInfo]:
    """List the site's datasets and the samples that it has not replaced by its own, by name."""
    with cursor_of(connection) as cursor:
        cursor.execute(LIST, {"site_id": site_id})
        return [_info(found) for found in cursor]


def lock(connection: Connection, site_id: int, name: str) -> DatasetInfo | None:
    """Find a dataset of the site itself and keep others from changing it until the transaction ends."""
    found = row(connection, LOCK, {"site_id": site_id, "name": name}) if NAME.fullmatch(name) else None
    return None if found is None else _info(found)


def record(connection: Connection, values: Mapping[str, object]) -> DatasetInfo:
    """Enter a dataset, or what replaces it. Whoever enters the same name at once waits here."""
    found = row(connection, RECORD, {"rules": None, "source": None, **values})
    assert found is not None
    return _info(found)


def extend(connection: Connection, info: DatasetInfo, rows: int, columns: Sequence[ColumnInfo], fingerprint: str) -> DatasetInfo:
    """Enter what a dataset holds after an append."""
    values = {"id": info.id, "rows": rows, "columns": stored(columns), "fingerprint": fingerprint}
    found = row(connection, EXTEND, values)
    assert found is not None
    return _info(found)


def recount(connection: Connection, info: DatasetInfo) -> None:
    """Enter what was counted of the columns, unless the dataset has changed since."""
    values = {"id": info.id, "incarnation": info.incarnation, "rows": info.rows, "columns": stored(info.columns)}
    with cursor_of(connection) as cursor:
        cursor.execute(RECOUNT, values)


def settle(connection: Connection, info: DatasetInfo) -> None:
    """Enter what was found in a registered table."""
    with cursor_of(connection) as cursor:
        cursor.execute(SETTLE, {"id": info.id, "rows": info.rows, "columns": stored(info.columns)})


def forget(connection: Connection, info: DatasetInfo) -> None:
    """Strike a dataset out."""
    with cursor_of(connection) as cursor:
        cursor.execute(FORGET, {"id": info.id})


def kept(connection: Connection, site_id: int, name: str) -> tuple[int, int]:
    """Count a site's datasets and their cells, without the one of this name."""
    found = row(connection, KEPT, {"site_id": site_id, "name": name})
    assert found is not None
    return int(found[0]), int(found[1])


def check_name(name: str) -> None:
    """Raise InvalidInput for a name that cannot be a dataset's."""
    if not NAME.fullmatch(name):
        detail = "a dataset's name is a letter and up to 62 letters, digits, _ and - after it"
        raise InvalidInput(detail, field="name")


def table_of(site_id: int, name: str) -> Identifier:
    """Name the table of a dataset."""
    return Identifier(schema_of(site_id), name)


def stored(columns: Sequence[ColumnInfo]) -> str:
    """Write columns as the table keeps them."""
    return json.dumps([asdict(column) for column in columns])


def _info(found: tuple[Any, ...]) -> DatasetInfo:
    *head, columns, fingerprint, created_at, updated_at, incarnation, rules, source = found
    id, site_id, name, rows = head
    return DatasetInfo(
        id=id,
        site_id=site_id,
        name=name,
        rows=rows,
        columns=tuple(ColumnInfo(**column) for column in columns),
        fingerprint=fingerprint,
        created_at=created_at,
        updated_at=updated_at,
        incarnation=incarnation,
        rules=rules_of(rules),
        source=Source(**(source | {"order": tuple(source["order"])})) if source else None,
    )
