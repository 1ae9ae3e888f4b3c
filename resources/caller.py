"""Who asks: the key of a request → a Caller, and what each kind of caller may do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

from flask import Request, g

from errors import Forbidden, Unauthenticated
from resources.service import Service
from store import keys
from store.engine import driving
from store.sites import ANONYMOUS

SCHEME = "bearer "
DEAD = "this key is unknown or was revoked; `flask --app app keys create` makes a new one"


@dataclass(frozen=True)
class Caller:
    """One who asks. `origins` are those of a publishable key."""

    kind: Literal["secret", "publishable", "anonymous"]
    site_id: int
    key_id: int | None = None
    origins: tuple[str, ...] = ()


def identify(request: Request, service: Service, *, later: bool = False) -> Caller:
    """Find the caller of a request from its Authorization header.

    later: the database is asked about a known key only by `confirm`, or together with the answer (resources/answers.py);
    until then nothing may be told or kept. Raises Unauthenticated for a header that is no living key, Forbidden
    for a publishable key used from an Origin it is not bound to.
    """
    header = request.headers.get("Authorization")
    if header is None:
        return Caller("anonymous", ANONYMOUS)
    if header[: len(SCHEME)].lower() != SCHEME:
        raise Unauthenticated("the Authorization header must read: Bearer sk_... (or pk_... from a page)")
    digest = keys.digest_of(header[len(SCHEME) :].strip())
    if digest is None:
        raise Unauthenticated(DEAD)
    known = service.known_keys.find(digest) if later else None
    if known is not None:
        g.unconfirmed = digest
        return Caller("secret", known.site_id, known.id)
    key = _living(digest, service)
    if key.kind == "sk":
        return Caller("secret", key.site_id, key.id)
    if request.headers.get("Origin") not in key.origins:
        raise Forbidden("this publishable key is bound to other Origins; use it from a page of one of them")
    return Caller("publishable", key.site_id, key.id, key.origins)


def unconfirmed() -> bytes | None:
    """The digest of this request's key while nobody has asked the database about it."""
    return cast(bytes | None, g.get("unconfirmed"))


def confirm(service: Service) -> None:
    """Ask the database about this request's key, unless that was done. Raises Unauthenticated when it lives no more."""
    digest = unconfirmed()
    if digest is not None:
        _living(digest, service)
        confirmed(service, lives=True)


def confirmed(service: Service, *, lives: bool) -> None:
    """Take note of what the database said of this request's key. Raises Unauthenticated when it lives no more."""
    if lives:
        g.unconfirmed = None
        return
    service.known_keys.forget(g.unconfirmed)
    raise Unauthenticated(DEAD)


def _living(digest: bytes, service: Service) -> keys.Key:
    with driving(service.engine) as connection:
        key = keys.find_digest(connection, digest)
    if key is None:
        service.known_keys.forget(digest)
        raise Unauthenticated(DEAD)
    if key.kind == "sk":
        service.known_keys.note(digest, key)
    return key


def caller() -> Caller:
    """The caller of this request."""
    return cast(Caller, g.caller)


def computing_caller(service: Service) -> Caller:
    """The caller, who sends data of their own to compute on: not with a publishable key, nor without any unless public."""
    if caller().kind == "publishable":
        raise Forbidden("a publishable key may only read; computing on data sent along needs a secret key, kept on a server")
    return reading_caller(service)


def reading_caller(service: Service) -> Caller:
    """The caller, who reads what is stored under a name or an id."""
    if caller().kind == "anonymous" and not service.settings.public:
        raise Unauthenticated("send a key: Authorization: Bearer sk_...")
    return caller()


def owning_caller() -> Caller:
    """The caller, who lists or changes what belongs to a site: only its secret key may."""
    if caller().kind == "anonymous":
        raise Unauthenticated("send a secret key: Authorization: Bearer sk_...")
    if caller().kind == "publishable":
        raise Forbidden("a publishable key may only read; this needs a secret key, kept on a server")
    return caller()
