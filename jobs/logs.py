"""The log of the processes beside the web: JSON lines on standard error, with ids; never data, and no error's message."""

from __future__ import annotations

import logging
import sys

from logs import JsonLines

LOGGER = logging.getLogger("lamplight.jobs")


def log_to_stderr() -> None:
    """Write our own log, and what others warn of."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    LOGGER.setLevel(logging.INFO)
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)  # it warns at every attempt; we say once that there is no database
