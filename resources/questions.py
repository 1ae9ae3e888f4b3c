"""The way of a computing endpoint: bytes → a request of its model → a named question. What /regress and its like share."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, Protocol

from flask import Response, request
from pydantic import BaseModel

from errors import InvalidInput, LamplightError
from kinds.kind import Kind
from resources.answers import answered, asker_of, recalled
from resources.body import KEEPING, fields_of_body, fields_of_query, read_body
from resources.caller import computing_caller, confirm, reading_caller
from resources.recall import question_of
from resources.service import Service, service
from resources.tables import Sent, Source, Stored, dataset_of, table_of
from resources.validation import validated
from resources.work import Asker, Work


class AsksOfData(Protocol):
    """A request that sends data along, or names stored data; and perhaps new rows to predict."""

    @property
    def data(self) -> Any: ...
    @property
    def dataset(self) -> str | None: ...
    @property
    def predict(self) -> Any: ...


LARGE = 256 * 1024  # bytes: read in 10 ms
Gathering = Callable[[Kind, Any, Asker], Work]


def answer_post(model: type[BaseModel], kind: Kind, gathered: Gathering | None = None) -> Response:
    """Answer a body: from the store if these very bytes were asked before, else by reading and answering them.

    gathered: where the data of this kind's questions stand, if not in data, dataset and predict. A key that is still to be
    confirmed is so before anything is told: together with the answer, or before an error.
    """
    this = service()
    try:
        return _answered(asker_of(computing_caller(this), this), model, kind, gathered or work_of)
    except LamplightError:
        confirm(this)
        raise


def _answered(asker: Asker, model: type[BaseModel], kind: Kind, gathered: Gathering) -> Response:
    body = read_body(request, asker.service.settings.max_body_bytes)
    question = question_of((str(asker.caller.site_id).encode(), *_sent(), body))
    known = asker.service.recall.find(question)
    if known is not None and (response := recalled(known, asker)):
        return response
    asked = _read(model, body, asker.service)
    result_id, response = answered(gathered(kind, asked, asker), asker)
    if getattr(asked, "dataset", None) is None:  # stored data may change, and then the same bytes ask another question
        asker.service.recall.note(question, result_id)
    return response


def _read(model: type[BaseModel], body: bytes, service: Service) -> Any:
    """Read a body; a large one in turn, for reading it is work too."""
    with service.gate.turn() if len(body) > LARGE else nullcontext():
        return validated(model, fields_of_body(request, body, service.limits))


def answer_get(model: type[BaseModel], kind: Kind, gathered: Gathering | None = None) -> Response:
    """Answer a query string about stored data."""
    asker = asker_of(reading_caller(service()), service())
    asked: Any = validated(model, fields_of_query(request, KEEPING))
    return answered((gathered or work_of)(kind, asked, asker), asker)[1]


def work_of(kind: Kind, asked: AsksOfData, asker: Asker) -> Work:
    """Put together what a request asks for: the question, the data, and the new rows to predict if there are any."""
    tables: dict[str, Source] = {"data": data_of(asked, asker)}
    if asked.predict is not None:
        tables["predict"] = Sent(table_of(asked.predict, asker.service.limits, field="predict"))
    return Work(kind, asked, tables)


def data_of(asked: AsksOfData, asker: Asker) -> Source:
    """Find the data asked about; stored ones are loaded only when they are needed."""
    if (asked.data is None) == (asked.dataset is None):
        raise InvalidInput("give either data or dataset, the name of stored data", field="data")
    if asked.dataset is None:
        return Sent(table_of(asked.data, asker.service.limits, field="data"))
    return Stored(dataset_of(asked.dataset, asker.caller, asker.service), asker.service)


def _sent() -> tuple[bytes, ...]:
    return request.path.encode(), (request.content_type or "").encode(), request.query_string
