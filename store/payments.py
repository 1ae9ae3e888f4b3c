"""Payments that were scored under an id, remembered for a while: the numbers that a model scores by, and what it decided.

Neither the id nor any text of a payment is kept. An id is kept as its HMAC, by which a label finds its payment.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from psycopg2 import Binary
from sqlalchemy import Connection

from store.driver import Pooled, cursor_of, execute, row

KEY_BYTES = 16  # 128 bits, so that no two payments of a site share one
BATCH = 1_000  # payments per statement
SWEEP_BATCH = 1_000  # rows per statement: each stays far below the statement timeout

REMEMBER = """
INSERT INTO payments AS kept (model_id, version, columns, planned, key, numbers, time, score, risk, alert)
SELECT %(model_id)s, %(version)s, %(columns)s, %(planned)s, sent.*
FROM unnest(%(key)s::bytea[], %(numbers)s::bytea[], %(time)s::float8[], %(score)s::float8[], %(risk)s::float8[],
    %(alert)s::bool[]) AS sent
ON CONFLICT (model_id, key) DO UPDATE SET
    version = excluded.version, columns = excluded.columns, planned = excluded.planned, numbers = excluded.numbers,
    time = excluded.time, score = excluded.score, risk = excluded.risk, alert = excluded.alert, scored_at = now()
WHERE kept.columns <> excluded.columns
"""
DECIDED = """
SELECT numbers, time, alert, fraud FROM payments
WHERE model_id = %(model_id)s AND columns = %(columns)s AND (alert OR fraud IS NOT NULL)
ORDER BY scored_at DESC, key LIMIT %(limit)s
"""
NEWEST = """
SELECT numbers, score, risk, alert, fraud FROM payments
WHERE model_id = %(model_id)s AND version = %(version)s AND columns = %(columns)s ORDER BY scored_at DESC, key LIMIT %(limit)s
"""
LABELLED = """
SELECT risk, fraud FROM payments WHERE model_id = %(model_id)s AND version = %(version)s AND fraud IS NOT NULL
ORDER BY scored_at DESC, key LIMIT %(limit)s
"""
KNOWN = "SELECT 1 FROM payments WHERE model_id = %(model_id)s AND key = %(key)s"
COUNTS = """
count(*), count(*) FILTER (WHERE alert), avg(planned), count(fraud), count(*) FILTER (WHERE alert AND fraud IS NOT NULL),
count(*) FILTER (WHERE fraud), count(*) FILTER (WHERE fraud AND alert)
"""
WHOLE = f"SELECT NULL::date, {COUNTS} FROM payments WHERE model_id = %(model_id)s AND version = %(version)s"  # noqa: S608
WEEKS = f"""
SELECT date_trunc('week', scored_at AT TIME ZONE 'UTC')::date AS week, {COUNTS} FROM payments
WHERE model_id = %(model_id)s AND version = %(version)s GROUP BY week ORDER BY week DESC LIMIT %(limit)s
"""  # noqa: S608
EXPIRED = """
DELETE FROM payments WHERE (model_id, key) IN (
    SELECT model_id, key FROM payments WHERE scored_at < now() - %(days)s * interval '1 day'
    LIMIT %(batch)s FOR UPDATE SKIP LOCKED
)
"""
CROWDED = """
DELETE FROM payments WHERE (model_id, key) IN (
    SELECT old.model_id, old.key FROM models
    CROSS JOIN LATERAL (
        SELECT model_id, key FROM payments WHERE model_id = models.id ORDER BY scored_at DESC OFFSET %(most)s LIMIT %(batch)s
    ) AS old
)
"""


@dataclass(frozen=True)
class Payment:
    """A payment and what was decided. key: of its id; numbers: the model's columns, as little-endian doubles."""

    key: bytes
    numbers: bytes
    time: float | None
    score: float
    risk: float
    alert: bool


@dataclass(frozen=True)
class Decided:
    """A payment that was labelled or raised an alert. fraud: None where nobody has said."""

    numbers: bytes
    time: float | None
    alert: bool
    fraud: bool | None


@dataclass(frozen=True)
class Seen:
    """A payment as a version scored it."""

    numbers: bytes
    score: float
    risk: float
    alert: bool
    fraud: bool | None


@dataclass(frozen=True)
class Tally:
    """What a version decided, in all (week: None) or in the week from this Monday on. planned: the mean of the expected rates."""

    week: date | None
    payments: int
    alerts: int
    planned: float | None
    labelled: int
    labelled_alerts: int
    frauds: int
    caught: int

    @property
    def alert_rate(self) -> float | None:
        return self.alerts / self.payments if self.payments else None

    @property
    def precision(self) -> float | None:
        """Of the alerts that somebody labelled, the share that was fraud."""
        return self.caught / self.labelled_alerts if self.labelled_alerts else None

    @property
    def recall(self) -> float | None:
        """Of the labelled frauds, the share that raised an alert."""
        return self.caught / self.frauds if self.frauds else None


def keyed(secret: bytes, site_id: int) -> Callable[[str], bytes]:
    """Give the hash that stands for a payment's id: a site's own, from which the id cannot be had back."""
    site_key = hmac.digest(secret, b"payments of site %d" % site_id, "sha256")
    return lambda id: hmac.digest(site_key, id.encode(), "sha256")[:KEY_BYTES]


def remember(
    connection: Pooled, model_id: int, version: int, columns: bytes, planned: float, payments: Sequence[Payment]
) -> None:
    """Remember payments, each under a key of its own. columns: a digest of the columns that `numbers` hold.

    The first decision about a payment stays, whatever is asked later under its id; unless the model got other columns. One
    statement for a thousand: committed when it returns if the connection commits by itself.
    """
    about = {"model_id": model_id, "version": version, "columns": columns, "planned": planned}
    for start in range(0, len(payments), BATCH):
        part = payments[start : start + BATCH]
        sent: dict[str, object] = {name: [getattr(each, name) for each in part] for name in ("time", "score", "risk", "alert")}
        sent |= {name: [Binary(getattr(each, name)) for each in part] for name in ("key", "numbers")}
        execute(connection, REMEMBER, about | sent)


def decided(connection: Connection, model_id: int, columns: bytes, limit: int) -> list[Decided]:
    """Read the newest payments of these columns that were labelled or raised an alert."""
    with cursor_of(connection) as cursor:
        cursor.execute(DECIDED, {"model_id": model_id, "columns": columns, "limit": limit})
        return [Decided(bytes(numbers), *rest) for numbers, *rest in cursor]


def newest(connection: Connection, model_id: int, version: int, columns: bytes, limit: int) -> list[Seen]:
    """Read the newest payments that a version scored."""
    with cursor_of(connection) as cursor:
        cursor.execute(NEWEST, {"model_id": model_id, "version": version, "columns": columns, "limit": limit})
        return [Seen(bytes(numbers), *rest) for numbers, *rest in cursor]


def labelled(connection: Connection, model_id: int, version: int, limit: int) -> list[tuple[float, bool]]:
    """Read risk score and label of the newest payments that a version scored and somebody labelled."""
    with cursor_of(connection) as cursor:
        cursor.execute(LABELLED, {"model_id": model_id, "version": version, "limit": limit})
        return list(cursor)


def known(connection: Connection, model_id: int, key: bytes) -> bool:
    """Tell whether a payment is remembered."""
    return row(connection, KNOWN, {"model_id": model_id, "key": Binary(key)}) is not None


def tally(connection: Connection, model_id: int, version: int) -> Tally:
    """Count what a version decided of the payments that are remembered, and what became of them."""
    found = row(connection, WHOLE, {"model_id": model_id, "version": version})
    assert found is not None
    return Tally(*found)


def weeks(connection: Connection, model_id: int, version: int, limit: int = 53) -> list[Tally]:
    """Count the same by the week (from Monday, UTC) in which payments were scored, the newest first."""
    with cursor_of(connection) as cursor:
        cursor.execute(WEEKS, {"model_id": model_id, "version": version, "limit": limit})
        return [Tally(*found) for found in cursor]


def sweep(connection: Connection, *, days: int, most: int) -> int:
    """Forget payments, and their labels, after so many days, and the oldest where a model has more than `most`.

    Returns how many. Meant for a connection that commits by itself.
    """
    swept = 0
    for statement in (EXPIRED, CROWDED):
        while batch := execute(connection, statement, {"days": days, "most": most, "batch": SWEEP_BATCH}):
            swept += batch
    return swept
