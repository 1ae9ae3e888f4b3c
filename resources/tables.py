"""Columns or records from the wire, or a stored dataset, → a Table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import WithJsonSchema

from errors import InvalidInput, NotFound
from resources.caller import Caller
from resources.service import Service
from science.limits import Limits
from science.table import Table, table_of_columns, table_of_records
from store import datasets
from store.engine import reading

CELL = {"type": ["number", "string", "boolean", "null"]}
# Any to pydantic: the Table checks the values itself, column by column, twenty times as fast.
TableInput = Annotated[
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


def table_of(value: object, limits: Limits, *, field: str) -> Table:
    """Build a Table from columns or records. Raises InvalidInput naming the place."""
    if isinstance(value, Mapping):
        return table_of_columns(value, limits, field=field)
    if isinstance(value, list):
        return table_of_records(value, limits, field=field)
    raise InvalidInput(f"{field} must be columns by name, or a list with one object per row", field=field)


def dataset_of(name: str, caller: Caller, service: Service) -> datasets.DatasetInfo:
    """Find a stored dataset by its name: the caller's own, else a sample. A publishable key reads only samples."""
    sites_own = caller.site_id if caller.kind != "publishable" else None
    with reading(service.engine) as connection:
        found = datasets.find(connection, sites_own, name)
    if found is None:
        raise NotFound("there is no dataset of this name; GET /datasets lists those there are")
    return found


def table_of_dataset(dataset: datasets.DatasetInfo, service: Service) -> Table:
    """Load a stored dataset's rows."""
    with reading(service.engine) as connection:
        columns = datasets.load(connection, dataset)
    return table_of_columns(columns, service.limits, field="dataset")
