"""GET /datasets; GET, PUT and DELETE /datasets/<name>; POST /datasets/<name>/rows: the data that a site keeps."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext

from flask import Response, request
from flask_restful import Resource

from errors import NotFound
from resources.body import CSV, JSON, fields_of_query
from resources.caller import Caller, owning_caller, reading_caller
from resources.csv_written import RowsOfOneColumn
from resources.dataset_models import (
    AppendRequest,
    DatasetList,
    DatasetPage,
    Kept,
    NoQuery,
    PutRequest,
    RowsQuery,
    told,
)
from resources.formats import accepted
from resources.idempotency import PARAMETER, done_before, done_once
from resources.operation import Operation
from resources.sent_rows import WantedColumns, rows_of
from resources.service import service
from resources.tables import dataset_of
from resources.uploads import Upload, given_away, holding, uploaded
from resources.validation import validated
from store import catalog, datasets
from store.datasets import Bounds, DatasetInfo, Stored
from store.engine import Connection, reading, writing
from store.rows import Rows
from store.rules import Rules
from store.sites import SAMPLES

LARGE = 256 * 1024  # bytes: read in 10 ms
SUFFIX = ".csv"
EXAMPLE = {
    "data": {"user": ["Hans", "Anna", "Ines"], "Amount": [149.62, 2.69, None], "Class": [0, 1, None]},
    "mask": {"user": 2},
    "drop_null": ["Amount"],
    "fill": {"Class": -1},
}


class Datasets(Resource):
    """The data a caller can name."""

    operations = {"get": Operation("List the stored data: the site's own and the samples", DatasetList)}  # noqa: RUF012

    def get(self) -> tuple[dict[str, object], int]:
        reader = reading_caller(service())
        with reading(service().engine) as connection:
            listed = datasets.list_(connection, SAMPLES if reader.kind == "publishable" else reader.site_id)
        return {"datasets": [told(info) for info in listed]}, 200


class OneDataset(Resource):
    """One dataset: its columns, its rows."""

    operations = {  # noqa: RUF012
        "get": Operation(
            "Describe stored data, show a page of rows, or give all as CSV", DatasetPage, query=RowsQuery, also=(CSV,)
        ),
        "put": Operation(
            "Store data, replacing what has the name",
            Kept,
            body=PutRequest,
            query=Rules,
            example=EXAMPLE,
            statuses={200: "Replaced", 201: "Stored"},
        ),
        "delete": Operation("Delete stored data", None),
    }

    def get(self, name: str) -> tuple[dict[str, object], int] | Response:
        asked = validated(RowsQuery, fields_of_query(request))
        dataset = dataset_of(name.removesuffix(SUFFIX), reading_caller(service()), service())
        if name.endswith(SUFFIX) or accepted(request).best_match((JSON, CSV)) == CSV:
            return _csv(dataset, asked)
        with reading(service().engine) as connection:
            dataset = datasets.counted(connection, dataset)
            columns = datasets.load(connection, dataset, after=asked.after, limit=asked.rows) if asked.rows else {}
        page = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        last = asked.after + len(page)
        return {**told(dataset), "page": page, "next": last if page and last < dataset.rows else None}, 200

    def put(self, name: str) -> tuple[dict[str, object], int, dict[str, str]]:
        owner = owning_caller()
        catalog.check_name(name)
        with uploaded(request, service()) as upload, _in_turn():
            asked = validated(PutRequest, upload.fields)
            rows = rows_of(asked.data, WantedColumns.to_put(asked.rules), service())
            with writing(service().engine) as connection:
                stored = datasets.put(connection, owner.site_id, name, rows, asked.rules, secret=_secret(), bounds=_bounds())
        return _told(stored), 201 if stored.new else 200, {"Location": f"/datasets/{name}"}

    def delete(self, name: str) -> Response:
        owner = owning_caller()
        validated(NoQuery, fields_of_query(request))
        with writing(service().engine) as connection:
            removed = datasets.remove(connection, owner.site_id, name)
        if not removed:
            raise NotFound("this site has no dataset of this name")
        return Response(status=204)


class DatasetRows(Resource):
    """The rows of a dataset, to which others are added."""

    operations = {  # noqa: RUF012
        "post": Operation(
            "Add rows to stored data, all or none",
            Kept,
            body=AppendRequest,
            example={"data": {"user": ["Otto"], "Amount": [378.66], "Class": [None]}},
            statuses={201: "Added"},
            parameters=(PARAMETER,),
        )
    }

    def post(self, name: str) -> Response:
        owner = owning_caller()
        location = {"Location": f"/datasets/{name}"}
        with uploaded(request, service()) as upload, _in_turn():
            if (replayed := done_before(request, upload.digest, owner, service(), location)) is not None:
                return replayed
            rows = _rows_to_append(upload, _own(name, owner))

            def append(connection: Connection) -> tuple[int, object]:
                kept = datasets.append(connection, owner.site_id, name, rows, secret=_secret(), bounds=_bounds())
                return 201, _told(kept)

            return done_once(request, upload.digest, owner, service(), append, location)


def _rows_to_append(upload: Upload, info: DatasetInfo) -> Rows:
    asked = validated(AppendRequest, upload.fields)
    return rows_of(asked.data, WantedColumns.to_append(info), service())


def _own(name: str, owner: Caller) -> DatasetInfo:
    with reading(service().engine) as connection:
        info = datasets.find(connection, owner.site_id, name)
    if info is None or info.site_id != owner.site_id:
        raise NotFound("this site has no dataset of this name; PUT /datasets/<name> makes one")
    return info


@contextmanager
def _in_turn() -> Iterator[None]:
    """Check and store a large body in turn, for that is work too."""
    with service().gate.turn() if (request.content_length or 0) > LARGE else nullcontext():
        yield


def _csv(dataset: DatasetInfo, asked: RowsQuery) -> Response:
    """Give rows as CSV: read in one go into a file, so that no caller's slowness keeps a connection to Postgres."""
    file = holding()
    try:
        file.write(_header(column.name for column in dataset.columns))
        with reading(service().engine) as connection:
            rows = RowsOfOneColumn(file) if len(dataset.columns) == 1 else file
            datasets.write_csv(connection, dataset, rows, after=asked.after, limit=asked.rows)
        size = file.tell()
    except BaseException:
        file.close()
        raise
    response = Response(given_away(file), mimetype=CSV, headers={"Content-Length": str(size), "Vary": "Accept"})
    response.call_on_close(file.close)
    return response


def _header(names: Iterable[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(names)
    return out.getvalue().encode()


def _told(stored: Stored) -> dict[str, object]:
    return {**told(stored.info), "rows_sent": stored.sent, "rows_added": stored.added}


def _secret() -> bytes:
    return service().settings.secret.encode()


def _bounds() -> Bounds:
    settings = service().settings
    return Bounds(settings.max_dataset_rows, settings.max_site_cells, settings.max_datasets)
