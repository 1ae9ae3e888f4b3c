"""A model by its name → the model, for whom it belongs to; foreign ones are answered like missing ones."""

from __future__ import annotations

from errors import Conflict, NotFound
from resources.caller import Caller
from store import models, versions
from store.engine import Connection
from store.models import Model
from store.versions import Version


def own_model(connection: Connection, owner: Caller, name: str) -> Model:
    """Find a model of the caller's site. Raises NotFound."""
    found = models.find(connection, owner.site_id, name)
    if found is None:
        raise no_model()
    return found


def live_version(connection: Connection, model: Model) -> Version:
    """Find the version that answers for a model. Raises Conflict when there is none yet."""
    found = None if model.live is None else versions.by_id(connection, model.live)
    if found is None:
        raise unfitted()
    return found


def no_model() -> NotFound:
    return NotFound("this site has no model of this name; PUT /models/<name> makes one")


def unfitted() -> Conflict:
    return Conflict("the model has no version yet; POST /models/<name>/refit makes one, and so does the nightly run")
