"""The engine: URLs as platforms write them, and a database that goes away and comes back."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from config import Settings
from errors import StoreUnavailable
from store import driver, embedded
from store.engine import driving, engine_of, reading, url_of, writing, writing_once
from tests.conftest import administer

ASK = text("SELECT 1")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The folder of a server that these tests may kill."""
    folder = str(tmp_path_factory.mktemp("killed"))
    yield folder
    embedded.stop(folder)


@pytest.fixture
def mortal(data: str) -> Iterator[Engine]:
    """An engine on that server, with five idle connections in its pool."""
    engine = engine_of(Settings(database_url=embedded.start(data), secret="s" * 32))
    connections = [engine.connect() for _ in range(5)]
    for connection in connections:
        connection.close()
    yield engine
    engine.dispose()


def kill(data: str) -> None:
    pid = int((Path(data) / "postgres" / "postmaster.pid").read_text().split()[0])
    os.kill(pid, signal.SIGKILL)


def ask(engine: Engine) -> None:
    with reading(engine) as connection:
        connection.execute(ASK)


@pytest.mark.parametrize(
    ("written", "used"),
    [
        ("postgres://u:p%40@db.example:5432/d", "postgresql+psycopg2://u:p%40@db.example:5432/d?sslmode=require"),
        ("postgresql://u@db.example/d?sslmode=disable", "postgresql+psycopg2://u@db.example/d?sslmode=disable"),
        ("postgresql+psycopg2://u@localhost/d", "postgresql+psycopg2://u@localhost/d"),
        ("postgres://u@127.0.0.1/d", "postgresql+psycopg2://u@127.0.0.1/d"),
        ("postgres://u@[::1]/d", "postgresql+psycopg2://u@[::1]/d"),
        ("postgres://u@/d?host=/run/a b", "postgresql+psycopg2://u@/d?host=%2Frun%2Fa+b"),
        ("postgres://u@/d?host=db.example", "postgresql+psycopg2://u@/d?host=db.example&sslmode=require"),
    ],
)
def test_a_url_is_rewritten_for_psycopg2(written: str, used: str) -> None:
    assert url_of(written).render_as_string(hide_password=False) == used


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("statement_timeout", "10s"),
        ("client_connection_check_interval", "500ms"),
        ("synchronous_commit", "on"),
        ("TimeZone", "UTC"),
    ],
)
def test_a_session_has_its_settings(engine: Engine, setting: str, value: str) -> None:
    with reading(engine) as connection:
        assert connection.exec_driver_sql(f"SHOW {setting}").scalar_one() == value


def test_a_transaction_is_committed_at_its_end(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.exec_driver_sql("CREATE TABLE t (x int)")
    with reading(engine) as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM t").scalar_one() == 0


def test_a_transaction_is_rolled_back_by_an_exception(engine: Engine) -> None:
    def fail() -> None:
        with writing(engine) as connection:
            connection.exec_driver_sql("CREATE TABLE t (x int)")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with reading(engine) as connection:
        assert connection.exec_driver_sql("SELECT to_regclass('t')").scalar_one() is None


def test_a_connection_that_read_is_fit_to_write_a_transaction(engine: Engine) -> None:
    ask(engine)
    with writing(engine) as connection:
        begun = connection.exec_driver_sql("SELECT now()").scalar_one()
        assert connection.exec_driver_sql("SELECT now()").scalar_one() == begun


@pytest.mark.parametrize("opened", [reading, writing])
def test_a_wrong_statement_stays_a_bug(engine: Engine, opened: object) -> None:
    with pytest.raises(DBAPIError, match="syntax"), opened(engine) as connection:  # type: ignore[operator]
        connection.exec_driver_sql("SELEKT 1")


def test_a_statement_that_takes_too_long_is_unavailable(engine: Engine) -> None:
    def wait() -> None:
        with reading(engine) as connection:
            connection.exec_driver_sql("SET statement_timeout = '50ms'")
            connection.exec_driver_sql("SELECT pg_sleep(5)")

    with pytest.raises(StoreUnavailable):
        wait()


def test_a_pool_in_use_is_unavailable_within_three_seconds(database_url: str) -> None:
    engine = engine_of(Settings(database_url=database_url, secret="s" * 32), pool_size=1)
    begin = time.monotonic()
    with reading(engine):
        with pytest.raises(StoreUnavailable, match="in use"):
            ask(engine)
        assert time.monotonic() - begin < 3
    engine.dispose()


def test_a_server_that_is_nowhere_is_unavailable(tmp_path: Path) -> None:
    engine = engine_of(Settings(database_url=f"postgresql://postgres@/postgres?host={tmp_path}", secret="s" * 32))
    with pytest.raises(StoreUnavailable):
        ask(engine)


def test_a_connection_cut_by_the_server_is_not_noticed_by_the_next_user(engine: Engine) -> None:
    with reading(engine) as connection:
        pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    administer(engine.url.render_as_string(hide_password=False), f"SELECT pg_terminate_backend({pid}, 2000)")
    ask(engine)


def test_a_connection_cut_in_use_is_unavailable(engine: Engine) -> None:
    def cut(opened: object, ask_through_driver: bool) -> None:
        with opened(engine) as connection:  # type: ignore[operator]
            pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
            with reading(engine) as other:
                other.exec_driver_sql(f"SELECT pg_terminate_backend({pid}, 2000)")
            driver.row(connection, "SELECT 1", {}) if ask_through_driver else connection.execute(ASK)

    for opened in (reading, writing, writing_once):
        for ask_through_driver in (False, True):
            with pytest.raises(StoreUnavailable):
                cut(opened, ask_through_driver)
    ask(engine)


def test_a_driven_connection_cut_in_use_is_unavailable_and_the_next_one_is_not(engine: Engine) -> None:
    def cut() -> None:
        with driving(engine) as connection:
            pid = driver.row(connection, "SELECT pg_backend_pid()", {})
            assert pid is not None
            with reading(engine) as other:
                other.exec_driver_sql(f"SELECT pg_terminate_backend({pid[0]}, 2000)")
            driver.row(connection, "SELECT 1", {})

    with pytest.raises(StoreUnavailable):
        cut()
    with driving(engine) as connection:
        assert driver.row(connection, "SELECT 1", {}) == (1,)


def test_a_driven_connection_commits_each_statement_and_goes_back_as_it_was(engine: Engine) -> None:
    with driving(engine) as connection, reading(engine) as other:
        driver.execute(connection, "CREATE TABLE driven (x int)", {})
        assert other.exec_driver_sql("SELECT count(*) FROM driven").scalar_one() == 0
    with pytest.raises(psycopg2.errors.UndefinedTable), driving(engine) as connection:
        driver.execute(connection, "SELECT * FROM nowhere", {})
    with reading(engine) as other, driving(engine) as connection:
        assert driver.row(connection, "SELECT 1", {}) == (1,)
        assert other.exec_driver_sql("SELECT 1").scalar_one() == 1
    assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]


def test_a_child_process_gets_a_connection_of_its_own(engine: Engine) -> None:
    with reading(engine) as connection:
        parents = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    child = os.fork()
    if child == 0:
        with reading(engine) as connection:
            os._exit(connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one() == parents)
    assert os.waitpid(child, 0)[1] == 0
    with reading(engine) as connection:
        assert connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one() == parents


@pytest.mark.parametrize("opened", [reading, writing])
def test_a_killed_server_is_unavailable_at_once(data: str, mortal: Engine, opened: object) -> None:
    def unavailable() -> bool:
        try:
            with opened(mortal) as connection:  # type: ignore[operator]
                connection.execute(ASK)
        except StoreUnavailable:
            return True
        return False

    kill(data)
    begin = time.monotonic()
    while not unavailable():  # a backend lives on until it notices that its parent is gone
        assert time.monotonic() - begin < 3
    begin = time.monotonic()
    assert all(unavailable() for _ in range(7))
    assert time.monotonic() - begin < 3


def test_the_first_request_after_a_restart_succeeds(data: str, mortal: Engine) -> None:
    kill(data)
    embedded.start(data)
    begin = time.monotonic()
    for _ in range(7):
        ask(mortal)
    assert time.monotonic() - begin < 1


def test_threads_recover_within_five_seconds_of_the_servers_return(data: str, mortal: Engine) -> None:
    failed: list[float] = []
    stop = threading.Event()

    def keep_asking() -> None:
        while not stop.is_set():
            try:
                ask(mortal)
            except StoreUnavailable:
                failed.append(time.monotonic())
            time.sleep(0.01)

    threads = [threading.Thread(target=keep_asking) for _ in range(8)]
    for thread in threads:
        thread.start()
    kill(data)
    time.sleep(0.3)
    embedded.start(data)
    back = time.monotonic()
    time.sleep(1)
    stop.set()
    for thread in threads:
        thread.join()
    assert failed
    assert max(failed) - back < 1
