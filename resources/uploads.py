"""A request with rows to keep → its fields, with CSV held on disk: a body of any size needs the same memory."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import IO, Any

import orjson
from flask import Request

from resources.body import (
    CSV,
    FORMS,
    OPENING,
    PEEKED,
    Fields,
    announced_bytes,
    check_whole,
    fields_of_form,
    fields_of_query,
    given_once,
    is_json,
    json_of,
    object_of_json,
    unreadable,
)
from resources.service import Service

IN_MEMORY = 1024 * 1024  # bytes: what is longer is held on disk
PIECE = 64 * 1024  # bytes read at once


@dataclass(frozen=True)
class Upload:
    """The fields of a request; `data` is a value of JSON, or a file that holds CSV. digest: equal for equal requests."""

    fields: Fields
    digest: bytes


@contextmanager
def uploaded(request: Request, service: Service) -> Iterator[Upload]:
    """Read a request; its files are there until the block ends. Raises what resources.body raises."""
    announced = announced_bytes(request, service.settings.max_body_bytes)
    with ExitStack() as files:

        def hold(*_: object, **__: object) -> Any:
            return files.enter_context(holding())

        body = hold()
        check_whole(_spool(request, body, announced), announced)
        fields = _fields(request, body, hold)
        yield Upload(fields, _digest(request, fields, service))


def holding() -> Any:
    """Make a file that moves from memory to disk as it grows, and is gone when it is closed."""
    return SpooledTemporaryFile(max_size=IN_MEMORY)


def pieces(file: IO[bytes]) -> Iterator[bytes]:
    """Read a file from its beginning, piece by piece."""
    file.seek(0)
    while piece := file.read(PIECE):
        yield piece


def given_away(file: IO[bytes]) -> Iterator[bytes]:
    """Read a file that nobody else needs."""
    with file:
        yield from pieces(file)


def _spool(request: Request, body: IO[bytes], announced: int) -> int:
    read = 0
    while read < announced and (piece := request.stream.read(min(PIECE, announced - read))):
        read += body.write(piece)
    body.seek(0)
    return read


def _fields(request: Request, body: IO[bytes], hold: Callable[..., IO[bytes]]) -> Fields:
    beside = fields_of_query(request).values
    if is_json(request.mimetype):
        return Fields(given_once(beside, object_of_json(body.read())), strict=True)
    if request.mimetype == CSV:
        return Fields(given_once(beside, {"data": body}), strict=False)
    if request.mimetype in FORMS:
        return Fields(given_once(beside, fields_of_form(request, body, _table, hold)), strict=False)
    raise unreadable()


def _table(file: IO[bytes], _name: str) -> object:
    opening = file.read(PEEKED).lstrip()[:1]
    file.seek(0)
    return json_of(file.read()) if opening in OPENING else file


def _digest(request: Request, fields: Fields, service: Service) -> bytes:
    """Hash what is asked, with a key: what a hash of few bytes hides can be guessed. A form's boundary does not count."""
    digest = hmac.new(service.settings.secret.encode(), b"upload\x00" + request.path.encode(), "sha256")
    plain: Mapping[str, object] = {name: value for name, value in fields.values.items() if not hasattr(value, "read")}
    digest.update(orjson.dumps(plain, option=orjson.OPT_SORT_KEYS))
    for name, value in sorted(fields.values.items()):
        if name not in plain:
            digest.update(f"\x00{name}\x00".encode())
            for piece in pieces(value):  # type: ignore[arg-type]
                digest.update(piece)
    return digest.digest()
