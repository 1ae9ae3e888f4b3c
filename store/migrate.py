"""Bring the database to the newest schema: `python -m store.migrate` does it from the environment (the release phase).

All pending migrations are one transaction under an advisory lock, so running it twice, at once or killed half-way
leaves either the old schema or the new one.
"""

from __future__ import annotations

import os
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from config import Settings
from store.engine import engine_of, writing

LOCK = 0x6C616D70  # "lamp"
WAIT_FOR_ANOTHER = "120s"  # another release may be migrating
WAIT_FOR_A_TABLE = "10s"  # rather give up than make every request queue behind an ALTER TABLE


def migrate(engine: Engine) -> None:
    """Upgrade to the newest schema. Raises StoreUnavailable when the database does not answer.

    A database that a later release has migrated is left alone: migrations only add, so that a rollback of the code works.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    with writing(engine) as connection:
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{WAIT_FOR_ANOTHER}'")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{WAIT_FOR_A_TABLE}'")
        if _is_newer(connection, ScriptDirectory.from_config(config)):
            return
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _is_newer(connection: Connection, script: ScriptDirectory) -> bool:
    known = {revision.revision for revision in script.walk_revisions()}
    return not known.issuperset(MigrationContext.configure(connection).get_current_heads())


def main() -> None:
    engine = engine_of(Settings.from_env(os.environ))
    migrate(engine)
    engine.dispose()


if __name__ == "__main__":
    main()
