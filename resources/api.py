"""flask-restful, mended: every error in our shape, strict JSON, and what happens around each request."""

from __future__ import annotations

import re
from secrets import token_hex
from time import monotonic, perf_counter
from typing import Any

import orjson
from flask import Flask, Response, g, request
from flask_restful import Api

from errors import Forbidden, NotAcceptable, RateLimited, Unauthenticated
from resources.body import JSON
from resources.caller import identify
from resources.crossorigin import allow_origin, is_preflight, preflight
from resources.formats import accepted
from resources.problems import problem_of
from resources.routes import OPEN, ROUTES
from resources.service import service

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,100}")
SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Wire(Api):
    """flask-restful's Api with our errors and our JSON: its own hides ours in production and writes bare NaN."""

    def error_router(self, original_handler: object, e: Exception) -> Response:
        """Tell every error in our shape: the routes' own, unknown addresses, wrong verbs, crashes."""
        return problem_of(e)

    def make_response(self, data: object, *args: Any, **named: Any) -> Response:
        """Write JSON to whoever takes it or does not say; flask-restful writes it to everyone, or refuses both."""
        if request.accept_mimetypes and not accepted(request).accept_json:
            raise NotAcceptable(f"this address answers {JSON}")
        return json_response(data, *args, **named)


def json_response(data: object, code: int, headers: dict[str, str] | None = None) -> Response:
    """Write strict JSON: NaN and Infinity become null, numpy's numbers are numbers."""
    body = orjson.dumps(data, option=orjson.OPT_SERIALIZE_NUMPY)
    return Response(body, status=code, headers=headers, mimetype=JSON)


def mount(app: Flask) -> None:
    """Put the routes on the app, with what surrounds them."""
    wire = Wire(app)
    for resource, *paths in ROUTES:
        wire.add_resource(resource, *paths)
    app.before_request(_open)
    app.after_request(_close)


def _open() -> Response | None:
    g.started = perf_counter()
    asked = request.headers.get("X-Request-Id", "")
    g.request_id = asked if REQUEST_ID.fullmatch(asked) else token_hex(16)
    if request.endpoint in OPEN:
        return None
    if is_preflight(request):
        _meter(None)
        return preflight(request, service())
    try:
        g.caller = identify(request, service())
    except (Unauthenticated, Forbidden):
        _meter(None)  # guessing keys is counted like asking without one
        raise
    _meter(g.caller.key_id)
    return None


def _meter(key_id: int | None) -> None:
    settings, buckets = service().settings, service().buckets
    if key_id is not None:
        g.verdict = buckets.take("key", str(key_id), settings.rate_per_key, monotonic())
    else:
        g.verdict = buckets.take("address", _address(), settings.rate_per_address, monotonic())
    if not g.verdict.allowed:
        raise RateLimited(f"more than {g.verdict.quota} requests a minute; wait {g.verdict.reset} s", retry_after=g.verdict.reset)


def _address() -> str:
    """The caller's address: behind a proxy the rightmost of X-Forwarded-For, which alone the proxy vouches for."""
    if service().settings.behind_proxy:
        return request.headers.get("X-Forwarded-For", "").rsplit(",", 1)[-1].strip()
    return request.remote_addr or ""


def _close(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.get("request_id", "")
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    if request.is_secure or request.headers.get("X-Forwarded-Proto") == "https":
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    if "verdict" in g:
        response.headers.update(g.verdict.headers)
    allow_origin(request, response, g.get("caller"))
    return response
