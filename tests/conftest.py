"""The database of the tests: one embedded PostgreSQL per session, and a migrated database with the samples to copy.

connection    an open Connection; whatever the test does is rolled back (fast: prefer it)
engine        an Engine on a database of the test's own, for commits, threads and several connections
database_url  the URL of such a database, for code that reads DATABASE_URL; `engine` is on the same one
server        a running gunicorn, open to strangers, with the samples; server_key is a secret key there
shared_database_url  a database that many tests write to, each under a site of its own
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import psycopg2
import pytest
from sqlalchemy import Connection, Engine, make_url

from config import Settings
from store import embedded, keys, samples, sites
from store.engine import engine_of, writing
from store.migrate import migrate
from tests.serving import Server, serving

TEMPLATE = "lamplight_template"
numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of the session's server. Not synced to disk: only a crash of the machine would notice."""
    data = str(tmp_path_factory.mktemp("data"))
    url = embedded.start(data)
    administer(url, "ALTER SYSTEM SET fsync = off", "ALTER SYSTEM SET full_page_writes = off", "SELECT pg_reload_conf()")
    yield url
    embedded.stop(data)


@pytest.fixture(scope="session")
def template(postgres: str) -> str:
    """Name of the migrated database with the samples; it must have no connection when it is copied."""
    administer(postgres, f"CREATE DATABASE {TEMPLATE}")
    engine = engine_of(settings_for(database(postgres, TEMPLATE)))
    migrate(engine)
    with writing(engine) as connection:
        samples.load(connection)
    engine.dispose()
    return TEMPLATE


@pytest.fixture
def database_url(postgres: str, template: str) -> Iterator[str]:
    name = f"test_{next(numbers)}"
    administer(postgres, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield database(postgres, name)
    administer(postgres, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = engine_of(settings_for(database_url))
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def shared_database_url(postgres: str, template: str) -> str:
    """URL of a database that many tests write to, each under a site of its own."""
    administer(postgres, f"CREATE DATABASE lamplight_written TEMPLATE {template}")
    return database(postgres, "lamplight_written")


@pytest.fixture(scope="session")
def shared_engine(postgres: str, template: str) -> Iterator[Engine]:
    """An Engine on the database that `connection` rolls back in; nothing is ever committed there."""
    administer(postgres, f"CREATE DATABASE lamplight_shared TEMPLATE {template}")
    engine = engine_of(settings_for(database(postgres, "lamplight_shared")))
    yield engine
    engine.dispose()


@pytest.fixture
def connection(shared_engine: Engine) -> Iterator[Connection]:
    with shared_engine.connect() as connection:
        transaction = connection.begin()
        yield connection
        transaction.rollback()


def settings_for(url: str) -> Settings:
    return Settings(database_url=url, secret="s" * 32)


def database(server: str, name: str) -> str:
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def administer(url: str, *statements: str) -> None:
    """Run statements, each by itself, as the server's owner."""
    parts = make_url(url)
    driver = psycopg2.connect(host=str(parts.query["host"]), user=parts.username, dbname=parts.database)
    driver.autocommit = True
    with driver.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    driver.close()


@pytest.fixture(scope="session")
def server(postgres: str, template: str) -> Iterator[Server]:
    """A running gunicorn, open to strangers, on a database with the samples."""
    administer(postgres, f"CREATE DATABASE lamplight_served TEMPLATE {template}")
    with serving(database(postgres, "lamplight_served")) as server:
        yield server


@pytest.fixture(scope="session")
def server_key(server: Server) -> str:
    """A secret key of a site on the running server."""
    engine = engine_of(settings_for(server.database_url))
    with writing(engine) as connection:
        key = keys.create(connection, sites.create(connection, "served").id, "sk").text
    engine.dispose()
    return key
