"""Keys: shown once, found by their hash, gone when revoked."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import Connection, text

from errors import InvalidInput
from store import keys
from store.sites import ANONYMOUS, SAMPLES

SHOP = "https://shop.example"


@pytest.mark.parametrize("kind", ["sk", "pk"])
def test_a_key_is_its_kind_and_43_random_characters(connection: Connection, kind: keys.Kind) -> None:
    assert re.fullmatch(kind + r"_[A-Za-z0-9_-]{43}", keys.create(connection, ANONYMOUS, kind).text)


def test_a_key_is_found_by_its_text(connection: Connection) -> None:
    new = keys.create(connection, ANONYMOUS, "pk", (SHOP, "http://localhost:8080"))
    assert keys.find(connection, new.text) == keys.Key(new.id, ANONYMOUS, "pk", (SHOP, "http://localhost:8080"))


def test_the_text_is_not_stored(connection: Connection) -> None:
    new = keys.create(connection, ANONYMOUS, "sk")
    stored = connection.execute(text("SELECT keys::text FROM keys WHERE id = :id"), {"id": new.id}).scalar_one()
    assert new.text[3:-4] not in stored


@pytest.mark.parametrize("known", ["", "sk_", "sk_" + "A" * 43, "\x00", "sk_" + "\x00" * 43, "é" * 46, "\ud800"])
def test_an_unknown_key_is_not_found(connection: Connection, known: str) -> None:
    assert keys.find(connection, known) is None


def test_the_kind_is_part_of_the_secret(connection: Connection) -> None:
    new = keys.create(connection, ANONYMOUS, "pk")
    assert keys.find(connection, "sk" + new.text[2:]) is None


def test_a_revoked_key_is_not_found(connection: Connection) -> None:
    new = keys.create(connection, ANONYMOUS, "sk")
    assert keys.revoke(connection, new.id)
    assert keys.find(connection, new.text) is None


def test_a_key_is_revoked_once(connection: Connection) -> None:
    new = keys.create(connection, ANONYMOUS, "sk")
    assert [keys.revoke(connection, new.id), keys.revoke(connection, new.id)] == [True, False]


def test_a_list_shows_a_sites_keys_by_their_ending(connection: Connection) -> None:
    new = keys.create(connection, ANONYMOUS, "sk")
    keys.create(connection, SAMPLES, "sk")
    assert [(key.id, key.kind, key.ending) for key in keys.list_(connection, ANONYMOUS)] == [(new.id, "sk", new.text[-4:])]


def test_a_list_tells_when_a_key_was_revoked(connection: Connection) -> None:
    keys.revoke(connection, keys.create(connection, ANONYMOUS, "sk").id)
    assert keys.list_(connection)[0].revoked_at is not None


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (SHOP, True),
        ("http://shop.example", False),
        ("https://shop.example:443", False),
        ("https://shop.example.evil.example", False),
        ("https://evil.example/https://shop.example", False),
        ("https://shop.example/", False),
        ("null", False),
        ("", False),
        ("\x00", False),
        ("{https://shop.example}", False),
    ],
)
def test_an_origin_is_allowed_only_to_the_letter(connection: Connection, origin: str, allowed: bool) -> None:
    keys.create(connection, ANONYMOUS, "pk", (SHOP, "https://blog.example"))
    assert keys.origins_allowed(connection, origin) is allowed


def test_a_revoked_key_allows_no_origin(connection: Connection) -> None:
    keys.revoke(connection, keys.create(connection, ANONYMOUS, "pk", (SHOP,)).id)
    assert not keys.origins_allowed(connection, SHOP)


def test_a_secret_key_allows_no_origin(connection: Connection) -> None:
    keys.create(connection, ANONYMOUS, "sk", (SHOP,))
    assert not keys.origins_allowed(connection, SHOP)


@pytest.mark.parametrize("origin", ["*", "shop.example", "https://shop.example/", "HTTPS://Shop.example", "https://a b", "null"])
def test_what_no_browser_sends_is_refused_as_an_origin(connection: Connection, origin: str) -> None:
    with pytest.raises(InvalidInput, match="origin"):
        keys.create(connection, ANONYMOUS, "pk", (origin,))
