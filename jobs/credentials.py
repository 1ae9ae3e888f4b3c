"""What bin/serve keeps in its data folder for its owner alone: the server's secret and a secret key."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from sqlalchemy import Connection

from store import keys, sites

SITE = "local"


def secret_of(data: Path) -> str:
    """The server's secret: the one kept from the last start, or a new one."""
    return _kept(data / "secret") or _keep(data / "secret", secrets.token_hex(32))


def key_of(connection: Connection, data: Path) -> str | None:
    """Make sure that the kept key opens this database. Returns the key if a new one had to be made."""
    text = _kept(data / "key")
    if text and keys.find(connection, text):
        return None
    site = sites.find(connection, SITE) or sites.create(connection, SITE)
    return _keep(data / "key", keys.create(connection, site.id, "sk").text)


def _kept(file: Path) -> str:
    return file.read_text().strip() if file.exists() else ""


def _keep(file: Path, text: str) -> str:
    new = file.with_suffix(".new")
    new.unlink(missing_ok=True)
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as writer:
        writer.write(text + "\n")
    new.replace(file)
    return text
