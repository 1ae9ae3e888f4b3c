"""The application: settings → engine → routes → error shape. `create_app()` is what gunicorn and flask call."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from flask import Flask, Request
from flask.sessions import NullSession, SessionInterface, SessionMixin

from config import Settings
from resources.api import mount
from resources.commands import register
from resources.service import EXTENSION, service_of
from store.engine import engine_of

NO_SESSION = NullSession()


class Sessionless(SessionInterface):
    """No sessions: whoever asks sends a key, and no cookie is read or set."""

    def open_session(self, app: Flask, request: Request) -> SessionMixin:
        return NO_SESSION


class Application(Flask):
    """Flask without coroutines: none of our functions is one, which Flask would otherwise look at anew in every request."""

    session_interface = Sessionless()

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func


def create_app(settings: Settings | None = None) -> Flask:
    """Make the application. Raises ConfigurationError when a setting is missing or cannot be used."""
    settings = settings or Settings.from_env(os.environ)
    app = Application("lamplight", static_folder=None)
    app.extensions[EXTENSION] = service_of(settings, engine_of(settings))
    mount(app)
    register(app)
    return app
