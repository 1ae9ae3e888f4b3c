"""Texts are masked before they reach Postgres; what joins them is a keyed hash, from which they cannot be had back."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator, Sequence

from store.rows import Chunk, Rows
from store.rules import Mask

KEY_DIGITS = 32  # hexadecimal: 128 bits, so that no two texts of a site share one


def masked_text(text: str, mask: Mask) -> str:
    """Hide the first characters, each by what it is. KSQL's MASK_LEFT: Hans with 2 is Xxns there, **ns here.

    Source: https://docs.confluent.io/platform/current/ksqldb (scalar functions, MASK_LEFT).
    """
    return "".join(map(_hidden(mask), text[: mask.left])) + text[mask.left :]


def joining_key(secret: bytes, site_id: int) -> Callable[[str], str]:
    """Give the hash that stands for a text in joins: the same in all datasets of a site, and in no other's."""
    site_key = hmac.digest(secret, b"join keys of site %d" % site_id, "sha256")
    return lambda text: hmac.digest(site_key, text.encode(), "sha256").hex()[:KEY_DIGITS]


def with_keys(rows: Rows, masks: dict[str, int | Mask], key: Callable[[str], str]) -> Iterator[Chunk]:
    """Give the chunks with texts masked, and behind them one column of keys for each that is."""
    names = list(rows.types)
    places = [(names.index(name), mask_of(mask)) for name, mask in masks.items()]
    for chunk in rows.chunks():
        columns = list(chunk)
        keys = [_each(key, chunk[place]) for place, _ in places]
        for place, mask in places:
            columns[place] = _each(lambda text, mask=mask: masked_text(text, mask), chunk[place])  # type: ignore[misc]
        yield [*columns, *keys]


def mask_of(mask: int | Mask) -> Mask:
    """The number alone means: so many characters become asterisks."""
    return Mask(left=mask) if isinstance(mask, int) else mask


def _hidden(mask: Mask) -> Callable[[str], str]:
    def hidden(character: str) -> str:
        if character.isupper():
            return mask.upper
        if character.islower():
            return mask.lower
        return mask.digit if character.isdigit() else mask.other

    return hidden


def _each(function: Callable[[str], str], values: Sequence[str | None]) -> list[str | None]:
    return [None if value is None else function(value) for value in values]
