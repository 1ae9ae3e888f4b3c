"""CORS, answered only to the Origins that a publishable key is bound to.

Ours rather than flask-cors, whose origins are one list for all callers: here a preflight asks the database
whether any living key names the Origin, and an answer tells it only to the key that was used.
"""

from __future__ import annotations

from flask import Request, Response

from resources.caller import Caller
from resources.service import Service
from store import keys
from store.engine import reading

METHODS = "GET, POST"  # what may be POSTed, the key's rights decide
ASKED_WITH = "Authorization, Content-Type, Prefer, X-Request-Id"
EXPOSED = "ETag, Location, Link, Preference-Applied, Retry-After, RateLimit, RateLimit-Policy, X-Request-Id"
PREFLIGHT_SECONDS = "600"


def is_preflight(request: Request) -> bool:
    """A CORS preflight, as the Fetch standard defines it."""
    return request.method == "OPTIONS" and "Origin" in request.headers and "Access-Control-Request-Method" in request.headers


def preflight(request: Request, service: Service) -> Response:
    """Answer a preflight; without allowing anything unless the Origin belongs to a key."""
    response = Response(status=204)
    response.headers["Vary"] = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
    with reading(service.engine) as connection:
        allowed = keys.origins_allowed(connection, request.headers["Origin"])
    if allowed:
        response.headers["Access-Control-Allow-Origin"] = request.headers["Origin"]
        response.headers["Access-Control-Allow-Methods"] = METHODS
        response.headers["Access-Control-Allow-Headers"] = ASKED_WITH
        response.headers["Access-Control-Max-Age"] = PREFLIGHT_SECONDS
    return response


def allow_origin(request: Request, response: Response, caller: Caller | None) -> None:
    """Let the page that used its publishable key read the answer."""
    origin = request.headers.get("Origin")
    if origin is None:
        return
    response.vary.add("Origin")
    if caller is not None and caller.kind == "publishable" and origin in caller.origins:
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Expose-Headers"] = EXPOSED
