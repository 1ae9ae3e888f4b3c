"""The door of a real server: who is let in, who waits, who is sent away, and that nobody is held up by somebody else."""

from __future__ import annotations

import json
import os
import resource
import select
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPResponse

import pytest

from resources.security import CONTENT_POLICY, SECURITY_HEADERS
from tests.serving import ROOT, SETTINGS, Server, free_port, serving, wait_until_live

PLACES = 11  # of one process that computes one thing at once
UNFINISHED = b"POST /regress HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n"
WHOLE = (
    b"POST /regress HTTP/1.1\r\nHost: x\r\nX-Request-Id: mine\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
)
TOO_LARGE = UNFINISHED.replace(b"Content-Length: 2", b"Content-Length: 9000000000") + b"x" * 1000
STOPPING_SECONDS = 10  # gunicorn gives up after 20
IMPATIENT = "from gunicorn.app.wsgiapp import run; from resources import connection; connection.SILENT_SECONDS = 1; run()"
LIVE = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture(scope="module")
def one_process(shared_database_url, tmp_path_factory):
    """One process of a server, and the file that its log goes to."""
    log, port = tmp_path_factory.mktemp("log") / "log", free_port()
    environ = os.environ | SETTINGS | {"WEB_CONCURRENCY": "1", "DATABASE_URL": shared_database_url}
    command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--log-level", "error", "app:create_app()"]
    with log.open("wb") as file:
        process = subprocess.Popen(command, cwd=ROOT, env=environ, stderr=file, start_new_session=True)
    server = Server(f"http://127.0.0.1:{port}", shared_database_url, process)
    try:
        wait_until_live(server, port)
        yield port, log
    finally:
        server.stop()


@pytest.fixture(scope="module")
def impatient(shared_database_url):
    """One process of a server that waits a second, not thirty, for the rest of a request."""
    port = free_port()
    environ = os.environ | SETTINGS | {"WEB_CONCURRENCY": "1", "DATABASE_URL": shared_database_url}
    command = [sys.executable, "-c", IMPATIENT, "--bind", f"127.0.0.1:{port}", "--log-level", "error", "app:create_app()"]
    process = subprocess.Popen(command, cwd=ROOT, env=environ, stderr=subprocess.DEVNULL, start_new_session=True)
    server = Server(f"http://127.0.0.1:{port}", shared_database_url, process)
    try:
        wait_until_live(server, port)
        yield port
    finally:
        server.stop()


@pytest.fixture
def port(one_process):
    return one_process[0]


def connected(port: int, sent: bytes) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=20)
    connection.sendall(sent)
    return connection


def answer(connection: socket.socket, method: str = "POST") -> tuple[int, dict[str, str], bytes]:
    response = HTTPResponse(connection, method=method)
    response.begin()
    return response.status, dict(response.getheaders()), response.read()


@contextmanager
def full(port: int):
    """Take all places, by requests whose bodies are to come."""
    holding = [connected(port, UNFINISHED) for _ in range(PLACES)]
    time.sleep(0.5)
    try:
        yield holding
    finally:
        for each in holding:
            each.sendall(b"{}")
            assert answer(each)[0] == 422
            each.close()


def test_those_who_wait_for_slow_ones_are_let_in_until_all_places_are_taken(port):
    with full(port), connected(port, WHOLE) as late:
        assert answer(late)[0] == 503


def test_whoever_finds_room_in_time_is_not_refused(port):
    with full(port) as holding, connected(port, WHOLE) as late:
        time.sleep(0.05)
        holding[0].sendall(b"{}")
        assert answer(holding[0])[0] == 422
        assert answer(late)[0] == 422
        holding[0].close()
        holding[0] = connected(port, UNFINISHED)


def test_a_refusal_has_what_every_problem_has(port):
    with connected(port, b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n") as other:
        _, usual, body = answer(other)
    with full(port), connected(port, WHOLE) as late:
        status, headers, refusal = answer(late)
    assert (status, headers["X-Request-Id"], headers["Retry-After"]) == (503, "mine", "1")
    own = {"Server", "Connection", "RateLimit", "RateLimit-Policy"}  # of gunicorn; and nothing was counted
    assert set(usual) - own <= set(headers)
    assert all(headers[name] == usual[name] for name, _ in (*SECURITY_HEADERS, CONTENT_POLICY))
    assert set(json.loads(refusal)) == set(json.loads(body))


def test_a_connection_goes_on_after_a_refusal(port):
    with full(port), connected(port, WHOLE) as late:
        assert [answer(late)[0], late.sendall(WHOLE), answer(late)[0]] == [503, None, 503]
        late.sendall(LIVE)
        assert answer(late, "GET")[0] == 200
    with connected(port, WHOLE) as late:
        assert answer(late)[0] == 422


def test_a_refusal_arrives_before_a_body_that_is_still_being_sent(port):
    long = UNFINISHED.replace(b"Content-Length: 2", b"Content-Length: 900000")
    with full(port), connected(port, long + b"x" * 1000) as late:
        time.sleep(0.4)
        late.sendall(b"x" * 500_000)
        status, headers, _ = answer(late)
        assert (status, headers["Connection"]) == (503, "close")
        assert late.recv(1) == b""


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/", "/docs"])
def test_who_watches_is_served_when_all_places_are_taken(port, path):
    with full(port):
        began = time.monotonic()
        connection = HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", path)
        assert connection.getresponse().status == 200
        connection.close()
        assert time.monotonic() - began < 1


def test_a_crowd_of_those_who_watch_leaves_room_for_others(port):
    with full(port) as holding:
        crowd = [connected(port, LIVE[:-2]) for _ in range(30)]
        time.sleep(0.5)
        with connected(port, WHOLE) as late:
            time.sleep(0.05)
            holding[0].sendall(b"{}")
            assert answer(late)[0] == 422
        for each in crowd:
            each.close()


def test_connections_that_say_nothing_take_no_place(port):
    silent = [connected(port, b"") for _ in range(3 * PLACES)]
    with connected(port, WHOLE) as other:
        assert answer(other)[0] == 422
    for each in silent:
        each.close()


def test_clients_that_do_not_close_hold_nobody_up(port):
    last = LIVE.replace(b"Host: x", b"Host: x\r\nConnection: close")
    lazy = [connected(port, last) for _ in range(5)]  # gunicorn itself waits two seconds for each of them
    assert [answer(each, "GET")[0] for each in lazy] == [200] * 5
    began = time.monotonic()
    with connected(port, LIVE) as other:
        assert answer(other, "GET")[0] == 200
    assert time.monotonic() - began < 1
    for each in lazy:
        each.close()


def test_the_log_counts_refusals_and_has_no_line_for_each(one_process):
    port, log = one_process
    time.sleep(2)  # until what other tests were refused is told
    before, refused = len(shed(log)), sum(each["requests"] for each in shed(log))
    with full(port):
        late = [connected(port, WHOLE) for _ in range(50)]
        assert [answer(each)[0] for each in late] == [503] * 50
    for each in late:
        each.close()
    give_up = time.monotonic() + 10
    while sum(each["requests"] for each in shed(log)) < refused + 50:
        assert time.monotonic() < give_up
        time.sleep(0.05)
    assert sum(each["requests"] for each in shed(log)) == refused + 50
    assert len(shed(log)) - before < 5


def test_a_connection_that_ends_without_a_question_is_not_refused(one_process):
    port, log = one_process
    time.sleep(2)  # until what other tests were refused is told
    refused = sum(each["requests"] for each in shed(log))
    with full(port):
        for _ in range(20):
            connected(port, b"").close()
        kept = connected(port, LIVE)
        assert answer(kept, "GET")[0] == 200
        kept.close()
        time.sleep(2)
    assert sum(each["requests"] for each in shed(log)) == refused


def test_one_thread_is_enough_to_answer(shared_database_url):
    with serving(shared_database_url, WEB_CONCURRENCY="1", LAMPLIGHT_THREADS="1") as server:
        assert server.ask("POST", "/regress", {}).status == 422


def test_a_server_that_stops_tells_all_and_waits_for_nobody_who_says_nothing(shared_database_url):
    with serving(shared_database_url, WEB_CONCURRENCY="1") as server:
        port = int(server.url.rpartition(":")[2])
        with connected(port, b""), connected(port, LIVE) as kept:
            assert answer(kept, "GET")[0] == 200
            began = time.monotonic()
            server.process.terminate()
            time.sleep(0.3)
            kept.sendall(TOO_LARGE)
            time.sleep(0.3)
            kept.sendall(b"x" * 300_000)  # to a process that has gone, this would fail
            status, headers, _ = answer(kept)
            assert (status, headers["Connection"]) == (413, "close")
            kept.close()
            server.process.wait(20)
            assert time.monotonic() - began < STOPPING_SECONDS


@pytest.mark.parametrize(("beginning", "status"), [(UNFINISHED + b"{", 400), (UNFINISHED[:30], None)])
def test_silence_in_the_middle_of_a_request_ends_it(impatient, beginning, status):
    with connected(impatient, beginning) as silent, connected(impatient, LIVE) as other:
        began = time.monotonic()
        assert answer(other, "GET")[0] == 200
        if status is None:
            assert silent.recv(1) == b""
        else:
            assert answer(silent)[0] == status
            silent.sendall(b"}" + LIVE)  # the rest of a body must never be taken for a request
            assert silent.recv(1) == b""
        assert 0.5 < time.monotonic() - began < 8


def test_a_request_that_trickles_in_is_ended(impatient):
    with connected(impatient, LIVE[:-2] + b"X-Slow: ") as slow:
        give_up = time.monotonic() + 8
        while not select.select([slow], [], [], 0.2)[0]:  # a byte before any silence is long enough
            assert time.monotonic() < give_up
            slow.sendall(b"x")
        with suppress(ConnectionResetError):  # a byte was on its way
            assert slow.recv(1) == b""


def test_a_server_without_files_left_serves_those_it_has_and_others_later(shared_database_url):
    with serving(shared_database_url, WEB_CONCURRENCY="1") as server:
        (worker,), port = server.workers(), int(server.url.rpartition(":")[2])
        with connected(port, WHOLE) as known:
            assert answer(known)[0] == 422
            few = len(os.listdir(f"/proc/{worker}/fd")) + 10
            resource.prlimit(worker, resource.RLIMIT_NOFILE, (few, few))
            crowd = [connected(port, b"") for _ in range(30)]
            time.sleep(0.5)
            known.sendall(WHOLE)
            assert answer(known)[0] == 422
            for each in crowd:
                each.close()
        with connected(port, WHOLE) as other:
            assert answer(other)[0] == 422
        assert server.workers() == [worker]


def shed(log) -> list[dict[str, object]]:
    lines = [json.loads(line) for line in log.read_bytes().splitlines() if line.startswith(b"{")]
    return [line for line in lines if line["event"] == "shed"]
