"""The bytes of a CSV file (RFC 4180) → columns of numbers, texts or true and false.

Ours rather than pandas.read_csv: that one takes 9 s and 515 MB for a megabyte of commas, guesses types silently, and
would add 75 MB to the web process. Columns are counted before rows are read.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from itertools import islice

from errors import InvalidInput, MalformedBody, pointer_to
from science.limits import Limits
from store.rules import LONGEST_NAME

MISSING = frozenset({"", "NA", "NaN", "nan", "null", "NULL", "None"})
BOOLEANS = {"TRUE": True, "true": True, "True": True, "FALSE": False, "false": False, "False": False}
FIRST_OF_NUMBER = frozenset("0123456789+-.iInN \t\n\r\v\f")  # inf and nan are numbers to Python
LINES_PER_ROW = 4  # blank lines, and those of texts of several lines, are no rows
BYTE_ORDER_MARK = "\ufeff"
OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}


def columns_of_csv(body: bytes, limits: Limits, *, field: str = "data") -> dict[str, list[object]]:
    """Read a table with its column names in the first line; empty cells and NA are missing.

    Raises MalformedBody (not UTF-8, quotes left open), InvalidInput (ragged rows, repeated names, a text among numbers)
    and LimitExceeded (rows, columns).
    """
    text = _text_of(body, field)
    lines = text.count("\n")
    if lines > LINES_PER_ROW * limits.max_rows:  # blank ones are cheap, but not for nothing
        limits.check("max_rows", lines, f"the data has {lines} lines", field=field)
    records = csv.reader(checked_lines(StringIO(text, newline=""), limits, field), strict=True)
    try:
        names = names_of(next(records, []), limits, field)
        rows = list(islice(checked_records(records, len(names), field), limits.max_rows + 1))
    except csv.Error as error:
        raise MalformedBody(f"line {records.line_num} is not CSV: {error}") from None
    limits.check("max_rows", len(rows), f"the data has more than {limits.max_rows} rows", field=field)
    if not rows:
        raise InvalidInput("there are no rows under the column names; give at least one", field=field)
    return {name: _column(name, cells, field) for name, cells in zip(names, zip(*rows, strict=True), strict=True)}


def _text_of(body: bytes, field: str) -> str:
    try:
        text = body.decode("utf-8").removeprefix(BYTE_ORDER_MARK)
    except UnicodeDecodeError as error:
        raise MalformedBody(f"byte {error.start + 1} is not UTF-8; save the file as UTF-8") from None
    if "\x00" in text:
        raise InvalidInput("the text has a NUL character; remove it", field=field)
    if not text.strip():
        raise InvalidInput("there is no data; the first line holds the column names, the others the rows", field=field)
    return text


def checked_lines(lines: Iterable[str], limits: Limits, field: str) -> Iterator[str]:
    """Give the lines one by one; a line of far more commas than columns allowed is refused before it is split."""
    for number, line in enumerate(lines, 1):
        commas = line.count(",")
        if commas > limits.max_columns and '"' not in line:
            limits.check("max_columns", commas + 1, f"line {number} has {commas + 1} columns", field=field)
        yield line


def names_of(cells: Sequence[str], limits: Limits, field: str) -> list[str]:
    """Read the first line. Raises InvalidInput for a name that is missing, too long or stands twice, LimitExceeded."""
    limits.check("max_columns", len(cells), f"the first line has {len(cells)} columns", field=field)
    _check_separator(cells, field)
    names = [cell.strip() for cell in cells]
    for place, name in enumerate(names, 1):
        if not name:
            raise InvalidInput(f"column {place} has no name; the first line must name every column", field=field)
        if len(name) > LONGEST_NAME:
            detail = (
                f"column {place} has a name of {len(name)} characters; a column name must have 1 to {LONGEST_NAME} characters"
            )
            raise InvalidInput(detail, field=field)
        if name in names[: place - 1]:
            raise InvalidInput(f"the column name {name[:100]} stands twice; names must differ", field=field)
    if all(is_number(name) for name in names):
        raise InvalidInput("the first line holds numbers; it must hold the column names", field=field)
    return names


def _check_separator(head: Sequence[str], field: str) -> None:
    """Refuse a file that a spreadsheet wrote for countries where the comma is taken: its numbers would be read wrongly, too."""
    found = next((mark for mark in OTHER_SEPARATORS if mark in "".join(head)), None)
    if len(head) == 1 and found is not None:
        detail = f"the columns are separated by {OTHER_SEPARATORS[found]}; separate them by commas, and write 0.5 with a point"
        raise InvalidInput(detail, field=field)


def checked_records(records: Iterator[list[str]], width: int, field: str) -> Iterator[list[str]]:
    """Give the rows, without blank lines. Raises InvalidInput for one that is not `width` cells wide."""
    for number, record in enumerate(records, 1):
        if len(record) == width:
            yield record
        elif record:  # a blank line gives no cells
            raise InvalidInput(
                f"row {number} has {len(record)} cells where there are {width} columns", field=f"/{field}/{number - 1}"
            )


def _column(name: str, cells: Sequence[str], field: str) -> list[object]:
    try:
        return numbers_of(cells)
    except ValueError:
        return _words(name, cells, field)


def numbers_of(cells: Sequence[str]) -> list[object]:
    """Read a column of numbers; raises ValueError at the first cell that is none."""
    if not any(cells):
        return [None] * len(cells)
    if any("_" in cell for cell in cells):  # float() reads 1_000 as a number; nobody who writes CSV does
        raise ValueError
    try:
        return list(map(float, cells)) if not MISSING.intersection(cells) else _with_missing(cells)
    except ValueError:
        return _with_missing([cell.strip() for cell in cells])


def _with_missing(cells: Sequence[str]) -> list[object]:
    return [None if cell in MISSING else float(cell) for cell in cells]


def _words(name: str, cells: Sequence[str], field: str) -> list[object]:
    words = words_of(cells)
    present = [word for word in words if word is not None]
    if all(word in BOOLEANS for word in present):
        return [None if word is None else BOOLEANS[word] for word in words]
    if 2 * sum(map(is_number, present)) > len(present):
        raise text_among_numbers(name, next(i for i, word in enumerate(words) if word is not None and not is_number(word)), field)
    return list(words)


def words_of(cells: Sequence[str]) -> list[str | None]:
    """Read a column of texts, without the blanks around them."""
    return [None if cell in MISSING else cell for cell in map(str.strip, cells)]


def text_among_numbers(name: str, row: int, field: str) -> InvalidInput:
    """Tell of a text in a column that would hold numbers without it. row: from 0."""
    return InvalidInput(
        f"row {row + 1} of column {name[:100]} is a text where most are numbers; leave the cell empty if it is missing",
        field=pointer_to(field, name, row),
    )


def is_number(word: str) -> bool:
    """Whether a cell reads as a number."""
    if word[:1].isascii() and word[:1] not in FIRST_OF_NUMBER:
        return False  # most texts: trying them costs ten times as much
    try:
        float(word)
    except ValueError:
        return False
    return "_" not in word
