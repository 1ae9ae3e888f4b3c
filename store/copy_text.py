"""COPY's text format, streamed: columns into bytes and bytes into columns, a few thousand cells at a time.

Source: PostgreSQL manual, COPY, "Text Format".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256
from itertools import count
from typing import Any

from store.columns import Type
from store.rows import Chunk, Written, rows_at_once

NULL = "\\N"
ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
UNESCAPED = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}


class Encoder:
    """The file that COPY FROM reads: every read() gives the next lines, each with the row's number first."""

    def __init__(self, types: Sequence[Type], chunks: Iterator[Chunk], first: int = 1) -> None:
        self._lines = _encoded(types, chunks, first)

    def read(self, _size: int = -1) -> bytes:
        return next(self._lines, b"")


class Decoder:
    """The file that COPY TO writes, one row at a time. `columns()` gives the lists when it is done."""

    def __init__(self, types: Sequence[Type]) -> None:
        self._decode = [DECODERS[type] for type in types]
        self._columns: list[list[Any]] = [[] for _ in types]
        self._waiting: list[list[bytes]] = []
        self._at_once = rows_at_once(len(types))

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


class Chain:
    """The file that COPY TO writes when only a fingerprint is wanted: each row is hashed onto all that came before.

    So rows appended later go on where the last ones ended, and give what sending all at once would have given.
    """

    def __init__(self, fingerprint: str) -> None:
        self._digest = fingerprint.encode()

    def write(self, line: bytes) -> int:
        self._digest = sha256(self._digest + line).hexdigest().encode()
        return len(line)

    @property
    def fingerprint(self) -> str:
        return self._digest.decode()


def _encoded(types: Sequence[Type], chunks: Iterator[Chunk], first: int) -> Iterator[bytes]:
    numbers = map(str, count(first))
    for chunk in chunks:
        cells = [_cells(type, values) for type, values in zip(types, chunk, strict=True)]
        rows = len(chunk[0])
        places = [next(numbers) for _ in range(rows)]
        yield "".join([f"{line}\n" for line in map("\t".join, zip(places, *cells, strict=True))]).encode()


def _cells(type: Type, values: Sequence[Any]) -> Iterable[str]:
    if isinstance(values, Written):
        return [value or NULL for value in values] if "" in values else values
    return map(ENCODERS[type], values)


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
