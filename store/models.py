"""Named models: a kind of question, the dataset it is asked of, when it is asked again, and which version answers now."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection

from errors import LimitExceeded
from store.catalog import NAME
from store.driver import Pooled, cursor_of, prepared, row

Refit = Literal["nightly", "weekly", "manual"]

FRESH = {"nightly": "26 hours", "weekly": "170 hours"}  # two hours of grace: Scheduler is not on time to the minute

FIELDS = (
    "m.id, m.site_id, m.name, m.kind, m.spec, m.dataset, m.refit, m.holdout, m.guard, m.public, m.revision, m.live, "
    "m.created_at, m.changed_at"
)
FIND = f"SELECT {FIELDS} FROM models m WHERE m.site_id = %(site_id)s AND m.name = %(name)s"  # noqa: S608
BY_ID = f"SELECT {FIELDS} FROM models m WHERE m.id = %(id)s"  # noqa: S608
LOCK = BY_ID + " FOR UPDATE"
LIST = f"""
SELECT {FIELDS} FROM models m WHERE m.site_id = %(site_id)s ORDER BY m.name COLLATE "C"
"""  # noqa: S608
COUNT = "SELECT count(*) FROM models WHERE site_id = %(site_id)s AND name <> %(name)s"
PUT = """
INSERT INTO models AS m (site_id, name, kind, spec, dataset, refit, holdout, guard, public)
VALUES (%(site_id)s, %(name)s, %(kind)s, %(spec)s, %(dataset)s, %(refit)s, %(holdout)s, %(guard)s, %(public)s)
ON CONFLICT (site_id, name) DO UPDATE SET
    kind = excluded.kind, spec = excluded.spec, dataset = excluded.dataset, refit = excluded.refit,
    holdout = excluded.holdout, guard = excluded.guard, public = excluded.public,
    live = CASE WHEN m.kind = excluded.kind THEN m.live END,
    revision = m.revision + {asks_anew}::int,
    changed_at = CASE WHEN {asks_anew} THEN now() ELSE m.changed_at END
RETURNING {fields}, xmax = 0
""".format(
    fields=FIELDS,
    asks_anew=(
        "((m.kind, m.spec::jsonb, m.dataset, m.holdout) IS DISTINCT FROM "
        "(excluded.kind, excluded.spec::jsonb, excluded.dataset, excluded.holdout))"
    ),
)
REMOVE = "DELETE FROM models WHERE site_id = %(site_id)s AND name = %(name)s RETURNING id"
CHECKED = """
greatest(v.created_at, (
    SELECT max(r.finished_at) FROM runs r WHERE r.model_id = m.id AND r.revision = m.revision AND r.state IN ('kept', 'unchanged')
))
"""
STALE = f"""
coalesce(now() - coalesce({CHECKED}, m.changed_at)
    > CASE m.refit WHEN 'nightly' THEN interval '{FRESH["nightly"]}' WHEN 'weekly' THEN interval '{FRESH["weekly"]}' END, false)
"""
AGE = f"""
SELECT v.created_at, {CHECKED}, extract(epoch FROM now() - v.created_at)::float8, {STALE}, v.metrics
FROM models m LEFT JOIN versions v ON v.id = m.live WHERE m.id = %(id)s
"""  # noqa: S608
FRESHNESS = f"""
SELECT max(v.created_at), coalesce(bool_or({STALE}), false)
FROM models m LEFT JOIN versions v ON v.id = m.live WHERE m.refit <> 'manual'
"""  # noqa: S608
# Whether it is stale is asked only of a version that is old enough: most of the statement's time went into that question.
ANSWERING = f"m.kind, m.public, v.id, v.number, v.created_at, now() - v.created_at > interval '{FRESH['nightly']}', m.id"
POINTER = prepared(
    "pointer_of_model",
    f"""
SELECT {ANSWERING} FROM models m LEFT JOIN versions v ON v.id = m.live
WHERE m.site_id = %(site_id)s AND m.name = %(name)s
""",  # noqa: S608
)
POINTER_TO_KEY = prepared(
    "pointer_to_key",
    f"""
SELECT keys.site_id, {ANSWERING}
FROM keys LEFT JOIN models m ON m.site_id = keys.site_id AND m.name = %(name)s LEFT JOIN versions v ON v.id = m.live
WHERE keys.digest = %(digest)s AND keys.revoked_at IS NULL
""",  # noqa: S608
)


@dataclass(frozen=True)
class Asked:
    """What a model is told to be."""

    kind: str
    spec: Mapping[str, Any]
    dataset: str
    refit: Refit
    holdout: float
    guard: Mapping[str, Any]
    public: bool


@dataclass(frozen=True)
class Model:
    """A model. `revision` counts how often it was asked to be something else; `live` is the id of the version that answers."""

    id: int
    site_id: int
    name: str
    kind: str
    spec: dict[str, Any]
    dataset: str
    refit: Refit
    holdout: float
    guard: dict[str, Any]
    public: bool
    revision: int
    live: int | None
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True)
class Pointer:
    """Which version of a model answers now. version, number, fitted_at: None before the first refit."""

    model_id: int
    kind: str
    public: bool
    version: int | None
    number: int | None
    fitted_at: datetime | None
    stale: bool


@dataclass(frozen=True)
class Age:
    """When the live version was fitted, when it was last found to be up to date or better, and whether that is too long ago.

    metrics: how that version did on the rows held back.
    """

    fitted_at: datetime | None
    checked_at: datetime | None
    seconds: float | None  # since it was fitted
    stale: bool
    metrics: dict[str, Any] | None = None


def put(connection: Connection, site_id: int, name: str, asked: Asked, *, max_models: int) -> tuple[Model, bool]:
    """Make a model, or tell one to be something else; its live version goes on answering unless the kind changes.

    Returns it and whether it is new. Needs a transaction. The name has been checked. Raises LimitExceeded.
    """
    found = row(connection, COUNT, {"site_id": site_id, "name": name})
    if found is not None and found[0] >= max_models:
        raise LimitExceeded("max_models", max_models, f"the site has {found[0]} other models", field="name")
    values = {"site_id": site_id, "name": name, **vars(asked)}
    put_ = row(connection, PUT, values | {"spec": json.dumps(asked.spec), "guard": json.dumps(asked.guard)})
    assert put_ is not None
    return Model(*put_[:-1]), put_[-1]


def find(connection: Connection, site_id: int, name: str) -> Model | None:
    found = row(connection, FIND, {"site_id": site_id, "name": name}) if NAME.fullmatch(name) else None
    return None if found is None else Model(*found)


def by_id(connection: Connection, id: int) -> Model | None:
    found = row(connection, BY_ID, {"id": id})
    return None if found is None else Model(*found)


def lock(connection: Connection, id: int) -> Model | None:
    """Find a model and hold it until the transaction ends."""
    found = row(connection, LOCK, {"id": id})
    return None if found is None else Model(*found)


def list_(connection: Connection, site_id: int) -> list[Model]:
    """List a site's models by name."""
    with cursor_of(connection) as cursor:
        cursor.execute(LIST, {"site_id": site_id})
        return [Model(*found) for found in cursor]


def remove(connection: Connection, site_id: int, name: str) -> bool:
    """Delete a model with its versions and runs. False when there is none of that name."""
    return bool(NAME.fullmatch(name)) and row(connection, REMOVE, {"site_id": site_id, "name": name}) is not None


def pointer(connection: Pooled, site_id: int, name: str) -> Pointer | None:
    """Tell which version answers for a model: one round trip, made by each prediction."""
    found = row(connection, POINTER, {"site_id": site_id, "name": name}) if NAME.fullmatch(name) else None
    return None if found is None else pointer_of(connection, found)


def pointer_to_key(connection: Pooled, digest: bytes, site_id: int, name: str) -> tuple[bool, Pointer | None]:
    """Tell whether the key of this digest lives and is the site's, and what pointer would, in one statement."""
    found = row(connection, POINTER_TO_KEY, {"digest": digest, "name": name if NAME.fullmatch(name) else ""})
    if found is None or found[0] != site_id:
        return False, None
    return True, None if found[1] is None else pointer_of(connection, found[1:])


def pointer_of(connection: Pooled, found: tuple[Any, ...]) -> Pointer:
    """Read a row of ANSWERING."""
    kind, public, version, number, fitted_at, old, id = found
    return Pointer(id, kind, public, version, number, fitted_at, bool(old) and age(connection, id).stale)


def age(connection: Pooled, id: int) -> Age:
    """Tell how old a model's live version is, by the database's clock."""
    found = row(connection, AGE, {"id": id})
    return Age(None, None, None, stale=False) if found is None else Age(*found)


def freshness(connection: Connection) -> tuple[datetime | None, bool]:
    """Tell of all models that are refitted by themselves when the newest version was fitted, and whether any is stale."""
    found = row(connection, FRESHNESS, {})
    return (None, False) if found is None else (found[0], found[1])
