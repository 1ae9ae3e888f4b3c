"""gunicorn's threaded worker with a door: so many requests get a thread, some wait a moment, the rest are sent away at once."""

from __future__ import annotations

import errno
import select
import socket
from collections import deque
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from selectors import EVENT_READ
from time import monotonic, sleep
from typing import Any

from gunicorn import util
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

from logs import write
from resources.bare import bare_problem
from resources.connection import Connection
from resources.leaving import Leaving
from resources.request_id import request_id_of
from resources.shedding import refusal_of, watches
from resources.together import Together

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
MALFORMED = (HTTPStatus.BAD_REQUEST, "bad-request", "this is not a request that HTTP/1.1 allows")
FAILED = (HTTPStatus.INTERNAL_SERVER_ERROR, "internal-error", "the server failed; the request id finds the place in its log")
LINGER_MILLISECONDS = 2  # of a thread for a connection's next request: a client nearby has sent it by then
DOOR_SECONDS = 0.25  # of waiting for a thread: a burst is over by then, and whoever asks again at once is slowed down
BESIDE = 3  # requests that read, ask Postgres and write while one computes; more would only take the interpreter from each other
LONG_SECONDS = 0.1  # of waiting at the door: those inside are slow, and others need not be
GLANCE_SECONDS = 0.02  # between two looks at who waits there
NAP_SECONDS = 0.002  # of the main thread while all places are taken: many things are then done at one awakening
COURTESY_SECONDS = 0.0005  # for each connection in hand: as long as an idle process takes to wake up
MOST_COURTESY = 4  # connections that count; with more, every process has some
ROUND = 50  # connections taken at one awakening
SPARE = 1  # thread for those who watch
WATCHERS = 4  # let in although there is no room; more of them would be a crowd like any other, and wait at the door
MOST_AT_DOOR = 400  # of the 1,000 connections that gunicorn lets a worker have
TELLING_SECONDS = 1.0  # between two lines of the log
BEGINNING = 64  # bytes: the method and the path of those who are never refused
CHUNK = 1 << 16
NO_FILES = frozenset({errno.EMFILE, errno.ENFILE})  # of the system's errors: no connection more can be opened


class Worker(ThreadWorker):
    """gunicorn's threaded worker.

    A few requests get a thread at once; when these take long, as many as may compute or wait for that. The threads of those
    who wait for a job are beside these. What gunicorn refuses itself is told as problem+json, and no request's line is logged.
    """

    def run(self) -> None:
        service = self.wsgi.extensions["lamplight"]
        self._few, self._most, self._waits = service.settings.concurrency + BESIDE, service.gate.places, service.waits
        self._inside, self._watching = 0, 0  # the latter beside the former
        self._at_door: deque[tuple[float, Connection]] = deque()  # each with the moment when it came
        self._leaving, self._counted = Leaving(self.poller), 0  # of those who leave, how many are counted as connections
        self._refused, self._told_at = 0, 0.0
        super().run()

    def accept(self, listener: Any) -> None:
        """Take new connections: one while there is room, so that the other processes get theirs, else all that have come.

        A process with less to do is let go first: connections are kept, and the four of a busy client could otherwise all
        stay with one process while the other idles.
        """
        in_hand = self.nr_conns - len(self.keepalived_conns) - self._counted
        if in_hand and not self._at_door:
            sleep(COURTESY_SECONDS * min(in_hand, MOST_COURTESY))
        try:
            with suppress(BlockingIOError, ConnectionAbortedError):
                self._welcome(listener)
                for _ in range(ROUND if self._at_door else 0):
                    self._welcome(listener)
        except OSError as error:
            if error.errno not in NO_FILES:
                raise
            sleep(GLANCE_SECONDS)  # whoever comes waits in the system's queue until somebody has gone

    def enqueue_req(self, conn: Connection) -> None:
        """Let a request in, or let it wait at the door; a connection that has ended needs neither."""
        if self._inside < self._room(self._few):
            self._let_in(conn)
            return
        beginning = _beginning(conn)
        if beginning == b"":
            self._forget(conn)
        elif beginning and watches(beginning) and self._watching < WATCHERS:
            self._let_in(conn, watching=True)
        else:
            self._at_door.append((monotonic(), conn))
            if len(self._at_door) > MOST_AT_DOOR:
                self._send_away(self._at_door.popleft()[1])

    def finish_request(self, conn: Connection, fs: Future[Any]) -> None:
        if conn.watching:
            self._watching -= 1
        else:
            self._inside -= 1
        self._let_in_who_wait()
        super().finish_request(conn, fs)

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Do what connections ask for, then send away those who have waited at the door long enough."""
        if self._at_door:
            sleep(NAP_SECONDS)
            timeout = min(timeout, GLANCE_SECONDS)
        super().wait_for_and_dispatch_events(timeout)
        self._let_in_who_wait()
        now = monotonic()
        while self._at_door and now - self._at_door[0][0] >= DOOR_SECONDS:
            self._send_away(self._at_door.popleft()[1])
        self._leaving.sweep()
        self._count_leaving()
        if self._refused and now - self._told_at >= TELLING_SECONDS:
            write("warning", "shed", {"requests": self._refused})
            self._refused, self._told_at = 0, now

    def handle(self, conn: Connection) -> Any:
        """Serve a connection's request, and those that follow at once.

        gunicorn hands a connection back to its main thread after each request: two changes of thread, each waiting for
        the interpreter, which a client that asks one question after another pays every time.
        """
        keeps = super().handle(conn)
        while keeps is True and self.alive and not (conn.silent or self._others_wait()) and _asks_again(conn):
            keeps = super().handle(conn)
        return False if conn.silent else keeps

    def handle_request(self, req: Any, conn: Connection) -> Any:
        """Answer a request with its headers and its body in one packet: gunicorn writes them one after the other."""
        if any(name == "EXPECT" for name, _ in req.headers):  # 100 Continue has to go before the body comes
            return super().handle_request(req, conn)
        plain = conn.sock
        conn.sock = together = Together(plain)
        try:
            keeps = super().handle_request(req, conn)
            together.flush()
            return keeps
        finally:
            conn.sock = plain

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: Exception) -> None:
        status, kind, detail = _told(exc)
        request_id = request_id_of("")
        self.log.warning("%s before the application, %s, request %s", status.value, type(exc).__name__, request_id)
        try:
            util.write_nonblock(client, bare_problem(status, kind, status.phrase, detail, request_id, ("Connection", "close")))
        except OSError as gone:
            self.log.debug("the caller has gone: %s", type(gone).__name__)

    def _welcome(self, listener: Any) -> None:
        """Take a connection; one that says nothing yet waits without a thread."""
        client, address = listener.accept()
        self.nr_conns += 1
        conn = Connection(self._leaving, self.cfg, client, address, listener.getsockname())
        if _beginning(conn) is None:
            self._await(conn, self.pending_conns, self.on_pending_socket_readable)
        else:
            conn.data_ready = True
            self.enqueue_req(conn)

    def _room(self, places: int) -> int:
        """How many requests may be inside: those who wait for a job only hold a thread, and one is left for who watches."""
        return int(min(places + self._waits.taken, max(self.cfg.threads - SPARE, 1)))

    def _let_in_who_wait(self) -> None:
        """Let the first in while there are few inside; when these take long, more."""
        while self._at_door:
            long = monotonic() - self._at_door[0][0] >= LONG_SECONDS
            if self._inside >= self._room(self._most if long else self._few):
                break
            self._let_in(self._at_door.popleft()[1])

    def _others_wait(self) -> bool:
        return bool(self._at_door) or not self.tpool._work_queue.empty()

    def _let_in(self, conn: Connection, *, watching: bool = False) -> None:
        conn.watching = watching
        if watching:
            self._watching += 1
        else:
            self._inside += 1
        super().enqueue_req(conn)

    def _await(self, conn: Connection, queue: deque[Connection], called: Any) -> None:
        """Watch a connection for what comes next, as gunicorn does."""
        conn.sock.setblocking(False)
        conn.set_timeout()
        queue.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(called, conn))

    def _send_away(self, conn: Connection) -> None:
        """Refuse a request, of which as much is read as has come."""
        refusal, told = None, 0
        with suppress(OSError):  # it has gone already, or reads nothing of what it was told before
            refusal = refusal_of(_rest(conn), may_keep=self.alive and len(self.keepalived_conns) < self.max_keepalived)
            told = conn.sock.send(refusal.answer, socket.MSG_DONTWAIT)
            self._refused += 1
        if refusal and refusal.keeps and told == len(refusal.answer):
            self._await(conn, self.keepalived_conns, self.on_client_socket_readable)
        else:
            self._forget(conn, graceful=refusal is not None and not refusal.whole)

    def _forget(self, conn: Connection, *, graceful: bool = False) -> None:
        self.nr_conns -= 1
        conn.close(graceful)

    def _count_leaving(self) -> None:
        """Count those who leave as connections: they are open files as well, and a worker that stops waits for them."""
        self.nr_conns += len(self._leaving) - self._counted
        self._counted = len(self._leaving)

    def _cap_keepalive(self, deadline: float) -> None:
        """Let those who have said nothing by now hold up the worker's end no longer than those who were answered."""
        super()._cap_keepalive(deadline)
        for conn in self.pending_conns:
            conn.timeout = min(conn.timeout, deadline)


def _beginning(conn: Connection) -> bytes | None:
    """Look at the first bytes of a request without taking them. None: none have come; empty: none will come."""
    if conn.parser is not None and (read_ahead := conn.parser.unreader.buf.getvalue()):
        return bytes(read_ahead[:BEGINNING])
    try:
        return bytes(conn.sock.recv(BEGINNING, socket.MSG_PEEK | socket.MSG_DONTWAIT))
    except BlockingIOError:
        return None
    except OSError:
        return b""


def _rest(conn: Connection) -> bytes:
    """Take what has come of a request."""
    read_ahead = conn.parser.unreader.take_buffered() if conn.parser is not None else b""
    try:
        return bytes(read_ahead + conn.sock.recv(CHUNK, socket.MSG_DONTWAIT))
    except BlockingIOError:
        return bytes(read_ahead)


def _asks_again(conn: Connection) -> bool:
    """Wait a moment for the next request on a connection."""
    if conn.parser.unreader.buf.getvalue():  # it came together with the one before
        return True
    waiting = select.poll()
    waiting.register(conn.sock, select.POLLIN)
    return bool(waiting.poll(LINGER_MILLISECONDS))


def _told(error: Exception) -> tuple[HTTPStatus, str, str]:
    if isinstance(error, InvalidResponseHeader | InvalidResponseHeaderName) or not isinstance(error, ParseException):
        return FAILED
    return REFUSALS.get(type(error), MALFORMED)
