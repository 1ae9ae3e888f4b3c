"""A place between rows that are listed newest first, as the text of a page's `next`. Rows that come or go shift nothing."""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, datetime

from errors import InvalidInput

WORD = re.compile(r"[A-Za-z0-9_-]{1,100}")  # an id or a kind: what else a URL may hold is not here


def cursor_of_place(created_at: datetime, id: str) -> str:
    return base64.urlsafe_b64encode(f"{created_at.isoformat()}|{id}".encode()).decode().rstrip("=")


def place_of_cursor(cursor: str) -> tuple[datetime, str]:
    """Read a cursor. Raises InvalidInput for a text that is none."""
    try:
        text, _, id = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().partition("|")
        created_at = datetime.fromisoformat(text)
        placed = created_at.tzinfo is not None and created_at.astimezone(UTC).year > 1  # what Postgres can compare with
    except (ValueError, OverflowError, binascii.Error):
        created_at, id, placed = datetime.min, "", False
    if not placed or not WORD.fullmatch(id):
        raise InvalidInput("before must be the `next` of an earlier page", field="?before")
    return created_at, id
