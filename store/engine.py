"""The way to Postgres: a small pool, and two ways to open a connection.

`reading` (and its twin `writing_once`) sends every statement by itself, committed as it ends: one round trip.
`driving` is the same for the few statements that every request runs; `writing` is one transaction. All turn a database
that does not answer into StoreUnavailable; bugs stay bugs.

A pooled connection whose server is gone is noticed at checkout without a round trip: its socket has become readable.
So the first request after a restart of Postgres already succeeds. A connection inherited through fork is let go as well.
"""

from __future__ import annotations

import os
import select
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
import sqlalchemy
from sqlalchemy import URL, event
from sqlalchemy import Connection as Connection  # for those who may not know SQLAlchemy: resources and tests
from sqlalchemy import Engine as Engine
from sqlalchemy.exc import DBAPIError, DisconnectionError, InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from config import Settings
from errors import StoreUnavailable
from store import embedded
from store.driver import Driven

POOL_SIZE = 5  # per process: two web workers and a job worker stay under the 20 connections of Heroku's smallest plan
POOL_SECONDS = 2  # SQLAlchemy's default of 30 is the router's cut
CONNECT_SECONDS = 2
LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
SESSION = {
    "statement_timeout": "10s",
    "client_connection_check_interval": "500ms",  # a statement whose client was killed lets go of its locks
    "synchronous_commit": "on",  # what was acknowledged is on disk
    "TimeZone": "UTC",
}
NETWORK = {"keepalives_idle": 5, "keepalives_interval": 1, "keepalives_count": 2, "tcp_user_timeout": 2500}
DATABASE_ERRORS = (sqlalchemy.exc.SQLAlchemyError, psycopg2.Error)
UNAVAILABLE_CLASSES = frozenset({"08", "40", "53", "57"})  # of SQLSTATE: connection, deadlock, resources, operator (and timeouts)


def engine_of(settings: Settings, *, pool_size: int = POOL_SIZE) -> Engine:
    """Build the engine for DATABASE_URL, or for the embedded server (which is started) when that is unset."""
    engine = sqlalchemy.create_engine(
        url_of(settings.database_url or embedded.start(settings.data)),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=POOL_SECONDS,
        pool_use_lifo=True,
        use_native_hstore=False,
        hide_parameters=True,
        connect_args={
            "connect_timeout": CONNECT_SECONDS,
            "application_name": "lamplight",
            "options": " ".join(f"-c {name}={value}" for name, value in SESSION.items()),
            **NETWORK,
        },
    )
    event.listen(engine, "connect", _remember_process)
    event.listen(engine, "checkout", _refuse_dead)
    return engine


def url_of(text: str) -> URL:
    """Turn a database URL as Heroku writes it into SQLAlchemy's for psycopg2; TLS is required off this machine."""
    url = sqlalchemy.make_url("postgresql+psycopg2://" + text.partition("://")[2])
    host = url.host or url.query.get("host", "")
    local = not host or host in LOCAL_HOSTS or str(host).startswith("/")
    return url if local or "sslmode" in url.query else url.update_query_dict({"sslmode": "require"})


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Open a connection on which each statement commits by itself. Raises StoreUnavailable."""
    with _answering(), engine.connect() as connection:
        driver: Any = connection.connection.dbapi_connection
        driver.autocommit = True
        try:
            yield connection
        finally:
            if driver.closed:
                connection.invalidate()
            else:
                driver.autocommit = False


class driving:  # noqa: N801  used as a function, like its sisters; a class because the generators of contextlib take their time
    """As `reading`, for statements of store.driver alone: no SQLAlchemy above the pool. What every request opens."""

    __slots__ = ("_engine", "_pooled")

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def __enter__(self) -> Driven:
        try:
            self._pooled = pooled = self._engine.raw_connection()
        except DATABASE_ERRORS as error:
            _raise_unavailable(error)
            raise
        pooled.dbapi_connection.autocommit = True  # type: ignore[union-attr]
        return Driven(pooled)

    def __exit__(self, _type: object, error: BaseException | None, _trace: object) -> None:
        pooled = self._pooled
        driver: Any = pooled.dbapi_connection
        if driver.closed:
            pooled.invalidate()
        else:
            driver.autocommit = False
            pooled.close()
        if isinstance(error, DATABASE_ERRORS):
            _raise_unavailable(error)


def ping(connection: Connection) -> None:
    """Ask the server for an answer, any answer."""
    connection.exec_driver_sql("SELECT 1")


writing_once = reading  # the name to use where the one statement is an INSERT, an UPDATE or a DELETE


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Open a transaction, committed at the end and rolled back by any exception. Raises StoreUnavailable."""
    with _answering(), engine.connect() as connection:
        driver: Any = connection.connection.dbapi_connection
        try:
            with connection.begin():
                yield connection
        finally:
            if driver.closed:
                connection.invalidate()


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except DATABASE_ERRORS as error:
        _raise_unavailable(error)
        raise


def _raise_unavailable(error: Exception) -> None:
    """Raise StoreUnavailable in place of an error that says that the database does not answer; others are left alone."""
    if isinstance(error, sqlalchemy.exc.TimeoutError):
        raise StoreUnavailable("all connections to the database are in use; try again in a moment") from error
    if _unavailable(error.orig if isinstance(error, DBAPIError) else error):
        raise StoreUnavailable("the database does not answer in time; try again in a moment") from error


def _unavailable(error: object) -> bool:
    """Tell a database that cannot answer from a statement that is wrong. Without a SQLSTATE it was the connection."""
    if isinstance(error, psycopg2.OperationalError):
        return error.pgcode is None or error.pgcode[:2] in UNAVAILABLE_CLASSES
    return isinstance(error, psycopg2.InterfaceError) and "connection already closed" in str(error)


def _remember_process(_driver: object, record: ConnectionPoolEntry) -> None:
    record.info["process"] = os.getpid()


def _refuse_dead(driver: Any, record: ConnectionPoolEntry, proxy: PoolProxiedConnection) -> None:
    """Make the pool try again with a new connection when this one is another process's or its server is gone."""
    if record.info["process"] != os.getpid():
        record.dbapi_connection = proxy.dbapi_connection = None  # type: ignore[misc]  # the recipe of SQLAlchemy's manual
        raise DisconnectionError("this connection belongs to the parent process")
    if driver.closed or (_readable(driver) and not _answers(driver)):
        raise InvalidatePoolError("the server has closed this connection")


def _readable(driver: Any) -> bool:
    poll = select.poll()
    poll.register(driver.fileno(), select.POLLIN)
    return bool(poll.poll(0))


def _answers(driver: Any) -> bool:
    """Ask a connection that has unread bytes: a farewell, or only a notice or a TLS ticket."""
    try:
        with driver.cursor() as cursor:
            cursor.execute("SELECT 1")
        driver.rollback()
    except psycopg2.Error:
        return False
    return True
