"""The bytes of a request → its fields. A body is read whole or refused, never used in part."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO

import orjson
from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

from errors import BodyTooLarge, InvalidInput, LengthRequired, MalformedBody, UnsupportedMediaType
from resources.csv_text import columns_of_csv
from science.limits import Limits

JSON = "application/json"
CSV = "text/csv"
FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
TABLES = ("data", "predict")  # fields that hold a table: JSON or CSV where the body is a form
KEEPING = frozenset({"ttl"})  # of the query string: about keeping the answer, not about the question
STRUCTURED = (*TABLES, "variances", "start", "anova")  # JSON where everything else is text


@dataclass(frozen=True)
class Fields:
    """What a request says, by name. `strict`: the values have types of their own (JSON), not all texts (a form)."""

    values: Mapping[str, object]
    strict: bool


def read_body(request: Request, max_bytes: int) -> bytes:
    """Read the body whole. Raises LengthRequired, BodyTooLarge, UnsupportedMediaType (encodings), MalformedBody (cut short)."""
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType("send the body without Content-Encoding; compressed bodies are not opened here")
    if request.content_length is None:
        raise LengthRequired("send Content-Length; bodies in chunks are not read here")
    if request.content_length > max_bytes:
        raise BodyTooLarge(
            f"the body has {request.content_length} bytes; at most {max_bytes} are read here (setting max_body_bytes)"
        )
    body = request.stream.read(request.content_length)
    if len(body) < request.content_length:
        raise MalformedBody(f"the body ended after {len(body)} of the {request.content_length} bytes announced")
    return body


def fields_of_body(request: Request, body: bytes, limits: Limits) -> Fields:
    """Read a body's fields by its Content-Type: JSON, CSV (the other fields in the query string), or a form."""
    mimetype = request.mimetype
    beside = fields_of_query(request, KEEPING).values
    if mimetype == JSON or mimetype.endswith("+json"):
        return Fields({**beside, **_object_of_json(body)}, strict=True)
    if mimetype == CSV:
        return Fields({**beside, "data": columns_of_csv(body, limits)}, strict=False)
    if mimetype in FORMS and body.lstrip()[:1] in (b"{", b"["):
        raise UnsupportedMediaType(f"the body looks like JSON; send Content-Type: {JSON}")
    if mimetype in FORMS:
        return Fields({**beside, **_fields_of_form(request, body, beside, limits)}, strict=False)
    raise UnsupportedMediaType(f"Content-Type must be {JSON}, {CSV}, {' or '.join(FORMS)}")


def fields_of_query(request: Request, besides: frozenset[str] = frozenset()) -> Fields:
    """Read the query string's fields, each given once, without those in `besides`. What has structure is JSON there."""
    values: dict[str, object] = {}
    for name, texts in request.args.lists():
        if len(texts) > 1:
            raise InvalidInput(f"{name} is given {len(texts)} times; give it once", field=f"?{name}")
        if name not in besides:
            values[name] = _json_of_text(texts[0], f"?{name}") if name in STRUCTURED else texts[0]
    return Fields(values, strict=False)


def _object_of_json(body: bytes) -> Mapping[str, object]:
    value = json_of(body)
    if not isinstance(value, dict):
        raise MalformedBody("the body must be a JSON object")
    return value


def json_of(body: bytes) -> object:
    """Read JSON strictly: UTF-8, no NaN, no key twice in one object. Raises MalformedBody telling the place."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise MalformedBody(f"the body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from None
    if body.count(b":") != _keys_in(value):  # else no colon stands in a text and no key can have been lost
        _refuse_repeated_keys(body)
    return value


def _keys_in(value: object) -> int:
    """Count the keys of all objects in a JSON value, without recursion."""
    count, open_values = 0, [value]
    while open_values:
        item = open_values.pop()
        if isinstance(item, dict):
            count += len(item)
            open_values.extend(v for v in item.values() if isinstance(v, dict | list))
        elif isinstance(item, list) and item and isinstance(item[0], dict | list):
            open_values.extend(v for v in item if isinstance(v, dict | list))
    return count


def _refuse_repeated_keys(body: bytes) -> None:
    def checked(pairs: list[tuple[str, object]]) -> None:
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise InvalidInput(f"the name {name[:100]} stands twice in one object; names must differ", field="data")
            seen.add(name)

    try:
        json.loads(body, object_pairs_hook=checked)
    except RecursionError:
        raise MalformedBody("the body's objects and lists are nested too deeply") from None


def _fields_of_form(request: Request, body: bytes, beside: Mapping[str, object], limits: Limits) -> Mapping[str, object]:
    parser = FormDataParser(_in_memory, max_form_memory_size=None, max_form_parts=100, silent=False)
    try:
        _, form, files = parser.parse(BytesIO(body), request.mimetype, len(body), request.mimetype_params)
    except (ValueError, RequestEntityTooLarge):
        raise MalformedBody(f"the body is not {request.mimetype}, or has over 100 parts") from None
    values: dict[str, object] = {}
    for name, texts in form.lists():
        if len(texts) > 1 or name in beside:
            raise InvalidInput(f"{name} is given more than once; give it once", field=name)
        values[name] = _value_of_text(texts[0], name, limits)
    for name, file in files.items():
        if name not in TABLES or name in values or name in beside:
            raise InvalidInput("the file's field must be called data, and be given once", field=name)
        values[name] = _table_of_bytes(file.read(), name, limits)
    return values


def _in_memory(
    total_content_length: int | None, content_type: str | None, filename: str | None, content_length: int | None = None
) -> BytesIO:
    """Hold a file of the form in memory: the body it came in is there already, and no larger than allowed."""
    return BytesIO()


def _value_of_text(text: str, name: str, limits: Limits) -> object:
    if name in TABLES:
        return _table_of_bytes(text.encode(), name, limits)
    return _json_of_text(text, name) if name in STRUCTURED else text


def _table_of_bytes(table: bytes, name: str, limits: Limits) -> object:
    if table.lstrip()[:1] in (b"{", b"["):
        return json_of(table)
    return columns_of_csv(table, limits, field=name)


def _json_of_text(text: str, field: str) -> object:
    try:
        return json_of(text.encode())
    except MalformedBody as error:
        raise InvalidInput(error.detail.replace("the body", "this"), field=field) from None
