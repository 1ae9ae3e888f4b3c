"""Jobs: what a caller is told of work that the queue does."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"

TABLES = "SELECT"


def upgrade() -> None:
    op.get_bind().exec_driver_sql(TABLES)
