"""What the log tells of each request and of a crash: ids, never data, keys, formulas or query strings."""

from __future__ import annotations

from time import perf_counter

from flask import Response, g

from logs import places_of, write
from resources.service import this_request

LARGEST = 2**53  # a whole number that JSON holds; a header may claim more


def log_request(response: Response) -> None:
    """Write the line of a request that is answered."""
    asked, state = this_request()
    caller = state.get("caller")
    write(
        "info",
        "request",
        {
            "request_id": state.get("request_id"),
            "method": asked.method,
            "route": asked.url_rule.rule if asked.url_rule else None,
            "status": response.status_code,
            "ms": round((perf_counter() - state.started) * 1000, 2) if "started" in state else None,
            "bytes_in": min(asked.content_length or 0, LARGEST),
            "site": caller.site_id if caller else None,
            "key": caller.key_id if caller else None,
        },
    )


def log_crash(error: Exception) -> None:
    """Write where an unforeseen error came from: its type and the code's lines, not its message, which may hold data."""
    fields = {"request_id": g.get("request_id"), "error": type(error).__name__, "frames": places_of(error.__traceback__)}
    write("error", "crash", fields)
