"""How gunicorn serves the application; `gunicorn "app:create_app()"` reads this file from the current folder."""

from __future__ import annotations

import ctypes
import gc
import json
import os
import secrets
import select
import signal
import socket
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from typing import Any

from gunicorn import util
from gunicorn.glogging import Logger
from gunicorn.http.errors import (
    ExpectationFailed,
    InvalidResponseHeader,
    InvalidResponseHeaderName,
    LimitRequestHeaders,
    LimitRequestLine,
    ParseException,
    UnsupportedTransferCoding,
)
from gunicorn.workers.gthread import ThreadWorker

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")  # before numpy is imported: requests share the cores, one fit does not take them all

REFUSALS = {
    LimitRequestLine: (
        HTTPStatus.REQUEST_URI_TOO_LONG,
        "uri-too-long",
        "the address is longer than 8190 bytes; send the request as a POST",
    ),
    LimitRequestHeaders: (
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        "request-header-fields-too-large",
        "there may be 100 headers of 8190 bytes",
    ),
    UnsupportedTransferCoding: (HTTPStatus.NOT_IMPLEMENTED, "not-implemented", "send the body plain, with a Content-Length"),
    ExpectationFailed: (HTTPStatus.EXPECTATION_FAILED, "expectation-failed", "the only Expect known here is 100-continue"),
}
MALLOC = {  # of glibc's mallopt: a burst of large tables on 16 threads would keep 500 MB for good; so it falls back to 160
    -8: 2,  # M_ARENA_MAX
    -3: 1 << 20,  # M_MMAP_THRESHOLD: larger arrays go back to the system when they are freed
}
LINGER_MILLISECONDS = 2  # of a thread for a connection's next request: a client nearby has sent it by then
CORK: int | None = getattr(socket, "TCP_CORK", None)  # of Linux
YOUNG = 10_000  # objects that are new before Python looks for cycles among them: a request leaves none, and makes 2,000
MALFORMED = (HTTPStatus.BAD_REQUEST, "bad-request", "this is not a request that HTTP/1.1 allows")
FAILED = (HTTPStatus.INTERNAL_SERVER_ERROR, "internal-error", "the server failed; the request id finds the place in its log")


class QuietLogger(Logger):
    """gunicorn's log without its access log, which Heroku turns on: it holds query strings, and these hold formulas.

    The application writes a line per request itself.
    """

    def access(self, *arguments: Any) -> None:
        """Write nothing."""


class Worker(ThreadWorker):
    """gunicorn's threaded worker, telling what it refuses itself as problem+json, and never logging a request's line."""

    def handle(self, conn: Any) -> Any:
        """Serve a connection's request, and those that follow at once.

        gunicorn hands a connection back to its main thread after each request: two changes of thread, each waiting for
        the interpreter, which a client that asks one question after another pays every time.
        """
        keeps = super().handle(conn)
        while keeps is True and self.alive and self.tpool._work_queue.empty() and _asks_again(conn):
            keeps = super().handle(conn)
        return keeps

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Answer a request with its headers and its body in one packet: gunicorn writes them one after the other."""
        if CORK is None or any(name == "EXPECT" for name, _ in req.headers):  # 100 Continue has to go before the body comes
            return super().handle_request(req, conn)
        _hold(conn.sock, True)
        try:
            return super().handle_request(req, conn)
        finally:
            _hold(conn.sock, False)

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: Exception) -> None:
        status, kind, detail = _told(exc)
        request_id = secrets.token_hex(16)
        self.log.warning("%s before the application, %s, request %s", status.value, type(exc).__name__, request_id)
        try:
            util.write_nonblock(client, _problem(status, kind, detail, request_id))
        except OSError as gone:
            self.log.debug("the caller has gone: %s", type(gone).__name__)


def pre_fork(server: Any, worker: Any) -> None:
    """Hold SIGTERM back while a worker is born: before it has its own handler, gunicorn would lose the signal.

    The master then waits for that worker until graceful_timeout and kills it.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})


def post_worker_init(worker: Any) -> None:
    """Let the worker hear SIGTERM, now that it knows what to do."""
    _hear_sigterm()


def post_fork(server: Any, worker: Any) -> None:
    """Forget the connections of the parent, without closing them: they are its own."""
    server.app.wsgi().extensions["lamplight"].engine.dispose(close=False)


def when_ready(server: Any) -> None:
    """Set aside what is loaded by now, so that the workers' garbage collection leaves its shared pages alone."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG)


def _hold(connection: socket.socket, held: bool) -> None:
    """Hold back what is written to a connection, or let it go."""
    with suppress(OSError):  # it is closed, or no TCP
        connection.setsockopt(socket.IPPROTO_TCP, CORK, held)


def _asks_again(conn: Any) -> bool:
    """Wait a moment for the next request on a connection."""
    if conn.parser.unreader.buf.getvalue():  # it came together with the one before
        return True
    waiting = select.poll()
    waiting.register(conn.sock, select.POLLIN)
    return bool(waiting.poll(LINGER_MILLISECONDS))


def _hear_sigterm() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})


def _told(error: Exception) -> tuple[HTTPStatus, str, str]:
    if isinstance(error, InvalidResponseHeader | InvalidResponseHeaderName) or not isinstance(error, ParseException):
        return FAILED
    return REFUSALS.get(type(error), MALFORMED)


def _problem(status: HTTPStatus, kind: str, detail: str, request_id: str) -> bytes:
    body = json.dumps(
        {
            "type": f"urn:lamplight:problem:{kind}",
            "title": status.phrase,
            "status": status.value,
            "detail": detail,
            "request_id": request_id,
        }
    )
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}",
        "Connection: close",
        "Content-Type: application/problem+json",
        f"Content-Length: {len(body)}",
        "X-Content-Type-Options: nosniff",
        f"X-Request-Id: {request_id}",
    )
    return "\r\n".join((*head, "", body)).encode()


def _give_memory_back() -> None:
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # other C libraries have none
    for parameter, value in MALLOC.items():
        if mallopt:
            mallopt(parameter, value)


def _count(variable: str, default: int) -> int:
    value = os.environ.get(variable, str(default))
    if not value.isdecimal() or int(value) < 1:
        raise SystemExit(f"lamplight: {variable} must be a whole number, 1 or more")
    return int(value)


def _every_interface() -> str:
    """The address that hears IPv6 and IPv4, or IPv4 alone where there is no IPv6."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::", 0))
            return "0.0.0.0" if probe.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY) else "[::]"  # noqa: S104
    except OSError:
        return "0.0.0.0"  # noqa: S104  a dyno is reached through the router alone


_give_memory_back()
os.register_at_fork(after_in_parent=_hear_sigterm)

bind = f"{_every_interface()}:{_count('PORT', 8000)}"
workers = _count("WEB_CONCURRENCY", 2)
threads = _count(
    "LAMPLIGHT_THREADS", 16
)  # more than the 10 that resources/gate.py lets compute and wait, to refuse the rest at once
worker_class = Worker
preload_app = True  # import once, share the pages
timeout = 30  # a heartbeat, not a request's time: only a worker that no longer turns is killed
graceful_timeout = 20  # Heroku kills 30 s after SIGTERM
keepalive = 95  # longer than the router keeps its connections, so that it is never the server that hangs up
limit_request_line = 8190  # a GET carries its formula in the address
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108  heartbeats should not wait for a disk
control_socket_disable = True
logger_class = QuietLogger
