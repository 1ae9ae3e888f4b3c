"""Keys: `sk_` is secret and may do everything for its site, `pk_` is published in pages and bound to their Origins.

Only a key's SHA-256 is kept. A key holds 256 random bits, so neither a slow hash nor a salt would add anything; and it
is found by an index on the hash, whose timing tells nothing useful: whoever could steer the hash's bytes towards a
stored one would have broken SHA-256. So no comparison in constant time is needed.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, func, insert, select, update

from errors import InvalidInput
from store.driver import Pooled, prepared, row
from store.tables import keys

Kind = Literal["sk", "pk"]

KEY = re.compile(r"[sp]k_[A-Za-z0-9_-]{43}")
ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?|https?://\[[0-9a-f:]+\](:[0-9]{1,5})?")
RANDOM_BYTES = 32
ENDING = 4  # characters shown in lists, to tell keys apart

FIND = prepared("find_key", "SELECT id, site_id, kind, origins FROM keys WHERE digest = %(digest)s AND revoked_at IS NULL")
ALLOWED = "SELECT 1 FROM keys WHERE origins @> ARRAY[%(origin)s] AND kind = 'pk' AND revoked_at IS NULL LIMIT 1"


@dataclass(frozen=True)
class NewKey:
    id: int
    text: str  # shown once: it cannot be read back


@dataclass(frozen=True)
class Key:
    id: int
    site_id: int
    kind: Kind
    origins: tuple[str, ...]


@dataclass(frozen=True)
class ListedKey:
    id: int
    site_id: int
    kind: Kind
    ending: str
    origins: tuple[str, ...]
    created_at: datetime
    revoked_at: datetime | None


def create(connection: Connection, site_id: int, kind: Kind, origins: tuple[str, ...] = ()) -> NewKey:
    """Make a key for a site. Raises InvalidInput for an Origin that no browser would send."""
    for origin in origins:
        if not ORIGIN.fullmatch(origin):
            raise InvalidInput("an origin looks like https://example.com: lower case, no path, no final slash", field="origins")
    text = f"{kind}_{secrets.token_urlsafe(RANDOM_BYTES)}"
    values = {"site_id": site_id, "kind": kind, "digest": _digest(text), "ending": text[-ENDING:], "origins": list(origins)}
    return NewKey(connection.execute(insert(keys).values(values).returning(keys.c.id)).scalar_one(), text)


def find(connection: Pooled, text: str) -> Key | None:
    """Find the live key with this text; a revoked one is not found."""
    digest = digest_of(text)
    return None if digest is None else find_digest(connection, digest)


def find_digest(connection: Pooled, digest: bytes) -> Key | None:
    """Find the live key of this digest."""
    found = row(connection, FIND, {"digest": digest})
    return Key(found[0], found[1], found[2], tuple(found[3])) if found else None


def digest_of(text: str) -> bytes | None:
    """Return what is kept of a key; None for a text that is none."""
    return _digest(text) if KEY.fullmatch(text) else None


def list_(connection: Connection, site_id: int | None = None) -> list[ListedKey]:
    """List a site's keys, or all, oldest first."""
    columns = (keys.c.id, keys.c.site_id, keys.c.kind, keys.c.ending, keys.c.origins, keys.c.created_at, keys.c.revoked_at)
    query = select(*columns).order_by(keys.c.id)
    if site_id is not None:
        query = query.where(keys.c.site_id == site_id)
    return [
        ListedKey(k.id, k.site_id, k.kind, k.ending, tuple(k.origins), k.created_at, k.revoked_at)
        for k in connection.execute(query)
    ]


def revoke(connection: Connection, key_id: int) -> bool:
    """End a key. False when there is no live key of that id."""
    live = update(keys).where(keys.c.id == key_id, keys.c.revoked_at.is_(None))
    return connection.execute(live.values(revoked_at=func.now())).rowcount == 1


def origins_allowed(connection: Pooled, origin: str) -> bool:
    """Tell whether any live publishable key names exactly this Origin."""
    return "\x00" not in origin and row(connection, ALLOWED, {"origin": origin}) is not None


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
