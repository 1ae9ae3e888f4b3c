"""The id of a request, under which its answer and the log's line find each other."""

from __future__ import annotations

import re
from secrets import token_hex

ALLOWED = re.compile(r"[A-Za-z0-9._-]{1,100}")


def request_id_of(wanted: str) -> str:
    """Give the id that the caller wants, if it is one, else a new one."""
    return wanted if ALLOWED.fullmatch(wanted) else token_hex(16)
