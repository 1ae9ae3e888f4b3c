"""GET /datasets and GET /datasets/<name>: the stored data a caller can name, and a look at their columns and rows."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from typing import Annotated, Literal

from flask import Response, request
from flask_restful import Resource
from pydantic import BaseModel, ConfigDict, Field

from resources.body import fields_of_query
from resources.caller import reading_caller
from resources.operation import Operation
from resources.service import service
from resources.tables import dataset_of
from resources.validation import validated
from store import datasets
from store.engine import reading
from store.sites import SAMPLES


class DatasetColumn(BaseModel):
    """A column and what is in it: the range of numbers, the number of different texts."""

    name: str
    type: Literal["number", "text", "boolean"]
    missing: int
    distinct: int | None = None
    min: float | None = None
    max: float | None = None


class Dataset(BaseModel):
    """Stored data; `sample` ones come with the server and are everybody's."""

    name: str
    rows: int
    columns: list[DatasetColumn]
    sample: bool
    fingerprint: str
    created_at: datetime


class DatasetList(BaseModel):
    datasets: list[Dataset]


class RowsQuery(BaseModel):
    """How many rows to show beside the summary."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rows: Annotated[int, Field(ge=0, le=1000, description="Give the first rows, too.")] = 0


class DatasetPage(Dataset):
    """A dataset, with its first rows when they are asked for."""

    first_rows: list[dict[str, float | str | bool | None]]


class Datasets(Resource):
    """The data a caller can name."""

    operations = {"get": Operation("List the stored data: the site's own and the samples", DatasetList)}  # noqa: RUF012

    def get(self) -> tuple[dict[str, object], int]:
        reader = reading_caller(service())
        with reading(service().engine) as connection:
            listed = datasets.list_(connection, SAMPLES if reader.kind == "publishable" else reader.site_id)
        return {"datasets": [_told(info) for info in listed]}, 200


class OneDataset(Resource):
    """One dataset: its columns, and its first rows."""

    operations = {"get": Operation("Describe stored data", DatasetPage, query=RowsQuery)}  # noqa: RUF012

    def get(self, name: str) -> tuple[dict[str, object], int] | Response:
        asked = validated(RowsQuery, fields_of_query(request))
        dataset = dataset_of(name, reading_caller(service()), service())
        with reading(service().engine) as connection:
            columns = datasets.load(connection, dataset, limit=asked.rows) if asked.rows else {}
        if request.accept_mimetypes.best == "text/csv":
            columns = columns or {column.name: [] for column in dataset.columns}
            return Response(_csv(columns), mimetype="text/csv", headers={"Vary": "Accept"})
        records = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        return {**_told(dataset), "first_rows": records}, 200


def _told(info: datasets.DatasetInfo) -> dict[str, object]:
    return {
        "name": info.name,
        "rows": info.rows,
        "columns": [{name: getattr(column, name) for name in DatasetColumn.model_fields} for column in info.columns],
        "sample": info.site_id == SAMPLES,
        "fingerprint": info.fingerprint,
        "created_at": info.created_at,
    }


def _csv(columns: dict[str, list[object]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return out.getvalue()
