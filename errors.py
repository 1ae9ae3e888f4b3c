"""Every error Lamplight raises on purpose: each has an HTTP status and a stable `type`.

    LamplightError
    ├── InvalidInput            422  a value of the request is wrong; names the field
    │   ├── FormulaError        422  the formula, with the place marked
    │   ├── LimitExceeded       422  more than a setting allows; names the setting
    │   └── KeyReused           422  an Idempotency-Key that stands for another request
    ├── MalformedBody           400  bytes that are not what Content-Type says
    ├── Unauthenticated         401
    ├── Forbidden               403
    ├── NotFound                404  missing, or another site's: the same answer
    ├── NotAcceptable           406
    ├── Conflict                409
    │   └── RefitNeeded         409  a stored model in a format that can no longer be read
    ├── LengthRequired          411
    ├── BodyTooLarge            413
    ├── UnsupportedMediaType    415
    ├── RateLimited             429
    ├── Unavailable             503  not now
    │   ├── Busy                503  more requests than this process can compute in time
    │   ├── StoreUnavailable    503  Postgres does not answer
    │   ├── DeadlineExceeded    503  the fit ran out of the time it may take
    │   └── MemoryExceeded      503  a job ran out of the memory it may take
    └── JobFailed               what a job failed of, told to whoever waited for it: status and type are that error's

ConfigurationError stands apart: it stops the start and never reaches the wire.
"""

from __future__ import annotations

from dataclasses import dataclass

TYPE_PREFIX = "urn:lamplight:problem:"  # of a `type`, on the wire


class ConfigurationError(Exception):
    """A setting is missing or has a value that cannot be used."""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a request, where it is wrong."""

    pointer: str  # JSON Pointer (RFC 6901) into the body, or "?name" for the query string
    detail: str


class LamplightError(Exception):
    """What went wrong, in words for the caller. Never holds data, keys or a formula's values."""

    status = 500
    type = "internal-error"
    title = "Something went wrong here"
    retry_after: int | None = None

    def __init__(self, detail: str, faults: tuple[Fault, ...] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.faults = faults


class InvalidInput(LamplightError):
    """A value of the request is wrong. `field` is its name, dotted or as a JSON Pointer."""

    status = 422
    type = "invalid-input"
    title = "A value of the request cannot be used"

    def __init__(self, detail: str, *, field: str = "", faults: tuple[Fault, ...] = ()) -> None:
        super().__init__(detail, faults or (Fault(pointer_of(field), detail),))
        self.field = field

    def move_to(self, field: str) -> None:
        """Name another field: what was wrong stands in one of several of its kind."""
        self.field = field
        self.faults = tuple(Fault(pointer_of(field), fault.detail) for fault in self.faults)


class FormulaError(InvalidInput):
    """The formula cannot be read. Shows it with a mark under the place."""

    type = "invalid-formula"
    title = "The formula cannot be used"

    def __init__(self, reason: str, *, formula: str = "", position: int = 0, field: str = "formula") -> None:
        super().__init__(f"{reason}\n{marked(formula, position)}" if formula else reason, field=field)
        self.reason = reason
        self.formula = formula
        self.position = position


class LimitExceeded(InvalidInput):
    """The request asks for more than a setting allows."""

    type = "limit-exceeded"
    title = "The request is larger than this server allows"

    def __init__(self, setting: str, limit: int, what: str, *, field: str = "") -> None:
        super().__init__(f"{what}; at most {limit} are allowed here (setting {setting})", field=field)
        self.setting = setting
        self.limit = limit


class KeyReused(InvalidInput):
    type = "idempotency-key-reused"
    title = "The key stands for another request"


class MalformedBody(LamplightError):
    status = 400
    type = "malformed-body"
    title = "The body cannot be read"


class Unauthenticated(LamplightError):
    status = 401
    type = "unauthenticated"
    title = "A key is needed"


class Forbidden(LamplightError):
    status = 403
    type = "forbidden"
    title = "This key may not do that"


class NotFound(LamplightError):
    status = 404
    type = "not-found"
    title = "There is nothing here"


class NotAcceptable(LamplightError):
    status = 406
    type = "not-acceptable"
    title = "None of the formats asked for can be given"


class Conflict(LamplightError):
    status = 409
    type = "conflict"
    title = "The request does not fit what is stored"


class RefitNeeded(Conflict):
    type = "refit-needed"
    title = "The stored model has to be fitted again"


class LengthRequired(LamplightError):
    status = 411
    type = "length-required"
    title = "The body needs a Content-Length"


class BodyTooLarge(LamplightError):
    status = 413
    type = "body-too-large"
    title = "The body is too large"


class UnsupportedMediaType(LamplightError):
    status = 415
    type = "unsupported-media-type"
    title = "Bodies of this type are not read here"


class RateLimited(LamplightError):
    status = 429
    type = "rate-limited"
    title = "Too many requests"

    def __init__(self, detail: str, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class Unavailable(LamplightError):
    status = 503
    type = "unavailable"
    title = "Not now"
    retry_after: int | None = 1


class Busy(Unavailable):
    type = "busy"
    title = "More work than can be done in time"


class StoreUnavailable(Unavailable):
    type = "store-unavailable"
    title = "The database does not answer"
    retry_after = 2


class DeadlineExceeded(Unavailable):
    type = "deadline-exceeded"
    title = "The computation takes longer than a request may"
    retry_after = None  # the same question would take as long again


class MemoryExceeded(Unavailable):
    type = "memory-exceeded"
    title = "The computation needs more memory than a job may take"
    retry_after = None  # the same question would take as much again


class JobFailed(LamplightError):
    """What a job failed of, told to whoever waited for it as if the request had computed it itself."""

    def __init__(self, status: int, type_: str, title: str, detail: str, faults: tuple[Fault, ...]) -> None:
        super().__init__(detail, faults)
        self.status, self.type, self.title = status, type_, title


def pointer_of(field: str) -> str:
    """Turn `data.x` into `/data/x`; a JSON Pointer or a `?name` is left as it is."""
    return field if not field or field[0] in "/?" else "/" + field.replace(".", "/")


def pointer_to(*parts: str | int) -> str:
    """Write the JSON Pointer of a place, its parts escaped."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def marked(formula: str, position: int) -> str:
    """Show the formula's line that holds `position` with a caret under it."""
    start = formula.rfind("\n", 0, position) + 1
    line = formula[start:].split("\n", 1)[0]
    return f"    {line}\n    {' ' * (position - start)}^"
