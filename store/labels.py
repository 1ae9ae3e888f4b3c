"""Labels: what a scored payment turned out to be. The newest one counts, all are kept as long as the payment is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from psycopg2 import Binary
from sqlalchemy import Connection

from store.driver import cursor_of

Noted = Literal["noted", "changed", "unchanged", "unknown"]

NOTE = """
WITH held AS (
    SELECT payments.key, payments.fraud AS before, stated.fraud
    FROM unnest(%(keys)s::bytea[], %(frauds)s::bool[]) AS stated (key, fraud) JOIN payments USING (key)
    WHERE payments.model_id = %(model_id)s ORDER BY payments.key FOR UPDATE OF payments
), changed AS (
    UPDATE payments SET fraud = held.fraud FROM held
    WHERE payments.model_id = %(model_id)s AND payments.key = held.key AND held.before IS DISTINCT FROM held.fraud
), added AS (
    INSERT INTO labels (model_id, key, fraud)
    SELECT %(model_id)s, key, fraud FROM held WHERE before IS DISTINCT FROM fraud
)
SELECT key, before, fraud FROM held
"""
HISTORY = """
SELECT fraud, created_at FROM labels WHERE model_id = %(model_id)s AND key = %(key)s ORDER BY id DESC LIMIT %(limit)s
"""


@dataclass(frozen=True)
class Label:
    """What was said of a payment, and when."""

    fraud: bool
    created_at: datetime


def note(connection: Connection, model_id: int, stated: Mapping[bytes, bool]) -> dict[bytes, Noted]:
    """Note what payments turned out to be, by their key; what is known already is not noted again. One statement."""
    keys = [Binary(key) for key in stated]
    with cursor_of(connection) as cursor:
        cursor.execute(NOTE, {"model_id": model_id, "keys": keys, "frauds": list(stated.values())})
        found = {bytes(key): _noted(before, fraud) for key, before, fraud in cursor}
    return {key: found.get(key, "unknown") for key in stated}


def history(connection: Connection, model_id: int, key: bytes, limit: int = 100) -> list[Label]:
    """Tell what was said of a payment, the newest first."""
    with cursor_of(connection) as cursor:
        cursor.execute(HISTORY, {"model_id": model_id, "key": key, "limit": limit})
        return [Label(*found) for found in cursor]


def _noted(before: bool | None, fraud: bool) -> Noted:
    if before is None:
        return "noted"
    return "unchanged" if before == fraud else "changed"
