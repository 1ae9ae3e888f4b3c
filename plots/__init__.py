"""A saved answer → a picture. Importing this costs nothing: matplotlib comes with the first picture drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from typing import Any, Literal

from errors import Busy, InvalidInput, NotAcceptable, NotFound

Format = Literal["svg", "png"]
FORMATS = ("svg", "png")
PICTURES = {  # a kind with one picture; each module has figure(answer, picture) -> Drawing
    "regress": "plots.regress",
    "forecast": "plots.forecast",
}
VIEWS: Mapping[str, Mapping[str, str]] = {  # a kind with several; the first is drawn when none is named
    "mixed": {
        "effects": "plots.mixed.effects",
        "lines": "plots.mixed.lines",
        "trace": "plots.mixed.trace",
        "profile": "plots.mixed.profile",
    },
    "fraud": {
        "scores": "plots.fraud.scores",
        "precision": "plots.fraud.precision",
        "reasons": "plots.fraud.reasons",
        "drift": "plots.fraud.drift",
    },
}

PATIENCE = 5.0  # seconds to wait for the pictures before this one: about fifty of them

# Of the code that draws: with it a picture's ETag changes when the same answer would be drawn differently.
DRAWING = sha256(
    b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.rglob("*.py"))) + version("matplotlib").encode()
).hexdigest()[:8]

_one_at_a_time = Lock()  # matplotlib is not thread-safe, and two pictures at once would cost memory twice


def draw(kind: str, answer: dict[str, Any], picture: dict[str, Any], format: str, view: str | None = None) -> bytes:
    """Draw one view of a saved answer as SVG or PNG. The same arguments give the same bytes.

    answer is what the wire answers, picture what was saved beside it for drawing (at most 2,000 points).
    Raises NotFound for a kind that has no picture or a view that this answer holds nothing for, InvalidInput for a view that
    the kind does not have, NotAcceptable for a format that is not drawn.
    """
    module = _module(kind, view)
    if format not in FORMATS:
        raise NotAcceptable(f"a picture can be had as {' or '.join(FORMATS)}")
    if not _one_at_a_time.acquire(timeout=PATIENCE):
        raise Busy("other pictures are being drawn; try again in a second")
    try:
        return _written(import_module(module).figure(answer, picture), format)
    finally:
        _one_at_a_time.release()


def _module(kind: str, view: str | None) -> str:
    views = VIEWS.get(kind, {})
    if kind not in PICTURES and not views:
        raise NotFound(f"a result of kind {kind} has no picture")
    if view is not None and view not in views:
        known = f"view must be one of {', '.join(views)}" if views else f"a result of kind {kind} has one picture; leave view out"
        raise InvalidInput(known, field="?view")
    return views[view or next(iter(views))] if views else PICTURES[kind]


def _written(drawing: Any, format: str) -> bytes:
    canvas = import_module("plots.canvas")  # late: it imports matplotlib, 40 MB and half a second
    write: Callable[[Any], bytes] = canvas.svg if format == "svg" else canvas.png
    return write(drawing)
