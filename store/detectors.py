"""The detector of fraud that a name stands for, and who asks for it: one round trip, made by each scoring."""

from __future__ import annotations

from store.catalog import NAME
from store.driver import Pooled, prepared, row
from store.models import ANSWERING, Pointer, pointer_of

FIND = prepared(
    "find_detector",
    f"""
SELECT EXISTS (SELECT FROM keys WHERE digest = %(digest)s AND site_id = %(site_id)s AND revoked_at IS NULL), {ANSWERING}
FROM (SELECT 1) AS once LEFT JOIN models m ON m.site_id = %(site_id)s AND m.name = %(name)s LEFT JOIN versions v ON v.id = m.live
""",  # noqa: S608
)


def find(connection: Pooled, site_id: int, name: str, digest: bytes | None) -> tuple[bool, Pointer | None]:
    """Find a site's model of this name; and tell whether the key of this digest lives and is the site's."""
    found = row(connection, FIND, {"site_id": site_id, "name": name if NAME.fullmatch(name) else "", "digest": digest})
    assert found is not None
    lives, *_, model_id = found
    return lives, None if model_id is None else pointer_of(connection, found[1:])
