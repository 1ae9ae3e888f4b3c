"""Sites: whoever keeps things here. Each has a schema of its own for its datasets."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, insert, select
from sqlalchemy.schema import CreateSchema

from store.tables import sites

SAMPLES = 1  # read-only, visible to everyone
ANONYMOUS = 2  # callers without a key


@dataclass(frozen=True)
class Site:
    id: int
    name: str

    @property
    def schema(self) -> str:
        return schema_of(self.id)


def schema_of(site_id: int) -> str:
    """Name the Postgres schema that holds a site's datasets."""
    return f"site_{site_id:d}"


def create(connection: Connection, name: str) -> Site:
    """Add a site. Raises IntegrityError when the name is taken: find() first."""
    site = Site(connection.execute(insert(sites).values(name=name).returning(sites.c.id)).scalar_one(), name)
    connection.execute(CreateSchema(site.schema))
    return site


def find(connection: Connection, name: str) -> Site | None:
    row = connection.execute(select(sites.c.id, sites.c.name).where(sites.c.name == name)).one_or_none()
    return Site(row.id, row.name) if row else None


def list_(connection: Connection) -> list[Site]:
    rows = connection.execute(select(sites.c.id, sites.c.name).order_by(sites.c.id))
    return [Site(row.id, row.name) for row in rows]
