"""Requests that may be repeated: the answer to one is kept with what it did, in one transaction, and told again.

A second request with the same key waits for the first one's transaction; if that failed, nothing was kept and it runs.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from errors import Conflict, KeyReused
from store.driver import execute, row

FRESH = "created_at >= now() - interval '24 hours'"
FORGET = f"DELETE FROM idempotency WHERE site_id = %(site_id)s AND NOT {FRESH}"  # noqa: S608
CLAIM = """
INSERT INTO idempotency (site_id, key, digest) VALUES (%(site_id)s, %(key)s, %(digest)s)
ON CONFLICT DO NOTHING RETURNING 1
"""
FIND = f"""
SELECT digest, status, answer::text FROM idempotency WHERE site_id = %(site_id)s AND key = %(key)s AND {FRESH}
"""  # noqa: S608
FINISH = "UPDATE idempotency SET status = %(status)s, answer = %(answer)s WHERE site_id = %(site_id)s AND key = %(key)s"


@dataclass(frozen=True)
class Replay:
    """The answer that was told the first time."""

    status: int
    answer: bytes


def claim(connection: Connection, site_id: int, key: str, digest: bytes) -> Replay | None:
    """Take a key for what is done in this transaction; or give the answer, if that has been done already.

    digest: a hash of the request. Raises KeyReused when the key stands for another request.
    """
    execute(connection, FORGET, {"site_id": site_id})
    if row(connection, CLAIM, {"site_id": site_id, "key": key, "digest": digest}):
        return None
    replay = find(connection, site_id, key, digest)
    if replay is None:
        raise Conflict("the request that had this Idempotency-Key has just been forgotten; ask again")
    return replay


def find(connection: Connection, site_id: int, key: str, digest: bytes) -> Replay | None:
    """Give the answer that a key stands for, None when it stands for nothing. Raises KeyReused as claim does."""
    found = row(connection, FIND, {"site_id": site_id, "key": key})
    if found is None:
        return None
    if bytes(found[0]) != digest:
        raise KeyReused("this Idempotency-Key was used for another request; take a new one for each", field="Idempotency-Key")
    return Replay(found[1], found[2].encode())


def finish(connection: Connection, site_id: int, key: str, status: int, answer: bytes) -> None:
    """Keep the answer under the key that this transaction claimed."""
    execute(connection, FINISH, {"site_id": site_id, "key": key, "status": status, "answer": answer.decode()})
