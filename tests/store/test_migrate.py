"""Migrations: the tables are what the code says they are."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from procrastinate.schema import SchemaManager
from sqlalchemy import Connection, Engine, text

from store.engine import reading, writing
from store.migrate import migrate
from store.tables import metadata

ROOT = Path(__file__).parents[2]


def ours(_object: Any, name: str | None, type: str, _reflected: bool, _compared: object) -> bool:
    return type != "table" or not (name or "").startswith(("procrastinate_", "alembic_"))


def test_the_migrated_tables_are_those_of_the_code(connection: Connection) -> None:
    context = MigrationContext.configure(connection, opts={"include_object": ours})
    assert compare_metadata(context, metadata) == []


def test_migrating_again_changes_nothing(engine: Engine) -> None:
    migrate(engine)


def test_the_queues_tables_are_those_of_the_installed_procrastinate() -> None:
    """A newer Procrastinate with another schema needs a migration of its own: see its sql/migrations."""
    newest = max((ROOT / "store" / "migrations").glob("procrastinate_*.sql"))
    assert newest.read_text(encoding="utf-8") == SchemaManager.get_schema()


def test_the_queues_functions_are_there(connection: Connection) -> None:
    query = "SELECT count(*) FROM pg_proc WHERE proname = 'procrastinate_defer_jobs_v1'"
    assert connection.execute(text(query)).scalar_one() == 1


def test_the_command_reads_the_environment(database_url: str) -> None:
    environment = {**os.environ, "DATABASE_URL": database_url, "LAMPLIGHT_SECRET": "s" * 32}
    command = [sys.executable, "-m", "store.migrate"]
    assert subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=True).stderr == b""


def test_the_command_names_a_setting_that_is_missing() -> None:
    environment = {"PATH": os.environ["PATH"]}
    done = subprocess.run([sys.executable, "-m", "store.migrate"], cwd=ROOT, env=environment, capture_output=True, check=False)
    assert b"LAMPLIGHT_SECRET" in done.stderr
    assert done.returncode != 0


def test_a_schema_of_a_later_release_is_left_alone(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    migrate(engine)
    with reading(engine) as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one() == "9999"
