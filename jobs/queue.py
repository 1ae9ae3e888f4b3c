"""The queue: where jobs are kept, and which modules know how to run them. Procrastinate, on the same Postgres as all the rest."""

from __future__ import annotations

from procrastinate import App, PsycopgConnector
from sqlalchemy import Engine

QUEUE = App(connector=PsycopgConnector(), import_paths=["jobs.sweep"])  # a worker brings the connector that knows the database
CONNECT_SECONDS = 5.0


def connector_of(engine: Engine) -> PsycopgConnector:
    """Reach the engine's database as a worker does: with psycopg 3, and few connections."""
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    return PsycopgConnector(conninfo=url, min_size=1, max_size=2, timeout=CONNECT_SECONDS)
