"""What every request shares: settings, database, limits. Made once by create_app, frozen after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from flask import Request, current_app, g, request

from config import Settings
from resources.fits import Fits
from resources.flights import Flights
from resources.gate import Gate
from resources.rate import Buckets
from resources.recall import QUESTIONS, Recall
from resources.waits import Waits
from science.limits import Limits
from science.recent import Recent
from store.engine import Engine
from store.keys import Key

EXTENSION = "lamplight"
KEYS = 1_000  # known to a process, about 500 kB


@dataclass(frozen=True)
class Service:
    """The parts of one process. Buckets are shared with the processes forked from it, the rest is not."""

    settings: Settings
    engine: Engine
    limits: Limits
    buckets: Buckets
    gate: Gate
    flights: Flights
    recall: Recall
    known_keys: Recent[bytes, Key]  # by digest: lets a question get its name before the database says whether the key lives
    waits: Waits
    fits: Fits


def service_of(settings: Settings, engine: Engine) -> Service:
    """Put a service together from its settings."""
    return Service(
        settings=settings,
        engine=engine,
        limits=Limits(**{name: getattr(settings, name) for name in Limits.__dataclass_fields__}),
        buckets=Buckets(),
        gate=Gate(settings.concurrency, settings.patience_seconds),
        flights=Flights(),
        recall=Recall(QUESTIONS),
        known_keys=Recent(KEYS),
        waits=Waits(),
        fits=Fits(),
    )


def service() -> Service:
    """The service of the application that handles this request."""
    return cast(Service, current_app.extensions[EXTENSION])


def this_request() -> tuple[Request, Any]:
    """The request being handled and its `g`, themselves: each use of Flask's stand-ins for them looks them up again."""
    return request._get_current_object(), g._get_current_object()  # type: ignore[attr-defined]
