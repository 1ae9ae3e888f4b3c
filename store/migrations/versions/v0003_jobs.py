"""Jobs: what a caller is told of work that the queue does."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"

TABLES = """
CREATE TABLE jobs (
    id text PRIMARY KEY,
    site_id bigint NOT NULL REFERENCES sites,
    task text NOT NULL,
    payload json NOT NULL,
    data bytea,
    lock text,
    seconds double precision,
    state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
    attempt integer NOT NULL DEFAULT 0,
    failures integer NOT NULL DEFAULT 0,
    progress double precision NOT NULL DEFAULT 0,
    log text[] NOT NULL DEFAULT '{}',
    result text,
    reason json,
    queue_id bigint,
    created_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    finished_at timestamptz
);
ALTER TABLE jobs ALTER data SET STORAGE EXTERNAL;  -- compressed before it comes here
CREATE UNIQUE INDEX jobs_locks ON jobs (site_id, lock) WHERE state IN ('queued', 'running');
CREATE INDEX jobs_unfinished ON jobs (queue_id) WHERE state IN ('queued', 'running');
CREATE INDEX jobs_newest ON jobs (site_id, created_at DESC, id DESC);
CREATE INDEX jobs_finished ON jobs (finished_at) WHERE finished_at IS NOT NULL;
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(TABLES)
