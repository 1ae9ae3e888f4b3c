"""The bytes of a CSV file → columns whose cells are told one by one: a text among numbers fails its row, not the file."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from io import StringIO
from itertools import islice

from errors import InvalidInput, MalformedBody
from resources.csv_text import BYTE_ORDER_MARK, MISSING, checked_lines, checked_records, is_number, names_of, numbers_of
from science.limits import Limits

Cell = float | str | None


def cells_of_csv(body: bytes, limits: Limits, texts: frozenset[str], *, field: str = "data") -> dict[str, list[Cell]]:
    """Read a table with its column names in the first line; empty cells and NA are missing. texts: columns read as they are.

    Raises MalformedBody (not UTF-8, quotes left open), InvalidInput (ragged rows, repeated names) and LimitExceeded.
    """
    try:
        lines = StringIO(body.decode("utf-8").removeprefix(BYTE_ORDER_MARK), newline="")
    except UnicodeDecodeError as error:
        raise MalformedBody(f"byte {error.start + 1} is not UTF-8; save the file as UTF-8") from None
    records = csv.reader(checked_lines(lines, limits, field), strict=True)
    try:
        names = names_of(next(records, []), limits, field)
        rows = list(islice(checked_records(records, len(names), field), limits.max_rows + 1))
    except csv.Error as error:
        raise MalformedBody(f"line {records.line_num} is not CSV: {error}") from None
    limits.check("max_rows", len(rows), f"the data has more than {limits.max_rows} rows", field=field)
    if not rows:
        raise InvalidInput("there are no rows under the column names; give at least one", field=field)
    return {name: _cells(cells, name in texts) for name, cells in zip(names, zip(*rows, strict=True), strict=True)}


def _cells(cells: Sequence[str], text: bool) -> list[Cell]:
    if text:
        return [_word(cell.strip()) for cell in cells]
    try:
        return numbers_of(cells)  # type: ignore[return-value]
    except ValueError:
        return [_cell(cell.strip()) for cell in cells]


def _word(cell: str) -> str | None:
    return None if cell in MISSING else cell


def _cell(cell: str) -> Cell:
    return float(cell) if is_number(cell) and cell not in MISSING else _word(cell)
