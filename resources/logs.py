"""One JSON line per request and per crash, with ids: never data, keys, formulas or query strings."""

from __future__ import annotations

import logging
import sys
import traceback
from datetime import UTC, datetime
from time import perf_counter

import orjson
from flask import Flask, Response, g, request

LARGEST = 2**53  # a whole number that JSON holds; a header may claim more
LOGGER = logging.getLogger("lamplight")


class JsonLines(logging.Formatter):
    """Format a record as one JSON object; `extra={"fields": {...}}` adds to it."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        return orjson.dumps(line).decode()


def log_to_stderr() -> None:
    """Send our own log, and nobody else's, to standard error as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    LOGGER.handlers = [handler]
    LOGGER.setLevel(logging.INFO)
    LOGGER.propagate = False


def log_requests(app: Flask) -> None:
    """Write a line after every request."""

    @app.after_request
    def write(response: Response) -> Response:
        if LOGGER.isEnabledFor(logging.INFO):
            LOGGER.info("request", extra={"fields": _request_fields(response)})
        return response


def log_crash(error: Exception) -> None:
    """Write where an unforeseen error came from: its type and the code's lines, not its message, which may hold data."""
    frames = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    fields = {"request_id": g.get("request_id"), "error": type(error).__name__, "frames": frames[-12:]}
    LOGGER.error("crash", extra={"fields": fields})


def _request_fields(response: Response) -> dict[str, object]:
    caller = g.get("caller")
    return {
        "request_id": g.get("request_id"),
        "method": request.method,
        "route": request.url_rule.rule if request.url_rule else None,
        "status": response.status_code,
        "ms": round((perf_counter() - g.started) * 1000, 2) if "started" in g else None,
        "bytes_in": min(request.content_length or 0, LARGEST),
        "site": caller.site_id if caller else None,
        "key": caller.key_id if caller else None,
    }
