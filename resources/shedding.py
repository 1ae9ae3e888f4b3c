"""Too many requests at once → 503 before anything is done for them, so that those under way are answered in time.

A refusal is written from the bytes of the request's head, without Flask and on no thread of its own. Reading a body and
looking up a key for a request that is then sent away would take the time of others.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from errors import Busy
from resources.bare import bare_problem
from resources.request_id import request_id_of
from resources.security import TRANSPORT

WATCHING = re.compile(rb"(?:GET|HEAD) /(?:[ ?]|health/|static/|docs|openapi\.json)")  # never refused
HEAD = re.compile(rb"([A-Z]+) [!-~]+ HTTP/1\.1\r\n((?:[!-9;-~]+:[^\r\n\0]*\r\n)*)\r\n")
BUSY = Busy("too many requests are under way already; try again in a second")


@dataclass(frozen=True)
class Refusal:
    """What is told to somebody who is sent away, and what becomes of the connection."""

    answer: bytes
    whole: bool  # nothing of the request is still to come: to close with something unread would lose the answer
    keeps: bool  # the next request may come on this connection


def watches(beginning: bytes) -> bool:
    """Tell whether a request is one of those that are never refused: whoever watches the service, and its pages."""
    return WATCHING.match(beginning) is not None


def refusal_of(sent: bytes, *, may_keep: bool = True) -> Refusal:
    """Refuse a request of which these bytes have come. Where it ends is only believed when there is no doubt.

    may_keep: the next request would still be heard on this connection.
    """
    head = HEAD.match(sent)
    if head is None:
        return Refusal(_told({}, keeps=False), whole=False, keeps=False)
    lines = [line.partition(b":") for line in head[2].split(b"\r\n")[:-1]]
    headers = {name.lower(): value.strip() for name, _, value in lines}
    clear = len(headers) == len(lines) and b"transfer-encoding" not in headers and b"expect" not in headers
    whole = clear and headers.get(b"content-length", b"0") == b"%d" % (len(sent) - head.end())
    keeps = may_keep and whole and headers.get(b"connection", b"keep-alive").lower() == b"keep-alive"
    answer = _told(headers, keeps=keeps)
    return Refusal(answer.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if head[1] == b"HEAD" else answer, whole, keeps)


def _told(headers: Mapping[bytes, bytes], *, keeps: bool) -> bytes:
    request_id = request_id_of(headers.get(b"x-request-id", b"").decode("latin-1"))
    more = [("Retry-After", str(BUSY.retry_after))]
    if not keeps:
        more.append(("Connection", "close"))
    if b"origin" in headers:
        more.append(("Vary", "Origin"))
    if headers.get(b"x-forwarded-proto") == b"https":
        more.append(TRANSPORT)
    return bare_problem(HTTPStatus.SERVICE_UNAVAILABLE, BUSY.type, BUSY.title, BUSY.detail, request_id, *more)
