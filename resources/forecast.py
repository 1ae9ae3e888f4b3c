"""POST /forecast and GET /forecast: a series ahead, through stacked differences, each step with what it stands on."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from flask import Response
from flask_restful import Resource
from pydantic import Field

from errors import InvalidInput
from kinds.forecast import FORECAST, ForecastSpec, given_of
from kinds.forecast_answer import ForecastAnswer
from kinds.kind import Kind
from resources.operation import Operation
from resources.questions import answer_get, answer_post
from resources.tables import Sent, Source, Stored, TableInput, dataset_of, table_of
from resources.work import Asker, SecondOpinionAsked, Work


class ForecastRequest(ForecastSpec):
    """A forecast: of y sent along, of a list of series, or of columns of data sent along or stored."""

    data: TableInput = None
    dataset: Annotated[str | None, Field(description="The name of stored data, in place of data.")] = None
    second_opinion: SecondOpinionAsked = False


class ForecastQuery(ForecastRequest):
    """The same about stored data alone, for GET."""

    dataset: str


EXAMPLE = {
    "y": [112, 118, 132, 129, 121, 135, 148, 148, 136, 119, 104, 118],
    "ds": [f"1949-{month:02d}" for month in range(1, 13)],
    "h": 6,
}


class Forecast(Resource):
    """Forecast a series, or many."""

    operations = {  # noqa: RUF012
        "post": Operation("Forecast the series sent", ForecastAnswer, body=ForecastRequest, example=EXAMPLE, keeps=True),
        "get": Operation("Forecast stored data", ForecastAnswer, query=ForecastQuery, keeps=True),
    }

    def post(self) -> Response:
        return answer_post(ForecastRequest, FORECAST, work_of)

    def get(self) -> Response:
        return answer_get(ForecastQuery, FORECAST, work_of)


def work_of(kind: Kind, asked: ForecastRequest, asker: Asker) -> Work:
    """Put together what a request asks for. Raises InvalidInput unless it has its values in one place, and they can be read."""
    _check_one_place(asked)
    tables = _tables(asked, asker)
    if not tables:
        given_of(asked, {}, asker.service.limits)  # what cannot be read is refused here, not by a job later
    return Work(kind, asked, tables)


def _check_one_place(asked: ForecastRequest) -> None:
    table = asked.data is not None or asked.dataset is not None
    own = isinstance(asked.y, list)
    if asked.data is not None and asked.dataset is not None:
        raise InvalidInput("give either data or dataset, the name of stored data", field="data")
    if table + own + (asked.series is not None) != 1:
        raise InvalidInput("give the values in one place: y, series, data or dataset", field="y")
    if not table:
        named = next((field for field in ("ds", "unique_id") if isinstance(getattr(asked, field), str)), None)
        if named:
            raise InvalidInput("a name is of a column of data or of a dataset, and there is neither", field=named)


def _tables(asked: ForecastRequest, asker: Asker) -> dict[str, Source]:
    """The table asked about, if there is one. Its timestamps are texts, more of them than a factor may have levels."""
    service = replace(asker.service, limits=replace(asker.service.limits, max_levels=asker.service.limits.max_rows))
    if asked.data is not None:
        return {"data": Sent(table_of(asked.data, service.limits, field="data"))}
    if asked.dataset is not None:
        return {"data": Stored(dataset_of(asked.dataset, asker.caller, service), service)}
    return {}
