"""Payments that were scored, and what they turned out to be."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"

TABLES = "SELECT"


def upgrade() -> None:
    op.get_bind().exec_driver_sql(TABLES)
