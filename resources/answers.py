"""One question, one answer: recalled from the store, or computed, saved and told. Every computing endpoint goes through here."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from time import monotonic

from flask import Request, Response, request

from errors import InvalidInput, NotFound, Unavailable
from kinds.kind import Computed
from kinds.written import picture_written, written
from resources.caller import Caller, confirmed, unconfirmed
from resources.formats import respond, wanted_format, written_by
from resources.lanes import done_by_a_worker, is_dear, is_quick
from resources.service import Service
from resources.work import Asker, Work, id_of
from science.deadline import Deadline
from store import results
from store.engine import driving

DURATION = re.compile(r"([1-9]\d{0,8})([smhd]?)")
SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
RENEWAL = timedelta(days=1)  # an expiry is moved only when that gains more than this, or a tenth of what is asked


def asker_of(caller: Caller, service: Service) -> Asker:
    """Read from this request how to keep and tell its answer. Raises InvalidInput for a ttl that is none, NotAcceptable."""
    return Asker(caller, service, _ttl(request, caller, service), wanted_format(request))


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
    with driving(asker.service.engine) as connection:
        if digest is None:
            return results.answer_of(connection, site_id, result_id)
        lives, found = results.answer_to_key(connection, digest, site_id, result_id)
    confirmed(asker.service, lives=lives)
    return found


def answered(work: Work, asker: Asker) -> tuple[str, Response]:
    """Recall the answer, or compute it in turn, save it, and tell it. Nothing is told before it is committed."""
    result_id, service = id_of(work, asker), asker.service
    if (digest := unconfirmed()) is not None and is_quick(work, asker):
        return result_id, _answered_at_once(work, result_id, digest, asker)
    response = recalled(result_id, asker)
    if response is not None:
        return result_id, response
    if is_dear(work, asker):
        accepted = done_by_a_worker(work, result_id, asker)
        return result_id, accepted or _told(_newly_stored(result_id, asker), result_id, 201, asker)
    with service.flights.alone(result_id) as waited:
        if waited and (response := recalled(result_id, asker)):  # somebody has just answered the same question
            return result_id, response
        with service.gate.turn():
            computed = work.compute(service.limits, Deadline(monotonic() + service.settings.deadline_seconds, monotonic))
        answer = _kept(result_id, work.kind.name, computed, asker)
    return result_id, _told(answer, result_id, 201, asker)


def _answered_at_once(work: Work, result_id: str, digest: bytes, asker: Asker) -> Response:
    """Compute what takes no longer than asking the database whether it is there; that is asked with the saving."""
    service = asker.service
    with service.gate.turn():
        computed = work.compute(service.limits, Deadline(monotonic() + service.settings.deadline_seconds, monotonic))
    answer = written(result_id, work.kind.name, computed)
    with driving(service.engine) as connection:
        lives, known = results.save_for_key(
            connection,
            digest,
            id=result_id,
            site_id=asker.caller.site_id,
            kind=work.kind.name,
            answer=answer,
            picture=picture_written(computed),
            ttl=asker.ttl,
        )
    confirmed(service, lives=lives)
    if known is None:
        return _told(answer, result_id, 201, asker)
    _keep_longer(known, result_id, asker)
    return _told(known.text, result_id, 200, asker)


def _newly_stored(result_id: str, asker: Asker) -> bytes:
    """Fetch the answer that a job has just kept."""
    found = _stored(result_id, asker)
    if found is None:
        raise Unavailable("the answer was deleted as soon as it was there; ask again")
    return found.text


def _kept(result_id: str, kind: str, computed: Computed, asker: Asker) -> bytes:
    """Write an answer and commit it. The turn to compute is given back by now: a commit only waits."""
    answer = written(result_id, kind, computed)
    with driving(asker.service.engine) as connection:
        results.save(
            connection,
            id=result_id,
            site_id=asker.caller.site_id,
            kind=kind,
            answer=answer,
            picture=picture_written(computed),
            ttl=asker.ttl,
        )
    return answer


def cached(response: Response, result_id: str, caller: Caller) -> Response:
    """Let a browser or a proxy keep the answer of a GET, and ask with its ETag whether it still holds."""
    response.headers["Cache-Control"] = "private, no-cache" if caller.kind == "secret" else "public, max-age=60"
    response.vary.update(("Accept", "Authorization"))
    response.set_etag(f"{result_id}-{written_by(response.mimetype or '')}")
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


def _keep_longer(found: results.Answer, result_id: str, asker: Asker) -> None:
    """Move a stored answer's expiry when this request asks for a later one."""
    if found.expires_at is None:
        return
    if asker.ttl is None or datetime.now(UTC) + asker.ttl > found.expires_at + min(RENEWAL, asker.ttl / 10):
        with driving(asker.service.engine) as connection:
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
    with driving(asker.service.engine) as connection:
        found = results.find(connection, asker.caller.site_id, result_id)
    if found is None or found.picture is None:
        raise NotFound("this result has no picture")
    return found.picture
