"""What Alembic runs: migrations on the connection, and in the transaction, that store.migrate opened."""

from __future__ import annotations

from alembic import context

from store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
