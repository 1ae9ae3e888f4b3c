"""Payments as CSV. Read: a text among numbers fails its row, not the file. Written: a line for each, its reasons side by side."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from io import StringIO
from itertools import islice
from typing import Any

from errors import InvalidInput, MalformedBody
from kinds.fraud_scoring import ID
from resources.csv_text import BYTE_ORDER_MARK, MISSING, checked_lines, checked_records, is_number, names_of, numbers_of
from resources.csv_written import csv_of_rows
from science.limits import Limits

Cell = float | str | None
SCORED = ("risk_score", "risk_level", "alert", "probability")
WHY = ("observed", "expected", "direction", "share")
WRONG = ("error", "detail")


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


def csv_of_scored(results: Sequence[Any], why: int, *, probable: bool) -> bytes:
    """Write payments as scored_rows tells them, a line each. why: reasons asked for; probable: whether there is a probability."""
    scored = SCORED if probable else SCORED[:-1]
    names = (ID, *scored, *(name for place in range(1, why + 1) for name in _reason_names(place)), *WRONG)
    return csv_of_rows(names, (_line(row, scored, why) for row in results)).encode()


def _reason_names(place: int) -> list[str]:
    return [f"reason_{place}", *(f"reason_{place}_{name}" for name in WHY)]


def _line(row: Mapping[str, Any], scored: Sequence[str], why: int) -> list[object]:
    reasons: list[object] = []
    for reason in row["reasons"]:
        reasons += [reason["column"], *(reason[name] for name in WHY)]
    reasons += [None] * ((1 + len(WHY)) * why - len(reasons))  # of a model with fewer columns, or a row that is wrong
    error = row["error"] or {"code": None, "detail": None}
    told = [{True: "true", False: "false"}.get(row[name]) if name == "alert" else row[name] for name in scored]
    return [row[ID], *told, *reasons, error["code"], error["detail"]]


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
