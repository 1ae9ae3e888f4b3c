"""A file of CSV → rows to store, read twice: once to check it and find the types, once to hand the values on.

Neither time more than a few thousand cells are in memory.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import TextIOWrapper
from itertools import islice
from typing import IO, Any

from errors import InvalidInput, LimitExceeded, MalformedBody
from resources.csv_text import (
    BOOLEANS,
    checked_lines,
    checked_records,
    is_number,
    names_of,
    numbers_of,
    text_among_numbers,
    words_of,
)
from science.limits import Limits
from store.columns import Type
from store.rows import Chunk, Rows, Written, rows_at_once
from store.rules import pointer

LONGEST_LINE = 1024 * 1024  # characters: a thousand columns of a thousand
DECIMALS = b"0123456789+-."
LONGEST_DECIMAL = 300  # digits: no number is smaller than 1e-308
INFINITE = (float("inf"), float("-inf"))


def rows_of_csv(
    file: IO[bytes],
    declared: Mapping[str, Type],
    only: frozenset[str] | None,
    limits: Limits,
    max_rows: int,
    *,
    field: str = "data",
) -> Rows:
    """Check a table whose first line holds the names; types that are not declared are inferred. Columns besides `only` may
    hold anything.

    Raises MalformedBody (not UTF-8, not CSV), InvalidInput (ragged rows, repeated names, a cell that is not of its
    column's type) and LimitExceeded (rows, columns).
    """
    records = _records(file, limits, field)
    names = _header(records, limits, field)
    columns = [Evidence(name, declared.get(name) if only is None or name in only else "text", field) for name in names]
    rows = 0
    for chunk in _chunks(records, len(names), field):
        for column, cells in zip(columns, chunk, strict=True):
            column.absorb(cells, rows)
        rows += len(chunk[0])
        if rows > max_rows:
            raise LimitExceeded("max_dataset_rows", max_rows, f"the data has more than {max_rows} rows", field=field)
    if rows == 0:
        raise InvalidInput("there are no rows under the column names; give at least one", field=field)
    types = {column.name: column.type() for column in columns}
    return Rows(types, rows, lambda: _values(file, tuple(types.values()), limits, field))


class Evidence:
    """What the cells of a column have shown so far of its type."""

    def __init__(self, name: str, declared: Type | None, field: str) -> None:
        self.name = name
        self._declared = declared
        self._field = field
        self._present = self._numbers = self._booleans = 0
        self._first_word: int | None = None

    def absorb(self, cells: Sequence[str], before: int) -> None:
        """Look at the next cells; `before` them were so many rows."""
        try:
            values = numbers_of(cells) if self._declared in (None, "number") else None
        except ValueError:
            values = None
        if values is None:
            self._absorb_words(words_of(cells), before)
            return
        for infinite in INFINITE:
            if infinite in values:
                raise self._refused(before + values.index(infinite), "infinite; give a finite number, or leave the cell empty")
        present = len(values) - values.count(None)
        self._present += present
        self._numbers += present

    def type(self) -> Type:
        """The column's type. Raises InvalidInput for a few texts among many numbers."""
        if self._declared is not None:
            return self._declared
        if self._numbers == self._present:
            return "number"
        if self._booleans == self._present:
            return "boolean"
        if 2 * self._numbers > self._present and self._first_word is not None:
            raise text_among_numbers(self.name, self._first_word, self._field)
        return "text"

    def _absorb_words(self, words: Sequence[str | None], before: int) -> None:
        if self._declared == "text":
            return
        if self._declared is not None:
            self._refuse_other(words, before)
            return
        for row, word in enumerate(words, before):
            if word is None:
                continue
            self._present += 1
            self._booleans += word in BOOLEANS
            if is_number(word):
                self._numbers += 1
            elif self._first_word is None:
                self._first_word = row

    def _refuse_other(self, words: Sequence[str | None], before: int) -> None:
        fits = is_number if self._declared == "number" else BOOLEANS.__contains__
        for row, word in enumerate(words, before):
            if word is not None and not fits(word):
                raise self._refused(row, f"not a {self._declared}, which is the column's type")

    def _refused(self, row: int, what: str) -> InvalidInput:
        return InvalidInput(f"row {row + 1} of column {self.name} is {what}", field=pointer(self._field, self.name, row))


def _records(file: IO[bytes], limits: Limits, field: str) -> Iterator[list[str]]:
    file.seek(0)
    text = TextIOWrapper(file, encoding="utf-8-sig", newline="")
    records = csv.reader(checked_lines(_lines(text, field), limits, field), strict=True)
    try:
        yield from records
    except UnicodeDecodeError:
        raise MalformedBody(f"after line {records.line_num} it is not UTF-8; save the file as UTF-8") from None
    except csv.Error as error:
        raise MalformedBody(f"line {records.line_num} is not CSV: {error}") from None
    finally:
        if not file.closed:
            text.detach()  # or it would close the file when it goes


def _lines(text: TextIOWrapper, field: str) -> Iterator[str]:
    for number, line in enumerate(iter(lambda: text.readline(LONGEST_LINE), ""), 1):
        if len(line) == LONGEST_LINE:
            raise InvalidInput(f"line {number} has over {LONGEST_LINE} characters", field=field)
        if "\x00" in line:
            raise InvalidInput(f"line {number} has a NUL character; remove it", field=field)
        yield line


def _header(records: Iterator[list[str]], limits: Limits, field: str) -> list[str]:
    cells = next(records, [])
    if not cells:
        raise InvalidInput("there is no data; the first line holds the column names, the others the rows", field=field)
    return names_of(cells, limits, field)


def _chunks(records: Iterator[list[str]], width: int, field: str) -> Iterator[list[tuple[str, ...]]]:
    rows = checked_records(records, width, field)
    while chunk := list(islice(rows, rows_at_once(width))):
        yield list(zip(*chunk, strict=True))


def _values(file: IO[bytes], types: Sequence[Type], limits: Limits, field: str) -> Iterator[Chunk]:
    records = _records(file, limits, field)
    next(records)
    for chunk in _chunks(records, len(types), field):
        yield [_typed(cells, type) for cells, type in zip(chunk, types, strict=True)]


def _typed(cells: Sequence[str], type: Type) -> Sequence[Any]:
    if type == "number":
        return Written(cells) if _plain(cells) else numbers_of(cells)
    words: Iterable[str | None] = words_of(cells)
    if type == "text":
        return list(words)
    return [None if word is None else BOOLEANS[word] for word in words]


def _plain(cells: Sequence[str]) -> bool:
    """Whether numbers are written in digits alone, none so long that Postgres would call it too small."""
    try:
        return not "".join(cells).encode("ascii").translate(None, DECIMALS) and max(map(len, cells)) <= LONGEST_DECIMAL
    except UnicodeEncodeError:
        return False
