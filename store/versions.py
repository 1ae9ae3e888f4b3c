"""Versions of models: what was fitted, as JSON and arrays under a digest, and from what. Never a pickle."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg2
from sqlalchemy import Connection

from errors import RefitNeeded
from store.driver import cursor_of, execute, row

FORMAT = 1  # of a version: JSON, .npz, and a SHA-256 of both
KEPT = 30  # newest versions of a model: a month of nights to roll back to

FIELDS = (
    "id, model_id, number, revision, promoted, kind, spec, dataset, fingerprint, rows, format, engine, libraries, digest, "
    "summary, metrics, statistics, created_at"
)
ADD = """
INSERT INTO versions (model_id, number, revision, promoted, kind, spec, dataset, fingerprint, rows, format, engine, libraries,
    digest, document, arrays, judged_digest, judged_document, judged_arrays, summary, metrics, statistics)
VALUES (%(model_id)s, 1 + coalesce((SELECT max(number) FROM versions WHERE model_id = %(model_id)s), 0), %(revision)s,
    %(promoted)s, %(kind)s, %(spec)s, %(dataset)s, %(fingerprint)s, %(rows)s, %(format)s, %(engine)s, %(libraries)s, %(digest)s,
    %(document)s, %(arrays)s, %(judged_digest)s, %(judged_document)s, %(judged_arrays)s, %(summary)s, %(metrics)s,
    %(statistics)s)
RETURNING id, number
"""
POINT = "UPDATE models SET live = %(version)s WHERE id = %(model_id)s"
FORGET = f"""
DELETE FROM versions WHERE model_id = %(model_id)s AND number <= %(number)s - {KEPT}
AND id <> (SELECT coalesce(live, 0) FROM models WHERE id = %(model_id)s)
"""  # noqa: S608
BY_ID = f"SELECT {FIELDS} FROM versions WHERE id = %(id)s"  # noqa: S608
BY_NUMBER = f"SELECT {FIELDS} FROM versions WHERE model_id = %(model_id)s AND number = %(number)s"  # noqa: S608
BEFORE = f"""
SELECT {FIELDS} FROM versions WHERE model_id = %(model_id)s AND promoted AND number < %(number)s
AND kind = (SELECT kind FROM models WHERE id = %(model_id)s) ORDER BY number DESC LIMIT 1
"""  # noqa: S608
LIST = f"SELECT {FIELDS} FROM versions WHERE model_id = %(model_id)s ORDER BY number DESC"  # noqa: S608
ARTIFACT = "SELECT format, digest, document::text, arrays FROM versions WHERE id = %(id)s"
JUDGED = "SELECT format, judged_digest, judged_document::text, judged_arrays FROM versions WHERE id = %(id)s"


@dataclass(frozen=True)
class Artifact:
    """A fit as it is stored: JSON, and a compressed .npz."""

    document: bytes
    arrays: bytes

    @property
    def digest(self) -> str:
        return hashlib.sha256(b"%d:" % len(self.document) + self.document + self.arrays).hexdigest()


@dataclass(frozen=True)
class NewVersion:
    """A fit to keep. judged: the fit of the rows not held back, None where it is the same or nothing was held back."""

    model_id: int
    revision: int
    promoted: bool
    kind: str
    spec: Mapping[str, Any]
    dataset: str
    fingerprint: str
    rows: int
    engine: str
    libraries: Mapping[str, str]
    artifact: Artifact
    judged: Artifact | None
    summary: bytes  # JSON, as are the next two
    metrics: bytes
    statistics: bytes


@dataclass(frozen=True)
class Version:
    """A version without its artifact. promoted: whether it was found no worse than the one before."""

    id: int
    model_id: int
    number: int
    revision: int
    promoted: bool
    kind: str
    spec: dict[str, Any]
    dataset: str
    fingerprint: str
    rows: int
    format: int
    engine: str
    libraries: dict[str, str]
    digest: str
    summary: dict[str, Any]
    metrics: dict[str, Any]
    statistics: dict[str, Any]
    created_at: datetime


def add(connection: Connection, new: NewVersion) -> tuple[int, int]:
    """Keep a version, and forget the oldest. Returns its id and number. Needs a transaction that holds the model."""
    judged = new.judged
    values = {name: getattr(new, name) for name in ("model_id", "revision", "promoted", "kind", "dataset", "fingerprint", "rows")}
    values |= {"engine": new.engine, "format": FORMAT, "spec": json.dumps(new.spec), "libraries": json.dumps(new.libraries)}
    values |= {name: getattr(new, name).decode() for name in ("summary", "metrics", "statistics")}
    values |= {"digest": new.artifact.digest, **_stored("", new.artifact)}
    values |= {"judged_digest": judged and judged.digest, **_stored("judged_", judged)}
    added = row(connection, ADD, values)
    assert added is not None
    execute(connection, FORGET, {"model_id": new.model_id, "number": added[1]})
    return added[0], added[1]


def point(connection: Connection, model_id: int, version: int) -> None:
    """Let a version answer from now on."""
    execute(connection, POINT, {"model_id": model_id, "version": version})


def by_id(connection: Connection, id: int) -> Version | None:
    found = row(connection, BY_ID, {"id": id})
    return None if found is None else Version(*found)


def by_number(connection: Connection, model_id: int, number: int) -> Version | None:
    found = row(connection, BY_NUMBER, {"model_id": model_id, "number": number})
    return None if found is None else Version(*found)


def before(connection: Connection, model_id: int, number: int) -> Version | None:
    """Find the newest version below this number that answered and is of the kind that the model is now."""
    found = row(connection, BEFORE, {"model_id": model_id, "number": number})
    return None if found is None else Version(*found)


def list_(connection: Connection, model_id: int) -> list[Version]:
    """List the versions that are kept, newest first."""
    with cursor_of(connection) as cursor:
        cursor.execute(LIST, {"model_id": model_id})
        return [Version(*found) for found in cursor]


def artifact_of(connection: Connection, id: int, *, judged: bool = False) -> Artifact | None:
    """Read a version's fit (`judged`: that of the rows not held back, else None where it has none), as it was written.

    Raises RefitNeeded when it is damaged, or of a format that is not read any more. None: the version is gone.
    """
    found = row(connection, JUDGED if judged else ARTIFACT, {"id": id})
    if found is None or found[1] is None:
        return None
    format, digest, document, arrays = found
    if format != FORMAT:
        raise RefitNeeded("the stored model has a format that this release does not read; refit it")
    artifact = Artifact(document.encode(), bytes(arrays))
    if artifact.digest != digest:
        raise RefitNeeded("the stored model is damaged: its bytes are not those that were written; refit it, or roll back")
    return artifact


def _stored(prefix: str, artifact: Artifact | None) -> dict[str, object]:
    if artifact is None:
        return {f"{prefix}document": None, f"{prefix}arrays": None}
    return {f"{prefix}document": artifact.document.decode(), f"{prefix}arrays": psycopg2.Binary(artifact.arrays)}
