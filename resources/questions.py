"""The way of a computing endpoint: bytes → a request of its model → a named question. What /regress and its like share."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, Protocol, TypeVar

import orjson
from flask import Response, request
from pydantic import BaseModel

from errors import InvalidInput
from resources.answers import Asker, asker_of, recalled
from resources.body import KEEPING, fields_of_body, fields_of_query, read_body
from resources.caller import computing_caller, reading_caller
from resources.recall import question_of
from resources.service import service
from resources.tables import dataset_of, table_of, table_of_dataset
from resources.validation import validated
from science.table import Table


class AsksOfData(Protocol):
    """A request that sends data along, or names stored data."""

    @property
    def data(self) -> Any: ...
    @property
    def dataset(self) -> str | None: ...


LARGE = 256 * 1024  # bytes: read in 10 ms
Model = TypeVar("Model", bound=BaseModel)
Answer = Callable[[Model, Asker], tuple[str, Response]]


def answer_post(model: type[Model], answer: Answer[Model]) -> Response:
    """Answer a body: from the store if these very bytes were asked before, else by reading and answering them."""
    asker = asker_of(computing_caller(service()), service())
    body = read_body(request, service().settings.max_body_bytes)
    question = question_of((str(asker.caller.site_id).encode(), *_sent(), body))
    known = service().recall.find(question)
    if known is not None and (response := recalled(known, asker)):
        return response
    asked = _read(model, body)
    result_id, response = answer(asked, asker)
    if getattr(asked, "dataset", None) is None:  # stored data may change, and then the same bytes ask another question
        service().recall.note(question, result_id)
    return response


def _read(model: type[Model], body: bytes) -> Model:
    """Read a body; a large one in turn, for reading it is work too."""
    with service().gate.turn() if len(body) > LARGE else nullcontext():
        return validated(model, fields_of_body(request, body, service().limits))


def answer_get(model: type[Model], answer: Answer[Model]) -> Response:
    """Answer a query string about stored data."""
    asker = asker_of(reading_caller(service()), service())
    return answer(validated(model, fields_of_query(request, KEEPING)), asker)[1]


def data_of(asked: AsksOfData, asker: Asker) -> tuple[str, Callable[[], Table]]:
    """Give the fingerprint of the data asked about, and a way to have them; stored data are loaded only then."""
    if (asked.data is None) == (asked.dataset is None):
        raise InvalidInput("give either data or dataset, the name of stored data", field="data")
    if asked.dataset is None:
        table = table_of(asked.data, asker.service.limits, field="data")
        return table.fingerprint, lambda: table
    dataset = dataset_of(asked.dataset, asker.caller, asker.service)
    return dataset.fingerprint, lambda: table_of_dataset(dataset, asker.service)


def new_rows_of(asked: Any, asker: Asker) -> Table | None:
    """Read the rows to predict, if there are any."""
    return None if asked is None else table_of(asked, asker.service.limits, field="predict")


def canonical(spec: object, **more: object) -> bytes:
    """Write a spec (a dataclass), and what else decides the answer, in one form: equal questions have equal bytes."""
    return orjson.dumps({"spec": spec, **more}, option=orjson.OPT_SORT_KEYS | orjson.OPT_SERIALIZE_NUMPY)


def _sent() -> tuple[bytes, ...]:
    return request.path.encode(), (request.content_type or "").encode(), request.query_string
