"""Tell a watcher that the nightly run has ended: a dead man's switch, which raises the alarm when it hears nothing.

The address comes from the settings alone, its host from their list; https only, no redirect is followed, and nothing is sent.
"""

from __future__ import annotations

import ssl
from http.client import HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from jobs.logs import LOGGER

SECONDS = 10.0
FAILED = "/fail"  # what healthchecks.io and those like it hear a failure at


def ping(url: str, *, failed: bool, context: ssl.SSLContext | None = None) -> bool:
    """Ask an https address once, the one for failures if something failed. Whether it answered 2xx."""
    parts = urlsplit(url)
    path = (parts.path.rstrip("/") + FAILED if failed else parts.path) or "/"
    assert parts.hostname is not None  # the settings have checked
    connection = HTTPSConnection(parts.hostname, parts.port, timeout=SECONDS, context=context)
    try:
        connection.request("POST", path + (f"?{parts.query}" if parts.query else ""), headers={"User-Agent": "lamplight"})
        heard = connection.getresponse().status // 100 == 2
    except (OSError, HTTPException) as error:
        LOGGER.warning("no ping", extra={"fields": {"error": type(error).__name__}})
        return False
    finally:
        connection.close()
    if not heard:
        LOGGER.warning("ping refused")
    return heard
