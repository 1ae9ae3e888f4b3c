"""A table as the wire sends it, in the models of requests: columns or records, checked later, all at once, by science.table."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import WithJsonSchema

CELL = {"type": ["number", "string", "boolean", "null"]}
# Any to pydantic: the Table checks the values itself, column by column, twenty times as fast.
Rows = Annotated[
    Any,
    WithJsonSchema(
        {
            "description": "Columns by name, all of one length, or one object per row.",
            "oneOf": [
                {"type": "object", "additionalProperties": {"type": "array", "items": CELL}},
                {"type": "array", "items": {"type": "object", "additionalProperties": CELL}},
                {"type": "null"},
            ],
        }
    ),
]
