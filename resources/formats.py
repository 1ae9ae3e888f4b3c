"""A stored answer → the bytes of a format: JSON as it is; CSV, HTML and text by way of a Document; pictures drawn."""

from __future__ import annotations

from collections.abc import Callable

import orjson
from flask import Request, Response
from werkzeug.datastructures import MIMEAccept

from errors import NotAcceptable
from plots import DRAWING, draw
from resources.body import CSV, JSON
from resources.document import csv_of, html_of, text_of
from resources.kinds import DOCUMENTS
from resources.opinion_document import with_opinion

MEDIA_TYPES = {
    "json": "application/json",
    "csv": "text/csv",
    "svg": "image/svg+xml",
    "png": "image/png",
    "html": "text/html",
    "txt": "text/plain",
}
DRAWN = ("svg", "png")
PICTURES = frozenset(MEDIA_TYPES[name] for name in DRAWN)
WRITERS = {"csv": csv_of, "html": html_of, "txt": text_of}
DRAWN_CONTENT = "default-src 'none'; sandbox"  # an SVG may be shown, and nothing in it may run


def wanted_format(request: Request) -> str:
    """The format that Accept asks for; JSON when it does not say. Raises NotAcceptable."""
    if request.headers.get("Accept", "*/*") in ("*/*", "application/json"):
        return "json"
    best = accepted(request).best_match(list(MEDIA_TYPES.values()))
    if best is None:
        raise NotAcceptable(f"an answer can be had as {', '.join(MEDIA_TYPES.values())}")
    return next(name for name, media_type in MEDIA_TYPES.items() if media_type == best)


def json_or_csv(request: Request, told: str) -> str:
    """The media type of the two that Accept asks for; JSON when it does not say. told: what can be had. Raises NotAcceptable."""
    if request.headers.get("Accept", "*/*") in ("*/*", JSON):
        return JSON
    best = accepted(request).best_match((JSON, CSV))
    if best is None:
        raise NotAcceptable(f"{told} can be had as {JSON} or {CSV}")
    return best


def accepted(request: Request) -> MIMEAccept:
    """What a request takes, without parameters: `application/json; charset=utf-8` asks for JSON."""
    return MIMEAccept([(each.partition(";")[0].strip(), quality) for each, quality in request.accept_mimetypes])


def written_by(media_type: str) -> str:
    """Name a format as it is written today: a picture of the same answer changes with the code that draws it."""
    return f"{media_type}-{DRAWING}" if media_type in PICTURES else media_type


def respond(answer: bytes, format_: str, picture: Callable[[], bytes], view: str | None = None) -> Response:
    """Write an answer in a format. `picture` fetches what a drawing needs; `view` picks one of several drawings."""
    if format_ == "json":
        return Response(answer, mimetype=MEDIA_TYPES["json"])
    told = orjson.loads(answer)
    if format_ in WRITERS:
        return Response(WRITERS[format_](with_opinion(DOCUMENTS[told["kind"]](told), told)), mimetype=MEDIA_TYPES[format_])
    response = Response(draw(told["kind"], told, orjson.loads(picture()), format_, view), mimetype=MEDIA_TYPES[format_])
    response.headers["Content-Security-Policy"] = DRAWN_CONTENT
    return response
