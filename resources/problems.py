"""An error → problem+json (RFC 9457), for every route and every status. The one place that catches everything."""

from __future__ import annotations

from http import HTTPStatus

import orjson
from flask import Response, g
from werkzeug.exceptions import HTTPException

from errors import TYPE_PREFIX, LamplightError
from resources.bare import MEDIA_TYPE
from resources.logs import log_crash


def problem_of(error: Exception) -> Response:
    """Turn any exception into the answer a caller gets. What is not ours is logged and told without details."""
    if isinstance(error, LamplightError):
        return _of_ours(error)
    if isinstance(error, HTTPException):
        return _of_http(error)
    log_crash(error)
    return _of_ours(LamplightError("the server failed; the request id finds the place in its log"))


def _of_ours(error: LamplightError) -> Response:
    faults = [{"pointer": fault.pointer, "detail": fault.detail} for fault in error.faults]
    response = _problem(error.status, error.type, error.title, error.detail, **({"errors": faults} if faults else {}))
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    if error.status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = 'Bearer realm="lamplight"'
    return response


def _of_http(error: HTTPException) -> Response:
    """Redirects stay what they are; the framework's own refusals are told in our shape, with their headers."""
    status = error.code or 500
    if status < 400:
        return error.get_response()  # type: ignore[return-value]
    title = HTTPStatus(status).phrase
    response = _problem(status, title.lower().replace(" ", "-"), title, _detail(error))
    for name, value in error.get_headers():
        if name not in ("Content-Type", "Content-Length"):
            response.headers[name] = value
    return response


def _detail(error: HTTPException) -> str:
    allowed = getattr(error, "valid_methods", None)
    if allowed:
        return f"this address answers {', '.join(sorted(allowed))}"
    if error.code == HTTPStatus.NOT_FOUND:
        return "no such address; /openapi.json lists those there are"
    return error.description or ""


def _problem(status: int, type_: str, title: str, detail: str, **more: object) -> Response:
    body = {
        "type": TYPE_PREFIX + type_,
        "title": title,
        "status": status,
        "detail": detail,
        "request_id": g.get("request_id"),
        **more,
    }
    return Response(orjson.dumps(body), status=status, mimetype=MEDIA_TYPE)
