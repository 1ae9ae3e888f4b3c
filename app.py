"""The application: settings → engine → routes → error shape. `create_app()` is what gunicorn and flask call."""

from __future__ import annotations

import os

from flask import Flask

from config import Settings
from resources.api import mount
from resources.commands import register
from resources.service import EXTENSION, service_of
from store.engine import engine_of


def create_app(settings: Settings | None = None) -> Flask:
    """Make the application. Raises ConfigurationError when a setting is missing or cannot be used."""
    settings = settings or Settings.from_env(os.environ)
    app = Flask("lamplight", static_folder=None)
    app.extensions[EXTENSION] = service_of(settings, engine_of(settings))
    mount(app)
    register(app)
    return app
