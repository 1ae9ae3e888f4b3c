"""The log of the processes beside the web: JSON lines on standard error, with ids; never data, and no error's message."""

from __future__ import annotations

import json
import logging
import sys
import time
import traceback

LOGGER = logging.getLogger("lamplight.jobs")


class Lines(logging.Formatter):
    """Format a record as one JSON object, as the web process does."""

    def format(self, record: logging.LogRecord) -> str:
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + "+00:00"
        line = {"time": moment, "level": record.levelname.lower(), "event": record.getMessage()}
        return json.dumps(line | _crash(record) | getattr(record, "fields", {}))


def log_to_stderr() -> None:
    """Write our own log, and what others warn of."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    LOGGER.setLevel(logging.INFO)
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)  # it warns at every attempt; we say once that there is no database


def _crash(record: logging.LogRecord) -> dict[str, object]:
    """Tell an error by its type and the code's lines: its message may hold data."""
    if not record.exc_info or record.exc_info[0] is None:
        return {}
    frames = traceback.extract_tb(record.exc_info[2])[-12:]
    told = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    return {"error": record.exc_info[0].__name__, "frames": told}
