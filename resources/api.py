"""flask-restful, mended: every error in our shape, strict JSON, and what happens around each request."""

from __future__ import annotations

from dataclasses import replace
from time import monotonic, perf_counter
from typing import Any

import orjson
from flask import Flask, Response, g, request
from flask_restful import Api

from config import Settings
from errors import Fault, Forbidden, InvalidInput, NotAcceptable, RateLimited, Unauthenticated
from resources.answer import Answer
from resources.body import JSON
from resources.caller import identify
from resources.crossorigin import allow_origin, is_preflight, preflight
from resources.formats import accepted
from resources.logs import log_request
from resources.problems import problem_of
from resources.rate import bucket_of
from resources.request_id import request_id_of
from resources.routes import OPEN, ROUTES
from resources.security import TRANSPORT
from resources.service import Service, service, this_request

CONFIRMED_LATER = frozenset({"regress", "mixed", "forecast", "modelprediction", "fraud"})  # their POST confirms the key
READING = frozenset({"GET", "HEAD", "DELETE"})  # without a body: all fields are in the query string


class Wire(Api):
    """flask-restful's Api with our errors and our JSON: its own hides ours in production and writes bare NaN."""

    def error_router(self, original_handler: object, e: Exception) -> Response:
        """Tell every error in our shape: the routes' own, unknown addresses, wrong verbs, crashes."""
        if isinstance(e, InvalidInput):
            e.faults = tuple(map(_in_its_place, e.faults))
        return problem_of(e)

    def make_response(self, data: object, *args: Any, **named: Any) -> Response:
        """Write JSON to whoever takes it or does not say; flask-restful writes it to everyone, or refuses both."""
        if request.accept_mimetypes and not accepted(request).accept_json:
            raise NotAcceptable(f"this address answers {JSON}")
        return json_response(data, *args, **named)


def json_response(data: object, code: int, headers: dict[str, str] | None = None) -> Response:
    """Write strict JSON: NaN and Infinity become null, numpy's numbers are numbers."""
    body = orjson.dumps(data, option=orjson.OPT_SERIALIZE_NUMPY)
    return Answer(body, status=code, headers=headers, mimetype=JSON)


def _in_its_place(fault: Fault) -> Fault:
    """Point to a field of the query string as one, `?level`, which whoever refused it took for one of a body, `/level`."""
    name = fault.pointer[1:].partition("/")[0]
    if not fault.pointer.startswith("/") or (request.method not in READING and name not in request.args):
        return fault
    where = "dataset" if name == "data" and "dataset" in request.args else fault.pointer[1:]
    return replace(fault, pointer=f"?{where}")


def mount(app: Flask) -> None:
    """Put the routes on the app, with what surrounds them."""
    app.response_class = Answer
    wire = Wire(app)
    for resource, *paths in ROUTES:
        wire.add_resource(resource, *paths)
    app.before_request(_open)
    app.after_request(_close)


def _open() -> Response | None:
    (asked, state), this = this_request(), service()
    state.started = perf_counter()
    state.request_id = request_id_of(asked.headers.get("X-Request-Id", ""))
    if asked.endpoint in OPEN:
        return None
    if is_preflight(asked):
        _meter(None, this)
        return preflight(asked, this)
    try:
        state.caller = identify(asked, this, later=asked.method == "POST" and asked.endpoint in CONFIRMED_LATER)
    except (Unauthenticated, Forbidden):
        _meter(None, this)  # guessing keys is counted like asking without one
        raise
    _meter(state.caller.key_id, this)
    return None


def _meter(key_id: int | None, service: Service) -> None:
    settings, buckets = service.settings, service.buckets
    if key_id is not None:
        verdict = buckets.take("key", str(key_id), settings.rate_per_key, monotonic())
    else:
        verdict = buckets.take("address", bucket_of(_address(settings)), settings.rate_per_address, monotonic())
    g.verdict = verdict
    if not verdict.allowed:
        raise RateLimited(f"more than {verdict.quota} requests a minute; wait {verdict.reset} s", retry_after=verdict.reset)


def _address(settings: Settings) -> str:
    """The caller's address: behind a proxy the rightmost of X-Forwarded-For, which alone the proxy vouches for."""
    if settings.behind_proxy:
        return request.headers.get("X-Forwarded-For", "").rsplit(",", 1)[-1].strip()
    return request.remote_addr or ""


def _close(response: Response) -> Response:
    (asked, state), headers = this_request(), response.headers
    verdict = state.get("verdict")
    headers.extend(
        (
            ("X-Request-Id", state.get("request_id", "")),
            *((TRANSPORT,) if asked.is_secure or asked.headers.get("X-Forwarded-Proto") == "https" else ()),
            *(verdict.headers if verdict else ()),
        )
    )
    allow_origin(asked, response, state.get("caller"))
    log_request(response)
    return response
