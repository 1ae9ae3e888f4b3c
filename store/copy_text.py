"""COPY's text format, streamed: columns into bytes and bytes into columns, a few thousand cells at a time.

Source: PostgreSQL manual, COPY, "Text Format".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from store.columns import StoredColumn, Type

CELLS = 16_384  # encoded or decoded at once: about half a megabyte, however wide or long the table is
NULL = "\\N"
ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
UNESCAPED = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}


class Encoder:
    """The file that COPY FROM reads: every read() gives the next lines."""

    def __init__(self, columns: Sequence[StoredColumn], rows: int) -> None:
        self._chunks = _chunks(columns, rows)

    def read(self, _size: int = -1) -> bytes:
        return next(self._chunks, b"")


class Decoder:
    """The file that COPY TO writes, one row at a time. `columns()` gives the lists when it is done."""

    def __init__(self, types: Sequence[Type]) -> None:
        self._decode = [DECODERS[type] for type in types]
        self._columns: list[list[Any]] = [[] for _ in types]
        self._waiting: list[list[bytes]] = []
        self._at_once = max(1, CELLS // len(types))

    def write(self, line: bytes) -> int:
        self._waiting.append(line[:-1].split(b"\t"))
        if len(self._waiting) >= self._at_once:
            self._decode_waiting()
        return len(line)

    def columns(self) -> list[list[Any]]:
        self._decode_waiting()
        return self._columns

    def _decode_waiting(self) -> None:
        for column, decode, cells in zip(self._columns, self._decode, zip(*self._waiting, strict=True), strict=False):
            column.extend(map(decode, cells))
        self._waiting.clear()


def _chunks(columns: Sequence[StoredColumn], rows: int) -> Iterator[bytes]:
    at_once = max(1, CELLS // len(columns))
    for start in range(0, rows, at_once):
        cells = (map(ENCODERS[column.type], column.values[start : start + at_once]) for column in columns)
        yield "".join([f"{line}\n" for line in map("\t".join, zip(*cells, strict=True))]).encode()


def _encoded_number(value: float | None) -> str:
    return NULL if value is None or value != value else repr(float(value))


def _encoded_text(value: str | None) -> str:
    return NULL if value is None else value.translate(ESCAPES)


def _encoded_boolean(value: bool | None) -> str:
    return NULL if value is None else "t" if value else "f"


def _decoded_number(cell: bytes) -> float | None:
    return None if cell == b"\\N" else float(cell)


def _decoded_text(cell: bytes) -> str | None:
    if b"\\" not in cell:
        return cell.decode()
    return None if cell == b"\\N" else ESCAPED.sub(lambda match: UNESCAPED.get(match[1], match[1]), cell).decode()


def _decoded_boolean(cell: bytes) -> bool | None:
    return None if cell == b"\\N" else cell == b"t"


ENCODERS: dict[Type, Callable[[Any], str]] = {"number": _encoded_number, "text": _encoded_text, "boolean": _encoded_boolean}
DECODERS: dict[Type, Callable[[bytes], Any]] = {"number": _decoded_number, "text": _decoded_text, "boolean": _decoded_boolean}
