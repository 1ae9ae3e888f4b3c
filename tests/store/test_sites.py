"""Sites: two are always there, and each has a schema."""

from __future__ import annotations

from sqlalchemy import Connection, inspect

from store import sites


def test_two_sites_are_always_there(connection: Connection) -> None:
    assert sites.list_(connection) == [sites.Site(sites.SAMPLES, "samples"), sites.Site(sites.ANONYMOUS, "anonymous")]


def test_a_new_site_is_found_by_its_name(connection: Connection) -> None:
    created = sites.create(connection, "shop")
    assert sites.find(connection, "shop") == created


def test_a_new_site_has_a_schema(connection: Connection) -> None:
    assert sites.create(connection, "shop").schema in inspect(connection).get_schema_names()


def test_an_unknown_site_is_none(connection: Connection) -> None:
    assert sites.find(connection, "nobody") is None
