"""A problem as the bytes that go over the wire: what gunicorn tells when the application is not asked."""

from __future__ import annotations

from email.utils import formatdate
from http import HTTPStatus

import orjson

from errors import TYPE_PREFIX
from resources.security import CONTENT_POLICY, SECURITY_HEADERS

MEDIA_TYPE = "application/problem+json"
ALWAYS = "".join(f"{name}: {value}\r\n" for name, value in (*SECURITY_HEADERS, CONTENT_POLICY))


def bare_problem(status: HTTPStatus, kind: str, title: str, detail: str, request_id: str, *more: tuple[str, str]) -> bytes:
    """Write a problem (RFC 9457) with its head; `more` are headers beside those that every answer has."""
    told = {"type": TYPE_PREFIX + kind, "title": title, "status": status.value, "detail": detail}
    body = orjson.dumps(told | {"request_id": request_id})
    own = "".join(f"{name}: {value}\r\n" for name, value in more)
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\n"
        f"Date: {formatdate(usegmt=True)}\r\n"
        f"Content-Type: {MEDIA_TYPE}\r\n"
        f"Content-Length: {len(body)}\r\n"
        f"X-Request-Id: {request_id}\r\n"
        f"{ALWAYS}{own}\r\n"
    )
    return head.encode() + body
