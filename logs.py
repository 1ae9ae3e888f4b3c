"""The log: one JSON line per event on standard error, with ids; never data, keys, formulas or an error's message."""

from __future__ import annotations

import logging
import os
import traceback
from contextlib import suppress
from datetime import UTC, datetime
from types import TracebackType

import orjson

STANDARD_ERROR = 2
DEEPEST = 12  # lines of code told of a crash


class JsonLines(logging.Formatter):
    """Format a record of the standard library's logging as such a line; `extra={"fields": {...}}` adds to it."""

    def format(self, record: logging.LogRecord) -> str:
        fields = _crash(record) | getattr(record, "fields", {})
        moment = datetime.fromtimestamp(record.created, UTC)
        return _line(moment, record.levelname.lower(), record.getMessage(), fields).decode()


def write(level: str, event: str, fields: dict[str, object]) -> None:
    """Write a line at once, by one call of the system: lines of several processes stay whole."""
    line = _line(datetime.now(UTC), level, event, fields)
    with suppress(OSError):  # nobody listens: no reason to fail a request
        os.write(STANDARD_ERROR, line + b"\n")


def places_of(trace: TracebackType | None) -> list[str]:
    """Name the lines of code that led to an error: they tell where it came from without telling what it held."""
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)[-DEEPEST:]]


def _line(moment: datetime, level: str, event: str, fields: dict[str, object]) -> bytes:
    told = {"time": moment.isoformat(timespec="milliseconds"), "level": level, "event": event}
    return orjson.dumps(told | fields, default=str)


def _crash(record: logging.LogRecord) -> dict[str, object]:
    if not record.exc_info or record.exc_info[0] is None:
        return {}
    return {"error": record.exc_info[0].__name__, "frames": places_of(record.exc_info[2])}
