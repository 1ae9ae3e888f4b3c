"""CSV as it is written for people: a line for each row, and no text that a spreadsheet would run as a formula.

Datasets are written by Postgres: what is stored is given back as it came. Only its empty lines are filled here.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import IO

FORMULAS = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet takes for the beginning of one


def csv_of_rows(columns: Iterable[str], rows: Iterable[Iterable[object]], line_end: str = "\n") -> str:
    """Write names and rows of cells. Numbers are written as they are, in full precision; None is an empty cell."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator=line_end)
    writer.writerow([guarded(name) for name in columns])
    writer.writerows([guarded(cell) for cell in row] for row in rows)
    return out.getvalue()


def guarded(cell: object) -> object:
    """Keep a spreadsheet from running a text as a formula: it gets a ' before it."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULAS) else cell


class RowsOfOneColumn:
    """A file for the rows of one column, of which Postgres writes each by itself: a missing value is "", no empty line.

    Readers skip empty lines, and the rows below would move up.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def write(self, row: bytes) -> int:
        return self._file.write(b'""\n' if row == b"\n" else row)

    def tell(self) -> int:
        return self._file.tell()
