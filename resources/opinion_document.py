"""A second opinion in an answer → a sheet of the document, and what was said as notes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from resources.document import Document, sheet_of

HEADINGS = {
    "numbers": "Numbers",
    "compared": "Compared",
    "largest_relative_difference": "Largest relative difference",
    "at": "At",
}


def with_opinion(document: Document, answer: Mapping[str, Any]) -> Document:
    """Lay a second opinion out behind the rest, where there is one."""
    opinion = answer.get("second_opinion")
    if opinion is None:
        return document
    sheets = (sheet_of(f"The same model by {opinion['by']}", HEADINGS, opinion["agreement"]),) if opinion["agreement"] else ()
    notes = [f"{opinion['by']}: {words}" for words in opinion["said"]]
    if opinion["untold"]:
        notes.append(f"{opinion['by']} does not tell: {'; '.join(opinion['untold'])}")
    return replace(document, sheets=(*document.sheets, *sheets), notes=(*document.notes, *notes))
