"""The detector of fraud that a name stands for, and who asks for it: one round trip, made by each scoring."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from store.catalog import NAME
from store.driver import Pooled, prepared, row
from store.models import ANSWERING
from store.sites import SAMPLES

FIND = prepared(
    "find_detector",
    f"""
SELECT EXISTS (SELECT FROM keys WHERE digest = %(digest)s AND site_id = %(site_id)s AND revoked_at IS NULL), found.*
FROM (SELECT 1) AS once LEFT JOIN LATERAL (
    SELECT m.id, m.site_id, {ANSWERING} FROM models m LEFT JOIN versions v ON v.id = m.live
    WHERE m.name = %(name)s AND m.site_id IN (%(site_id)s, {SAMPLES}) ORDER BY m.site_id = {SAMPLES} LIMIT 1
) AS found ON true
""",  # noqa: S608
)


@dataclass(frozen=True)
class Detector:
    """A model and the version that answers for it. version, number, fitted_at: None before the first refit."""

    model_id: int
    site_id: int
    kind: str
    public: bool
    version: int | None
    number: int | None
    fitted_at: datetime | None
    stale: bool

    @property
    def sample(self) -> bool:
        """Whether it came with the server and is everybody's."""
        return self.site_id == SAMPLES


def find(connection: Pooled, site_id: int, name: str, digest: bytes | None) -> tuple[bool, Detector | None]:
    """Find a site's own model of this name, else a sample; and tell whether the key of this digest lives and is the site's."""
    found = row(connection, FIND, {"site_id": site_id, "name": name if NAME.fullmatch(name) else "", "digest": digest})
    assert found is not None
    return found[0], None if found[1] is None else Detector(*found[1:])
