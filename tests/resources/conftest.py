"""The application on a real database, in production mode, and a site of its own for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import create_app
from config import Settings
from resources.service import EXTENSION, Service
from store import keys, sites
from store.engine import writing

ORIGIN = "https://shop.example"
NUMBERS = count(1)


@dataclass(frozen=True)
class Site:
    """A site with one key of each kind."""

    id: int
    secret: str
    publishable: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret}"}

    @property
    def page_headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.publishable}", "Origin": ORIGIN}


def settings_for(database_url: str, **changed: Any) -> Settings:
    """Settings that no limit of rate disturbs."""
    plain = {"secret": "s" * 40, "public": True, "rate_per_key": 10**6, "rate_per_address": 10**6}
    return Settings(database_url=database_url, **(plain | changed))


@pytest.fixture(scope="session")
def application(shared_database_url: str) -> Iterator[Flask]:
    app = create_app(settings_for(shared_database_url))
    yield app
    engine_of(app).dispose()


def engine_of(app: Flask) -> Any:
    service: Service = app.extensions[EXTENSION]
    return service.engine


def new_site(app: Flask) -> Site:
    with writing(engine_of(app)) as connection:
        site = sites.create(connection, f"site {next(NUMBERS)}")
        secret = keys.create(connection, site.id, "sk")
        publishable = keys.create(connection, site.id, "pk", origins=(ORIGIN,))
    return Site(site.id, secret.text, publishable.text)


@pytest.fixture
def site(application: Flask) -> Site:
    return new_site(application)


@pytest.fixture
def client(application: Flask) -> FlaskClient:
    return application.test_client()


Ask = Callable[..., TestResponse]


@pytest.fixture
def ask(client: FlaskClient, site: Site) -> Ask:
    """Send a request with the site's secret key."""

    def send(method: str, path: str, **given: Any) -> TestResponse:
        given["headers"] = site.headers | given.get("headers", {})
        return client.open(path, method=method, **given)

    return send
