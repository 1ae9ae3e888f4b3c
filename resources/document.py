"""An answer as a document of sheets, facts and notes, and the three ways to write one: CSV, an HTML fragment, plain text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from markupsafe import Markup, escape

from resources.csv_written import csv_of_rows

# Control characters, which no escape makes lawful in HTML or XML, are shown as the replacement character.
UNWRITABLE = dict.fromkeys((*set(range(0x20)) - {0x09, 0x0A, 0x0D}, *range(0x7F, 0xA0), 0xFFFE, 0xFFFF), "\ufffd")
Cell = str | float | int | None


@dataclass(frozen=True)
class Sheet:
    """A table of the answer. `columns` are the field names of its rows; `headings` are what people read above them."""

    title: str
    columns: tuple[str, ...]
    headings: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    p_values: frozenset[str] = frozenset()  # columns written as R writes p-values


@dataclass(frozen=True)
class Document:
    """A title, the sheets (the first is the main one), sentences about the whole, and notes of what to mind."""

    title: str
    sheets: tuple[Sheet, ...]
    sentences: tuple[str, ...]
    notes: tuple[str, ...]


def sheet_of(title: str, headings: Mapping[str, str], rows: Sequence[Mapping[str, Any]]) -> Sheet:
    """Lay out rows of an answer under headings, by field name."""
    return Sheet(
        title=title,
        columns=tuple(headings),
        headings=tuple(headings.values()),
        rows=tuple(tuple(row[name] for name in headings) for row in rows),
        p_values=frozenset({"p_value"}),
    )


def csv_of(document: Document) -> str:
    """Write the main sheet as CSV, in full precision; a missing number is an empty cell."""
    sheet = document.sheets[0]
    return csv_of_rows(sheet.columns, sheet.rows, "\r\n")


def html_of(document: Document) -> str:
    """Write a fragment ready for a page: no script, no style, classes that begin with lamplight-."""
    fragment = Markup('<section class="lamplight-result"><h2>{}</h2>{}{}{}</section>\n').format(
        document.title,
        Markup("").join(map(_html_sheet, document.sheets)),
        Markup("").join(Markup("<p>{}</p>").format(sentence) for sentence in document.sentences),
        Markup("").join(Markup('<p class="lamplight-note">{}</p>').format(note) for note in document.notes),
    )
    return fragment.translate(UNWRITABLE)


def text_of(document: Document) -> str:
    """Write plain text that reads like R's summary."""
    parts = [document.title, *map(_text_sheet, document.sheets), "\n".join(document.sentences)]
    parts += [f"Note: {note}" for note in document.notes]
    return "\n\n".join(part for part in parts if part) + "\n"


def shown(cell: Cell, p_value: bool = False) -> str:
    """Write a number for a reader, as R prints it: five digits, p-values never smaller than < 2e-16."""
    if cell is None:
        return "NA"
    if isinstance(cell, str | int):
        return str(cell)
    if p_value:
        return "< 2e-16" if cell < 2e-16 else f"{cell:.3g}"
    return f"{cell:.5g}" if isfinite(cell) else "NA"


def _html_sheet(sheet: Sheet) -> Markup:
    head = Markup("").join(Markup('<th scope="col">{}</th>').format(heading) for heading in sheet.headings)
    body = Markup("").join(_html_row(sheet, row) for row in sheet.rows)
    return Markup("<table><caption>{}</caption><thead><tr>{}</tr></thead><tbody>{}</tbody></table>").format(
        sheet.title, head, body
    )


def _html_row(sheet: Sheet, row: Sequence[Cell]) -> Markup:
    cells = [escape(shown(cell, name in sheet.p_values)) for name, cell in zip(sheet.columns, row, strict=True)]
    first = Markup('<th scope="row">{}</th>').format(cells[0])
    return Markup("<tr>{}{}</tr>").format(first, Markup("").join(Markup("<td>{}</td>").format(c) for c in cells[1:]))


def _text_sheet(sheet: Sheet) -> str:
    """Lay a sheet out in columns: texts to the left, numbers to the right."""
    written = [[shown(cell, name in sheet.p_values) for name, cell in zip(sheet.columns, row, strict=True)] for row in sheet.rows]
    columns = list(zip(sheet.headings, *written, strict=True))
    padded = [_padded(column, any(isinstance(row[i], str) for row in sheet.rows)) for i, column in enumerate(columns)]
    return "\n".join([f"{sheet.title}:", *("  ".join(line).rstrip() for line in zip(*padded, strict=True))])


def _padded(column: tuple[str, ...], left: bool) -> list[str]:
    width = max(map(len, column))
    return [cell.ljust(width) if left else cell.rjust(width) for cell in column]
