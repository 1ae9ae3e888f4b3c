"""The Procfile's lines, run with production settings: they answer, and they end the way Heroku ends dynos."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from sqlalchemy import Engine

from store.engine import reading
from tests.heroku.dyno import environment, line_of_procfile, wait_until, web_dyno
from tests.serving import ROOT, Server

QUESTION = json.dumps({"formula": "y ~ x", "data": {"x": [1, 2, 3, 4], "y": [1.1, 1.9, 3.2, 3.9]}}).encode()


def to_the_master(server: Server) -> None:
    server.process.terminate()


def to_every_process(server: Server) -> None:
    """As Heroku does."""
    os.killpg(server.process.pid, signal.SIGTERM)


@pytest.mark.parametrize("terminate", [to_the_master, to_every_process])
def test_two_sigterms_let_the_request_in_flight_finish(database_url: str, terminate: Callable[[Server], None]) -> None:
    with web_dyno(database_url, LAMPLIGHT_PUBLIC="1") as server, connect(server) as caller:
        begin_request(caller)
        terminate(server)
        terminate(server)
        wait_until(lambda: len(server.workers()) == 1)  # the idle one has gone: the signal was heard
        caller.sendall(QUESTION)
        answer = read_all(caller)
        assert (status_of(answer), len(json.loads(body_of(answer))["coefficients"])) == (201, 2)
        assert server.process.wait(20) == 0
        assert of_session(server.process.pid) == []


def test_the_log_holds_no_formula(database_url: str, tmp_path: Path) -> None:
    with open(tmp_path / "log", "wb") as log, web_dyno(database_url, log, LAMPLIGHT_PUBLIC="1") as server:
        assert server.ask("GET", "/regress?dataset=iris&formula=Sepal_Length~Zanzibar").status == 422
        assert server.ask("GET", "/regress?formula=" + "Zanzibar" * 2000).status == 414
    told = (tmp_path / "log").read_text()
    assert ("/regress" in told, "Zanzibar" in told) == (True, False)


def test_an_address_that_is_too_long_is_refused_as_a_problem(database_url: str) -> None:
    with web_dyno(database_url) as server, connect(server) as caller:
        caller.sendall(b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = read_all(caller)
    assert b"Content-Type: application/problem+json" in answer
    assert (status_of(answer), json.loads(body_of(answer))["status"]) == (414, 414)


def test_the_release_line_can_run_twice_on_an_empty_database(empty_database: str) -> None:
    command = ("bash", "-c", line_of_procfile("release"))
    for _ in range(2):
        subprocess.run(command, cwd=ROOT, env=environment(empty_database, {}), check=True, timeout=60)


@pytest.fixture
def empty_database(engine: Engine) -> Iterator[str]:
    with reading(engine) as connection:  # commits each statement by itself, as CREATE DATABASE wants it
        connection.exec_driver_sql("CREATE DATABASE released TEMPLATE template0")
        yield engine.url.set(database="released").render_as_string(hide_password=False)
        connection.exec_driver_sql("DROP DATABASE released WITH (FORCE)")


def test_the_worker_line_starts_the_worker() -> None:
    assert line_of_procfile("worker") == "python -m jobs.worker"


def connect(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), timeout=20)


def begin_request(caller: socket.socket) -> None:
    """Send a request's head and wait until a worker asks for the body: from then on it is in flight."""
    caller.sendall(
        b"POST /regress HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n" % len(QUESTION)
    )
    assert caller.recv(1000).startswith(b"HTTP/1.1 100")


def read_all(caller: socket.socket) -> bytes:
    return b"".join(iter(lambda: caller.recv(65536), b""))


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def body_of(answer: bytes) -> bytes:
    return answer.partition(b"\r\n\r\n")[2]


def of_session(leader: int) -> list[psutil.Process]:
    return [process for process in psutil.process_iter() if process.pid != os.getpid() and session_of(process.pid) == leader]


def session_of(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return None
