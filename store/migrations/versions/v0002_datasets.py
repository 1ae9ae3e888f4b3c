"""Datasets that are appended to, masked, joined and registered; requests that may be repeated."""

from __future__ import annotations

from typing import Any

from alembic import op

revision = "0002"
down_revision = "0001"

TABLES = """
ALTER TABLE datasets
    ADD incarnation text NOT NULL DEFAULT '',
    ADD rules json,
    ADD source json,
    ADD updated_at timestamptz NOT NULL DEFAULT now();
ALTER TABLE datasets ALTER fingerprint DROP NOT NULL;

CREATE TABLE idempotency (
    site_id bigint NOT NULL REFERENCES sites,
    key text NOT NULL,
    digest bytea NOT NULL,
    status integer,
    answer json,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (site_id, key)
);
CREATE INDEX idempotency_oldest ON idempotency (site_id, created_at);

-- The rows of the datasets there are get their numbers, in the order in which they were read until now.
DO $$
DECLARE dataset record;
BEGIN
    FOR dataset IN SELECT format('%I.%I', 'site_' || site_id, name) AS place FROM datasets LOOP
        EXECUTE format('ALTER TABLE %s ADD "~row" bigint', dataset.place);
        EXECUTE format(
            'UPDATE %1$s AS numbered SET "~row" = number
             FROM (SELECT ctid AS place, row_number() OVER (ORDER BY ctid) AS number FROM %1$s) AS found
             WHERE numbered.ctid = found.place', dataset.place);
        EXECUTE format('ALTER TABLE %s ADD PRIMARY KEY ("~row")', dataset.place);
    END LOOP;
END $$;
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    with driver.cursor() as cursor:  # the driver itself reads no % and no : in a statement without parameters
        cursor.execute(TABLES)
