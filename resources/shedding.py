"""Too many requests at once → 503 before anything is done for them, so that those under way are answered in time.

A thread that refuses costs a twentieth of one that predicts; reading a body and looking up a key for a request that the gate
then sends away would take the time of others. Whoever watches the service, and its pages, are never refused here.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable
from threading import Lock
from typing import Any

from resources.gate import WAITING_PER_TURN
from resources.waits import WAITING

DRAINED = 1 << 20  # bytes of a body that are read and forgotten
SPARE = 1  # beside those who compute, wait for their turn, or wait for a worker
OPEN = ("/health/", "/static/", "/docs", "/openapi.json")
STATUS = "503 Service Unavailable"

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


class Shedding:
    """A WSGI application around ours that holds at most so many requests at once."""

    def __init__(self, application: Application, turns: int) -> None:
        self._application = application
        self._most = turns * (1 + WAITING_PER_TURN) + WAITING - SPARE
        self._inside = 0
        self._lock = Lock()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "/")
        if path == "/" or path.startswith(OPEN):
            return self._application(environ, start_response)
        if not self._enter():
            return _refused(environ, start_response)
        try:
            return self._application(environ, start_response)
        finally:
            self._leave()

    def _enter(self) -> bool:
        with self._lock:
            if self._inside >= self._most:
                return False
            self._inside += 1
            return True

    def _leave(self) -> None:
        with self._lock:
            self._inside -= 1


def _refused(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if length <= DRAINED:  # to close a connection with something unread would lose the answer
        environ["wsgi.input"].read(length)
    request_id = secrets.token_hex(16)
    body = json.dumps(
        {
            "type": "urn:lamplight:problem:busy",
            "title": "More work than can be done in time",
            "status": 503,
            "detail": "too many requests are under way already; try again in a second",
            "request_id": request_id,
        }
    ).encode()
    headers = [
        ("Content-Type", "application/problem+json"),
        ("Content-Length", str(len(body))),
        ("Retry-After", "1"),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Request-Id", request_id),
    ]
    if length > DRAINED:
        headers.append(("Connection", "close"))
    start_response(STATUS, headers)
    return [body]
