"""Who asks: the key of a request → a Caller, and what each kind of caller may do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

from flask import Request, g

from errors import Forbidden, Unauthenticated
from resources.service import Service
from store import keys
from store.engine import reading
from store.sites import ANONYMOUS

SCHEME = "bearer "


@dataclass(frozen=True)
class Caller:
    """One who asks. `origins` are those of a publishable key."""

    kind: Literal["secret", "publishable", "anonymous"]
    site_id: int
    key_id: int | None = None
    origins: tuple[str, ...] = ()


def identify(request: Request, service: Service) -> Caller:
    """Find the caller of a request from its Authorization header.

    Raises Unauthenticated for a header that is no living key, Forbidden for a publishable key used from an Origin
    it is not bound to.
    """
    header = request.headers.get("Authorization")
    if header is None:
        return Caller("anonymous", ANONYMOUS)
    if header[: len(SCHEME)].lower() != SCHEME:
        raise Unauthenticated("the Authorization header must read: Bearer sk_... (or pk_... from a page)")
    with reading(service.engine) as connection:
        key = keys.find(connection, header[len(SCHEME) :].strip())
    if key is None:
        raise Unauthenticated("this key is unknown or was revoked; `flask --app app keys create` makes a new one")
    if key.kind == "sk":
        return Caller("secret", key.site_id, key.id)
    if request.headers.get("Origin") not in key.origins:
        raise Forbidden("this publishable key is bound to other Origins; use it from a page of one of them")
    return Caller("publishable", key.site_id, key.id, key.origins)


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
