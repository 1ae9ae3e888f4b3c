"""Idempotency-Key: a request that may be sent again without its being done again, as Stripe has it.

Source: draft-ietf-httpapi-idempotency-key-header-07; https://docs.stripe.com/api/idempotent_requests.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import orjson
from flask import Request, Response

from errors import InvalidInput
from resources.body import JSON
from resources.caller import Caller
from resources.service import Service
from store import idempotency
from store.engine import Connection, reading, writing
from store.idempotency import Replay

HEADER = "Idempotency-Key"
KEY = re.compile(r"[\x21-\x7e]([\x20-\x7e]{0,253}[\x21-\x7e])?")
PARAMETER = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "A text of your choice: sent again with it within 24 hours, the request is not done again, only answered.",
    "schema": {"type": "string", "pattern": f"^{KEY.pattern}$"},
}

Work = Callable[[Connection], tuple[int, object]]


def done_once(
    request: Request, digest: bytes, caller: Caller, service: Service, work: Work, headers: Mapping[str, str]
) -> Response:
    """Do work in a transaction and tell its status and answer; or tell the answer again if the request came with the same key.

    digest: of all that was asked. Raises InvalidInput for a key that is none, KeyReused for one of another request.
    """
    key = _key(request)
    with writing(service.engine) as connection:
        replay = idempotency.claim(connection, caller.site_id, key, digest) if key else None
        if replay is None:
            status, told = work(connection)
            answer = orjson.dumps(told)
            if key:
                idempotency.finish(connection, caller.site_id, key, status, answer)
    if replay is not None:
        return _again(replay, headers)
    return Response(answer, status=status, headers=dict(headers), mimetype=JSON)


def done_before(request: Request, digest: bytes, caller: Caller, service: Service, headers: Mapping[str, str]) -> Response | None:
    """Tell the answer again if the request came with the key of one that was done, whatever has changed since.

    Raises as done_once.
    """
    key = _key(request)
    if key is None:
        return None
    with reading(service.engine) as connection:
        replay = idempotency.find(connection, caller.site_id, key, digest)
    return None if replay is None else _again(replay, headers)


def _again(replay: Replay, headers: Mapping[str, str]) -> Response:
    return Response(replay.answer, status=replay.status, headers={**headers, "Idempotent-Replayed": "true"}, mimetype=JSON)


def _key(request: Request) -> str | None:
    key = request.headers.get(HEADER)
    if key is not None and not KEY.fullmatch(key):
        raise InvalidInput(f"{HEADER} is 1 to 255 visible ASCII characters", field=HEADER)
    return key
