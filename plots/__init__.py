"""A saved answer → a picture. Importing this costs nothing: matplotlib comes with the first picture drawn."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from threading import Lock
from typing import Any, Literal

from errors import NotAcceptable, NotFound

Format = Literal["svg", "png"]
FORMATS = ("svg", "png")
MODULES = {"regress": "plots.regress"}  # a kind's module has figure(answer, picture) -> Drawing

_one_at_a_time = Lock()  # matplotlib is not thread-safe, and two pictures at once would cost memory twice


def draw(kind: str, answer: dict[str, Any], picture: dict[str, Any], format: str) -> bytes:
    """Draw the picture of a saved answer as SVG or PNG. The same arguments give the same bytes.

    answer is what the wire answers, picture what was saved beside it for drawing (at most 2,000 points).
    Raises NotFound for a kind that has no picture, NotAcceptable for a format that is not drawn.
    """
    if kind not in MODULES:
        raise NotFound(f"a result of kind {kind} has no picture")
    if format not in FORMATS:
        raise NotAcceptable(f"a picture can be had as {' or '.join(FORMATS)}")
    with _one_at_a_time:
        return _written(import_module(MODULES[kind]).figure(answer, picture), format)


def _written(drawing: Any, format: str) -> bytes:
    canvas = import_module("plots.canvas")  # late: it imports matplotlib, 40 MB and half a second
    write: Callable[[Any], bytes] = canvas.svg if format == "svg" else canvas.png
    return write(drawing)
