"""The tables, as the migrations leave them. Datasets are further tables, in one schema per site."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)

metadata = MetaData()


def _created_at() -> Column[object]:
    return Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now())


def _site_id(*, primary_key: bool = False) -> Column[int]:
    return Column("site_id", BigInteger, ForeignKey("sites.id"), nullable=False, primary_key=primary_key)


sites = Table(
    "sites",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    _created_at(),
)

keys = Table(
    "keys",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    _site_id(),
    Column("kind", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("ending", Text, nullable=False),
    Column("origins", ARRAY(Text), nullable=False),
    _created_at(),
    Column("revoked_at", DateTime(timezone=True)),
)
Index("keys_origins", keys.c.origins, postgresql_using="gin", postgresql_where=text("revoked_at IS NULL"))

datasets = Table(
    "datasets",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    _site_id(),
    Column("name", Text, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("columns", JSON, nullable=False),
    Column("fingerprint", Text),
    _created_at(),
    Column("incarnation", Text, nullable=False, server_default=""),
    Column("rules", JSON),
    Column("source", JSON),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    UniqueConstraint("site_id", "name"),
)

idempotency = Table(
    "idempotency",
    metadata,
    _site_id(primary_key=True),
    Column("key", Text, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    Column("status", Integer),
    Column("answer", JSON),
    _created_at(),
)
Index("idempotency_oldest", idempotency.c.site_id, idempotency.c.created_at)

results = Table(
    "results",
    metadata,
    _site_id(primary_key=True),
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("answer", JSON, nullable=False),
    Column("picture", JSON),
    _created_at(),
    Column("expires_at", DateTime(timezone=True)),
)
Index("results_newest", results.c.site_id, results.c.created_at.desc(), results.c.id.desc())
Index("results_expiring", results.c.expires_at, postgresql_where=text("expires_at IS NOT NULL"))
