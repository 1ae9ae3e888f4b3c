"""Named models, their versions, and what each night decided."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"

TABLES = "SELECT"


def upgrade() -> None:
    op.get_bind().exec_driver_sql(TABLES)
