"""COPY's text format: encoded and decoded in pieces."""

from __future__ import annotations

import tracemalloc

import pytest

from store.columns import StoredColumn, Type
from store.copy_text import Chain, Decoder, Encoder
from store.rows import CELLS, rows_of_columns


def encoder_of(columns: list[StoredColumn], rows: int, first: int = 1) -> Encoder:
    return Encoder([column.type for column in columns], rows_of_columns(columns, rows).chunks(), first)


@pytest.mark.parametrize(
    ("type", "value", "line"),
    [
        ("number", 0.1, b"0.1\n"),
        ("number", -0.0, b"-0.0\n"),
        ("number", 1e308, b"1e+308\n"),
        ("number", 3, b"3.0\n"),
        ("number", None, b"\\N\n"),
        ("number", float("nan"), b"\\N\n"),
        ("text", "", b"\n"),
        ("text", "\\N", b"\\\\N\n"),
        ("text", "a\tb\r\nc", b"a\\tb\\r\\nc\n"),
        ("text", "é", b"\xc3\xa9\n"),
        ("text", None, b"\\N\n"),
        ("boolean", True, b"t\n"),
        ("boolean", False, b"f\n"),
        ("boolean", None, b"\\N\n"),
    ],
)
def test_a_value_is_encoded(type: Type, value: object, line: bytes) -> None:
    assert encoder_of([StoredColumn("x", type, [value])], 1, first=7).read() == b"7\t" + line


@pytest.mark.parametrize(("cell", "value"), [(rb"\b\f\n\r\t\v\\", "\b\f\n\r\t\v\\"), (rb"\\N", "\\N"), (rb"\N", None), (b"", "")])
def test_what_postgres_escapes_is_read(cell: bytes, value: str | None) -> None:
    decoder = Decoder(["text"])
    decoder.write(cell + b"\n")
    assert decoder.columns() == [[value]]


def test_nothing_written_gives_empty_columns() -> None:
    assert Decoder(["text", "number"]).columns() == [[], []]


def test_long_tables_are_encoded_in_pieces() -> None:
    encoder = encoder_of([StoredColumn("x", "number", [1.0] * (CELLS + 1))], CELLS + 1)
    assert [encoder.read().count(b"\n") for _ in range(3)] == [CELLS, 1, 0]


def test_encoding_a_million_cells_needs_little_memory() -> None:
    columns = [StoredColumn("x", "number", [1 / 7] * 100_000)] * 10
    encoder = encoder_of(columns, 100_000)
    tracemalloc.start()
    while encoder.read():
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8e6  # the whole text is 21 MB


def test_a_chain_goes_on_where_it_ended() -> None:
    whole, first = Chain("begin"), Chain("begin")
    for line in (b"1\n", b"2\n"):
        whole.write(line)
    first.write(b"1\n")
    second = Chain(first.fingerprint)
    second.write(b"2\n")
    assert second.fingerprint == whole.fingerprint != first.fingerprint
