"""Results: answers kept under their id. The id is the question, so one id never has two answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, or_, select, tuple_

from store.cursors import WORD, cursor_of_place, place_of_cursor
from store.driver import Pooled, Prepared, execute, prepared, row
from store.tables import results

SWEEP_BATCH = 1_000  # rows per statement: each stays far below the statement timeout

LIVE = "(expires_at IS NULL OR expires_at > now())"
ANSWER = prepared(
    "find_answer",
    f"SELECT answer::text, expires_at FROM results WHERE site_id = %(site_id)s AND id = %(id)s AND {LIVE}",  # noqa: S608
)
ANSWER_TO_KEY = prepared(
    "find_answer_to_key",
    f"""
SELECT keys.site_id, answer::text, expires_at
FROM keys LEFT JOIN results ON results.site_id = keys.site_id AND results.id = %(id)s AND {LIVE}
WHERE keys.digest = %(digest)s AND keys.revoked_at IS NULL
""",  # noqa: S608
)
FIND = f"""
SELECT kind, answer::text, picture::text, created_at, expires_at FROM results
WHERE site_id = %(site_id)s AND id = %(id)s AND {LIVE}
"""  # noqa: S608
SAVE = prepared(
    "save_result",
    """
INSERT INTO results AS kept (site_id, id, kind, answer, picture, expires_at)
VALUES (%(site_id)s, %(id)s, %(kind)s, %(answer)s, %(picture)s, now() + %(ttl)s::interval)
ON CONFLICT (site_id, id) DO UPDATE SET
    answer = excluded.answer, picture = excluded.picture, expires_at = excluded.expires_at,
    created_at = CASE WHEN kept.expires_at > now() THEN kept.created_at ELSE now() END
WHERE coalesce(excluded.expires_at, 'infinity') > coalesce(kept.expires_at, 'infinity')
""",
)
SAVE_FOR_KEY = prepared(
    "save_for_key",
    """
INSERT INTO results AS kept (site_id, id, kind, answer, picture, expires_at)
SELECT site_id, %(id)s, %(kind)s, %(answer)s::json, %(picture)s::json, now() + %(ttl)s::interval
FROM keys WHERE digest = %(digest)s AND site_id = %(site_id)s AND revoked_at IS NULL
ON CONFLICT (site_id, id) DO UPDATE SET
    answer = excluded.answer, picture = excluded.picture, expires_at = excluded.expires_at, created_at = now()
WHERE kept.expires_at <= now()
""",
)
KEEP = f"""
UPDATE results SET expires_at = now() + %(ttl)s
WHERE site_id = %(site_id)s AND id = %(id)s AND {LIVE} AND expires_at < coalesce(now() + %(ttl)s, 'infinity')
"""  # noqa: S608
REMOVE = f"DELETE FROM results WHERE site_id = %(site_id)s AND id = %(id)s RETURNING {LIVE}"  # noqa: S608
SWEEP = """
DELETE FROM results WHERE (site_id, id) IN (
    SELECT site_id, id FROM results WHERE expires_at <= now() LIMIT %(batch)s FOR UPDATE SKIP LOCKED
)
"""


@dataclass(frozen=True)
class Result:
    id: str
    site_id: int
    kind: str
    answer: bytes  # JSON exactly as it was saved
    picture: bytes | None  # JSON of what a plot needs
    created_at: datetime
    expires_at: datetime | None


@dataclass(frozen=True)
class Answer:
    """The part of a result that answers a question asked again."""

    text: bytes  # JSON exactly as it was saved
    expires_at: datetime | None


@dataclass(frozen=True)
class Listed:
    id: str
    kind: str
    created_at: datetime
    expires_at: datetime | None


@dataclass(frozen=True)
class Page:
    items: list[Listed]  # newest first
    next: str | None  # the cursor of the page after this one


def save(
    connection: Pooled, *, id: str, site_id: int, kind: str, answer: bytes, picture: bytes | None, ttl: timedelta | None
) -> None:
    """Keep an answer for `ttl`, or for good. One statement: committed when it returns if the connection commits by itself.

    Saving an id again extends its time and never shortens it; one that had expired is new.
    """
    values = {"site_id": site_id, "id": id, "kind": kind, "answer": answer.decode(), "ttl": ttl}
    execute(connection, SAVE, {**values, "picture": None if picture is None else picture.decode()})


def save_for_key(
    connection: Pooled,
    digest: bytes,
    *,
    id: str,
    site_id: int,
    kind: str,
    answer: bytes,
    picture: bytes | None,
    ttl: timedelta | None,
) -> tuple[bool, Answer | None]:
    """Save an answer if the key of this digest lives and is the site's, and no live answer is there already.

    Returns whether the key lives, and the answer that was there. One statement, and another where nothing was saved.
    """
    values = {"digest": digest, "site_id": site_id, "id": id, "kind": kind, "answer": answer.decode(), "ttl": ttl}
    values["picture"] = None if picture is None else picture.decode()
    lives, known = True, None
    while lives and known is None and not execute(connection, SAVE_FOR_KEY, values):
        lives, known = answer_to_key(connection, digest, site_id, id)  # None: it was deleted a moment ago
    return lives, known


def answer_of(connection: Pooled, site_id: int, id: str) -> Answer | None:
    """Return the raw JSON of a live result, and when it expires."""
    found = _row_of(connection, ANSWER, site_id, id)
    return None if found is None else Answer(found[0].encode(), found[1])


def answer_to_key(connection: Pooled, digest: bytes, site_id: int, id: str) -> tuple[bool, Answer | None]:
    """Tell whether the key of this digest lives and is the site's, and what answer_of would, in one statement."""
    found = row(connection, ANSWER_TO_KEY, {"digest": digest, "id": id})
    if found is None or found[0] != site_id:
        return False, None
    return True, None if found[1] is None else Answer(found[1].encode(), found[2])


def keep(connection: Pooled, site_id: int, id: str, ttl: timedelta | None) -> None:
    """Keep a live result for `ttl` from now, or for good; never shorter than it is kept already."""
    execute(connection, KEEP, {"site_id": site_id, "id": id, "ttl": ttl})


def find(connection: Pooled, site_id: int, id: str) -> Result | None:
    """Return a live result whole."""
    found = _row_of(connection, FIND, site_id, id)
    if found is None:
        return None
    kind, answer, picture, created_at, expires_at = found
    return Result(id, site_id, kind, answer.encode(), None if picture is None else picture.encode(), created_at, expires_at)


def remove(connection: Connection, site_id: int, id: str) -> bool:
    """Delete a result. False when there was none, or only an expired one."""
    found = _row_of(connection, REMOVE, site_id, id)
    return found is not None and bool(found[0])


def page(connection: Connection, site_id: int, *, kind: str | None = None, before: str | None = None, limit: int = 50) -> Page:
    """List a site's live results, newest first, from the cursor `before` on.

    A cursor is a place between rows, so rows that come or go meanwhile shift nothing. Raises InvalidInput for a bad one.
    """
    place = (results.c.created_at, results.c.id)
    query = select(results.c.id, results.c.kind, results.c.created_at, results.c.expires_at)
    query = query.where(results.c.site_id == site_id, or_(results.c.expires_at.is_(None), results.c.expires_at > func.now()))
    if kind is not None:
        if not WORD.fullmatch(kind):
            return Page([], None)
        query = query.where(results.c.kind == kind)
    if before is not None:
        query = query.where(tuple_(*place) < place_of_cursor(before))
    rows = connection.execute(query.order_by(*(column.desc() for column in place)).limit(limit + 1)).all()
    items = [Listed(row.id, row.kind, row.created_at, row.expires_at) for row in rows[:limit]]
    return Page(items, cursor_of_place(items[-1].created_at, items[-1].id) if len(rows) > limit else None)


def sweep(connection: Connection) -> int:
    """Delete expired results, a batch per statement, and return how many. Meant for a connection that commits by itself."""
    swept = 0
    while batch := execute(connection, SWEEP, {"batch": SWEEP_BATCH}):
        swept += batch
    return swept


def _row_of(connection: Pooled, statement: str | Prepared, site_id: int, id: str) -> tuple[Any, ...] | None:
    return row(connection, statement, {"site_id": site_id, "id": id}) if WORD.fullmatch(id) else None
