"""One question, one answer: recalled from the store, or computed, saved and told. Every computing endpoint goes through here."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from time import monotonic
from typing import Any

import orjson
from flask import Request, Response, request

from errors import InvalidInput, NotFound
from kinds.kind import Computed, Kind
from resources.caller import Caller, confirmed, unconfirmed
from resources.formats import respond, wanted_format
from resources.service import Service
from resources.tables import Source
from science.deadline import Deadline
from science.limits import Limits
from science.version import ENGINE
from store import results
from store.engine import reading, writing_once

ID_DIGITS = 40  # hexadecimal: 160 bits, so that an id cannot be guessed
DURATION = re.compile(r"([1-9]\d{0,8})([smhd]?)")
SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
RENEWAL = timedelta(days=1)  # an expiry is moved only when that gains more than this, or a tenth of what is asked


@dataclass(frozen=True)
class Work:
    """What is asked: a question of its kind, and the tables it is about. Whatever decides the answer is in here."""

    kind: Kind
    asked: Any  # of kind.asks
    tables: Mapping[str, Source]

    @property
    def canonical(self) -> bytes:
        """One form for equal questions: what decides the answer, and the data's fingerprints."""
        data = {name: source.fingerprint for name, source in self.tables.items()}
        question = {"kind": self.kind.name, "asked": self.kind.decides(self.asked), "data": data, "engine": ENGINE}
        return orjson.dumps(question, option=orjson.OPT_SORT_KEYS | orjson.OPT_SERIALIZE_NUMPY)

    def compute(self, limits: Limits, deadline: Deadline) -> Computed:
        """Load the data and answer."""
        tables = {name: source.load() for name, source in self.tables.items()}
        return self.kind.answer(self.asked, tables, limits, deadline)


@dataclass(frozen=True)
class Asker:
    """Who asks of which service, how long the answer shall be kept (None: for ever), and in which format it is told."""

    caller: Caller
    service: Service
    ttl: timedelta | None
    format: str


def asker_of(caller: Caller, service: Service) -> Asker:
    """Read from this request how to keep and tell its answer. Raises InvalidInput for a ttl that is none, NotAcceptable."""
    return Asker(caller, service, _ttl(request, caller, service), wanted_format(request))


def id_of(work: Work, asker: Asker) -> str:
    """Name a question's answer: a keyed hash, so equal questions of one site share it and nobody can guess it."""
    message = str(asker.caller.site_id).encode() + b"\x00" + work.canonical
    return "res_" + hmac.new(asker.service.settings.secret.encode(), message, sha256).hexdigest()[:ID_DIGITS]


def recalled(result_id: str, asker: Asker) -> Response | None:
    """Answer from the store, if the result is there; None if it has to be computed. The caller's key lives by then."""
    found = _stored(result_id, asker)
    if found is None:
        return None
    _keep_longer(found, result_id, asker)
    return _told(found.text, result_id, 200, asker)


def _stored(result_id: str, asker: Asker) -> results.Answer | None:
    """Fetch an answer; a key that nobody has asked the database about yet is asked about in the same round trip."""
    digest, site_id = unconfirmed(), asker.caller.site_id
    with reading(asker.service.engine) as connection:
        if digest is None:
            return results.answer_of(connection, site_id, result_id)
        lives, found = results.answer_to_key(connection, digest, site_id, result_id)
    confirmed(asker.service, lives=lives)
    return found


def answered(work: Work, asker: Asker) -> tuple[str, Response]:
    """Recall the answer, or compute it in turn, save it, and tell it. Nothing is told before it is committed."""
    result_id, service = id_of(work, asker), asker.service
    response = recalled(result_id, asker)
    if response is not None:
        return result_id, response
    with service.flights.alone(result_id) as waited:
        if waited and (response := recalled(result_id, asker)):  # somebody has just answered the same question
            return result_id, response
        with service.gate.turn():
            computed = work.compute(service.limits, Deadline(monotonic() + service.settings.deadline_seconds, monotonic))
        answer = _kept(result_id, work.kind.name, computed, asker)
    return result_id, _told(answer, result_id, 201, asker)


def _kept(result_id: str, kind: str, computed: Computed, asker: Asker) -> bytes:
    """Write an answer and commit it. The turn to compute is given back by now: a commit only waits."""
    answer = _written(result_id, kind, computed)
    with writing_once(asker.service.engine) as connection:
        results.save(
            connection,
            id=result_id,
            site_id=asker.caller.site_id,
            kind=kind,
            answer=answer,
            picture=orjson.dumps(computed.picture, option=orjson.OPT_SERIALIZE_NUMPY) if computed.picture else None,
            ttl=asker.ttl,
        )
    return answer


def cached(response: Response, result_id: str, caller: Caller) -> Response:
    """Let a browser or a proxy keep the answer of a GET, and ask with its ETag whether it still holds."""
    response.headers["Cache-Control"] = "private, no-cache" if caller.kind == "secret" else "public, max-age=60"
    response.vary.update(("Accept", "Authorization"))
    response.set_etag(f"{result_id}-{response.mimetype}")
    response.make_conditional(request)
    return response


def _ttl(request: Request, caller: Caller, service: Service) -> timedelta | None:
    """How long to keep the answer: `?ttl=90s`, `15m`, `12h`, `30d`; None is for ever, which only a secret key may ask."""
    longest = None if caller.kind == "secret" else timedelta(days=service.settings.anonymous_ttl_days)
    texts = request.args.getlist("ttl")
    if not texts:
        return longest
    match = DURATION.fullmatch(texts[0]) if len(texts) == 1 else None
    if match is None or (asked := timedelta(seconds=int(match[1]) * SECONDS[match[2]])) > timedelta(days=36500):
        raise InvalidInput("ttl must be one duration such as 3600, 90s, 15m, 12h or 30d, at most 36500d", field="?ttl")
    return min(asked, longest) if longest else asked


def _written(result_id: str, kind: str, computed: Computed) -> bytes:
    told = {"id": result_id, "kind": kind, "url": f"/results/{result_id}", **computed.answer, "engine": ENGINE}
    return orjson.dumps(told, option=orjson.OPT_SERIALIZE_NUMPY)


def _keep_longer(found: results.Answer, result_id: str, asker: Asker) -> None:
    """Move a stored answer's expiry when this request asks for a later one."""
    if found.expires_at is None:
        return
    if asker.ttl is None or datetime.now(UTC) + asker.ttl > found.expires_at + min(RENEWAL, asker.ttl / 10):
        with writing_once(asker.service.engine) as connection:
            results.keep(connection, asker.caller.site_id, result_id, asker.ttl)


def _told(answer: bytes, result_id: str, status: int, asker: Asker) -> Response:
    """Give an answer in the format asked for. A GET is 200 even when it was computed just now, and may be cached."""
    response = respond(answer, asker.format, lambda: _picture(result_id, asker))
    response.headers["Location"] = f"/results/{result_id}"
    if request.method == "POST":
        response.status_code = status
        return response
    return cached(response, result_id, asker.caller)


def _picture(result_id: str, asker: Asker) -> bytes:
    with reading(asker.service.engine) as connection:
        found = results.find(connection, asker.caller.site_id, result_id)
    if found is None or found.picture is None:
        raise NotFound("this result has no picture")
    return found.picture
