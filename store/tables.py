"""The tables, as the migrations leave them. Datasets are further tables, in one schema per site."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
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

jobs = Table(
    "jobs",
    metadata,
    Column("id", Text, primary_key=True),
    _site_id(),
    Column("task", Text, nullable=False),
    Column("payload", JSON, nullable=False),
    Column("data", LargeBinary),
    Column("lock", Text),
    Column("seconds", Double),
    Column("state", Text, nullable=False, server_default="queued"),
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("progress", Double, nullable=False, server_default="0"),
    Column("log", ARRAY(Text), nullable=False, server_default="{}"),
    Column("result", Text),
    Column("reason", JSON),
    Column("queue_id", BigInteger),
    _created_at(),
    Column("started_at", DateTime(timezone=True)),
    Column("finished_at", DateTime(timezone=True)),
)
UNFINISHED = text("state IN ('queued', 'running')")
Index("jobs_locks", jobs.c.site_id, jobs.c.lock, unique=True, postgresql_where=UNFINISHED)
Index("jobs_unfinished", jobs.c.queue_id, postgresql_where=UNFINISHED)
Index("jobs_newest", jobs.c.site_id, jobs.c.created_at.desc(), jobs.c.id.desc())
Index("jobs_finished", jobs.c.finished_at, postgresql_where=text("finished_at IS NOT NULL"))

models = Table(
    "models",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    _site_id(),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("spec", JSON, nullable=False),
    Column("dataset", Text, nullable=False),
    Column("refit", Text, nullable=False),
    Column("holdout", Double, nullable=False),
    Column("guard", JSON, nullable=False),
    Column("public", Boolean, nullable=False),
    Column("revision", Integer, nullable=False, server_default="1"),
    Column("live", BigInteger, ForeignKey("versions.id", use_alter=True)),
    _created_at(),
    Column("changed_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    UniqueConstraint("site_id", "name"),
)
Index("models_live", models.c.live)

versions = Table(
    "versions",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("model_id", BigInteger, ForeignKey("models.id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("promoted", Boolean, nullable=False),
    Column("kind", Text, nullable=False),
    Column("spec", JSON, nullable=False),
    Column("dataset", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("format", Integer, nullable=False),
    Column("engine", Text, nullable=False),
    Column("libraries", JSON, nullable=False),
    Column("digest", Text, nullable=False),
    Column("document", JSON, nullable=False),
    Column("arrays", LargeBinary, nullable=False),
    Column("judged_digest", Text),
    Column("judged_document", JSON),
    Column("judged_arrays", LargeBinary),
    Column("summary", JSON, nullable=False),
    Column("metrics", JSON, nullable=False),
    Column("statistics", JSON, nullable=False),
    _created_at(),
    UniqueConstraint("model_id", "number"),
)

runs = Table(
    "runs",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    _site_id(),
    Column("model_id", BigInteger, ForeignKey("models.id", ondelete="CASCADE"), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("date", Date, nullable=False),
    Column("trigger", Text, nullable=False),
    Column("state", Text, nullable=False, server_default="queued"),
    Column("reason", Text),
    Column("figures", JSON, nullable=False, server_default="{}"),
    Column("version", Integer),
    Column("job", Text),
    _created_at(),
    Column("finished_at", DateTime(timezone=True)),
)
Index("runs_nights", runs.c.model_id, runs.c.revision, runs.c.date, unique=True, postgresql_where=text("trigger = 'night'"))
Index("runs_asked", runs.c.model_id, unique=True, postgresql_where=text("trigger = 'asked' AND state = 'queued'"))
Index("runs_newest", runs.c.site_id, runs.c.id.desc())
Index("runs_of_models", runs.c.model_id, runs.c.id.desc())
Index("runs_jobs", runs.c.job, postgresql_where=text("state = 'queued'"))

payments = Table(
    "payments",
    metadata,
    Column("model_id", BigInteger, ForeignKey("models.id", ondelete="CASCADE"), primary_key=True),
    Column("key", LargeBinary, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("columns", LargeBinary, nullable=False),
    Column("numbers", LargeBinary, nullable=False),
    Column("time", Double),
    Column("score", Double, nullable=False),
    Column("risk", Double, nullable=False),
    Column("alert", Boolean, nullable=False),
    Column("planned", Double, nullable=False),
    Column("fraud", Boolean),
    Column("scored_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
Index("payments_newest", payments.c.model_id, payments.c.scored_at.desc())
Index("payments_oldest", payments.c.scored_at)

labels = Table(
    "labels",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("model_id", BigInteger, nullable=False),
    Column("key", LargeBinary, nullable=False),
    Column("fraud", Boolean, nullable=False),
    _created_at(),
    ForeignKeyConstraint(["model_id", "key"], ["payments.model_id", "payments.key"], ondelete="CASCADE"),
)
Index("labels_of_payments", labels.c.model_id, labels.c.key)
