"""What every request shares: settings, database, limits. Made once by create_app, frozen after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from flask import current_app

from config import Settings
from resources.flights import Flights
from resources.gate import Gate
from resources.rate import Buckets
from resources.recall import Recall
from science.limits import Limits
from store.engine import Engine

EXTENSION = "lamplight"


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


def service_of(settings: Settings, engine: Engine) -> Service:
    """Put a service together from its settings."""
    return Service(
        settings=settings,
        engine=engine,
        limits=Limits(**{name: getattr(settings, name) for name in Limits.__dataclass_fields__}),
        buckets=Buckets(),
        gate=Gate(settings.concurrency, settings.patience_seconds),
        flights=Flights(),
        recall=Recall(),
    )


def service() -> Service:
    """The service of the application that handles this request."""
    return cast(Service, current_app.extensions[EXTENSION])
