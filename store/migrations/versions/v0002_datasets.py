"""Datasets that are appended to, masked, joined and registered; requests that may be repeated."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"

TABLES = "SELECT"


def upgrade() -> None:
    op.get_bind().exec_driver_sql(TABLES)
