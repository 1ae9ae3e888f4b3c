"""Runs: one row for each time a model was fitted again, or was to be, and what was decided. A unique row makes it once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import Connection

from store.driver import cursor_of, execute, row

State = Literal["queued", "promoted", "kept", "unchanged", "failed"]
Trigger = Literal["night", "asked"]

FIELDS = (
    "r.id, r.site_id, r.model_id, m.name, r.revision, r.date, r.trigger, r.state, r.reason, r.figures, r.version, r.job, "
    "r.created_at, r.finished_at"
)
NOW = "SELECT now(), (now() AT TIME ZONE 'UTC')::date"
DUE = """
SELECT m.id, m.site_id, m.name FROM models m
WHERE (%(model)s IS NULL OR m.name = %(model)s) AND (%(site)s IS NULL OR m.site_id = %(site)s)
AND (%(all)s OR m.refit = 'nightly' OR (m.refit = 'weekly' AND NOT EXISTS (
    SELECT FROM runs r WHERE r.model_id = m.id AND r.revision = m.revision AND r.date > %(date)s::date - 7 AND r.date <> %(date)s
    AND r.state IN ('promoted', 'kept', 'unchanged')
)))
ORDER BY m.id
"""
NIGHT = f"""
WITH asked AS (
    INSERT INTO runs (site_id, model_id, revision, date, trigger)
    SELECT site_id, id, revision, %(date)s, 'night' FROM models WHERE id = %(model_id)s FOR KEY SHARE
    ON CONFLICT (model_id, revision, date) WHERE trigger = 'night' DO UPDATE SET state = 'queued', finished_at = NULL, job = NULL
    WHERE runs.state = 'failed' AND runs.finished_at < %(before)s
    RETURNING *
)
SELECT {FIELDS} FROM asked r JOIN models m ON m.id = r.model_id
"""  # noqa: S608
OF_NIGHT = f"""
SELECT {FIELDS} FROM runs r JOIN models m ON m.id = r.model_id AND m.revision = r.revision
WHERE r.model_id = %(model_id)s AND r.date = %(date)s AND r.trigger = 'night'
"""  # noqa: S608
ASK = f"""
WITH asked AS (
    INSERT INTO runs (site_id, model_id, revision, date, trigger)
    SELECT site_id, id, revision, (now() AT TIME ZONE 'UTC')::date, 'asked' FROM models WHERE id = %(model_id)s FOR KEY SHARE
    ON CONFLICT (model_id) WHERE trigger = 'asked' AND state = 'queued' DO UPDATE SET trigger = 'asked' RETURNING *
)
SELECT {FIELDS} FROM asked r JOIN models m ON m.id = r.model_id
"""  # noqa: S608
QUEUED_AS = "UPDATE runs SET job = %(job)s WHERE id = %(id)s"
FIND = f"SELECT {FIELDS} FROM runs r JOIN models m ON m.id = r.model_id WHERE r.id = %(id)s"  # noqa: S608
HOLD = FIND + " AND r.state = 'queued' FOR UPDATE OF r"
DECIDE = """
UPDATE runs SET state = %(state)s, reason = %(reason)s, figures = %(figures)s, version = %(version)s, finished_at = now()
WHERE id = %(id)s AND state = 'queued'
"""
LIST = f"SELECT {FIELDS} FROM runs r JOIN models m ON m.id = r.model_id WHERE r.id = ANY(%(ids)s) ORDER BY r.id"  # noqa: S608
PAGE = f"""
SELECT {FIELDS} FROM runs r JOIN models m ON m.id = r.model_id
WHERE r.site_id = %(site_id)s AND (%(model)s IS NULL OR m.name = %(model)s) AND (%(before)s IS NULL OR r.id < %(before)s)
ORDER BY r.id DESC LIMIT %(limit)s
"""  # noqa: S608
UNFINISHED = f"""
SELECT {FIELDS} FROM runs r JOIN models m ON m.id = r.model_id WHERE r.state = 'queued' AND r.trigger = 'night'
AND (%(model)s IS NULL OR m.name = %(model)s) AND (%(site)s IS NULL OR r.site_id = %(site)s) ORDER BY r.id
"""  # noqa: S608


@dataclass(frozen=True)
class Due:
    """A model that is to be fitted again."""

    model_id: int
    site_id: int
    name: str


@dataclass(frozen=True)
class Run:
    """A refit. version: the number of the version it made, if it made one. figures: what was decided by."""

    id: int
    site_id: int
    model_id: int
    model: str
    revision: int
    date: date
    trigger: Trigger
    state: State
    reason: str | None
    figures: dict[str, Any]
    version: int | None
    job: str | None
    created_at: datetime
    finished_at: datetime | None


def now(connection: Connection) -> tuple[datetime, date]:
    """Tell time and date by the database's clock: those of the machines that ask may differ by hours."""
    found = row(connection, NOW, {})
    assert found is not None
    return found[0], found[1]


def due(
    connection: Connection, date: date, *, model: str | None = None, site: int | None = None, all_: bool = False
) -> list[Due]:
    """List the models to refit on a date: nightly ones, weekly ones of which the last seven days have seen no decision.

    all_: those that are manual or have time until later in the week, too. A night that was missed is caught up by the next
    call, whatever the hour.
    """
    with cursor_of(connection) as cursor:
        cursor.execute(DUE, {"date": date, "model": model, "site": site, "all": all_})
        return [Due(*found) for found in cursor]


def ask_for_night(connection: Connection, model_id: int, date: date, *, before: datetime) -> Run | None:
    """Make the run of a model and a date, or take one up again that had failed `before`.

    None: it is made, or decided, already; or the model is gone.
    The unique row decides who of several that ask at once.
    """
    found = row(connection, NIGHT, {"model_id": model_id, "date": date, "before": before})
    return None if found is None else Run(*found)


def of_night(connection: Connection, model_id: int, date: date) -> Run | None:
    found = row(connection, OF_NIGHT, {"model_id": model_id, "date": date})
    return None if found is None else Run(*found)


def ask(connection: Connection, model_id: int) -> Run | None:
    """Make a run that somebody asked for, or find the one that waits already. None: the model is gone."""
    found = row(connection, ASK, {"model_id": model_id})
    return None if found is None else Run(*found)


def queued_as(connection: Connection, id: int, job: str) -> None:
    """Note which job does a run."""
    execute(connection, QUEUED_AS, {"id": id, "job": job})


def find(connection: Connection, id: int) -> Run | None:
    found = row(connection, FIND, {"id": id})
    return None if found is None else Run(*found)


def hold(connection: Connection, id: int) -> Run | None:
    """Find an undecided run and hold it until the transaction ends; None when it has been decided."""
    found = row(connection, HOLD, {"id": id})
    return None if found is None else Run(*found)


def decide(
    connection: Connection, id: int, state: State, reason: str, *, figures: bytes = b"{}", version: int | None = None
) -> bool:
    """Write down what was decided; False when it had been decided before."""
    values = {"id": id, "state": state, "reason": reason, "figures": figures.decode(), "version": version}
    return execute(connection, DECIDE, values) > 0


def list_(connection: Connection, ids: Sequence[int]) -> list[Run]:
    with cursor_of(connection) as cursor:
        cursor.execute(LIST, {"ids": list(ids)})
        return [Run(*found) for found in cursor]


def unfinished(connection: Connection, *, model: str | None = None, site: int | None = None) -> list[Run]:
    """List the runs of any night that were begun and not decided: whoever did them was killed, or does them now."""
    with cursor_of(connection) as cursor:
        cursor.execute(UNFINISHED, {"model": model, "site": site})
        return [Run(*found) for found in cursor]


def page(
    connection: Connection, site_id: int, *, model: str | None = None, before: int | None = None, limit: int = 50
) -> tuple[list[Run], int | None]:
    """List a site's runs, newest first, and what `before` is of the next page."""
    with cursor_of(connection) as cursor:
        cursor.execute(PAGE, {"site_id": site_id, "model": model, "before": before, "limit": limit + 1})
        items = [Run(*found) for found in cursor]
    return items[:limit], items[limit - 1].id if len(items) > limit else None
