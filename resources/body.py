"""The bytes of a request → its fields. A body is read whole or refused, never used in part."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from typing import IO

import orjson
from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

from errors import BodyTooLarge, InvalidInput, LengthRequired, MalformedBody, UnsupportedMediaType, pointer_to
from resources.csv_text import columns_of_csv
from science.limits import Limits

JSON = "application/json"
CSV = "text/csv"
URLENCODED = "application/x-www-form-urlencoded"
FORMS = ("multipart/form-data", URLENCODED)
MOST_PARTS = 100  # of a form
CHUNK = 1 << 16  # bytes looked through at once
NOT_JSON = re.compile(r"-?(?:NaN|Infinity)\b", re.IGNORECASE)
TABLES = ("data", "predict")  # fields that hold a table: JSON or CSV where the body is a form
KEEPING = frozenset({"ttl"})  # of the query string: about keeping the answer, not about the question
OPENING = (b"{", b"[")  # of JSON
NESTING = (dict, list)  # of JSON's values; a tuple is looked through faster than a union
PEEKED = 1024  # bytes: where JSON shows itself, behind any blanks
RULES = ("types", "columns", "mask", "join", "drop_null", "where", "fill")  # of a dataset
STRUCTURED = (*TABLES, "variances", "start", "anova", *RULES)  # JSON where everything else is text


@dataclass(frozen=True)
class Fields:
    """What a request says, by name. `strict`: the values have types of their own (JSON), not all texts (a form)."""

    values: Mapping[str, object]
    strict: bool
    in_query: bool = False  # all of them stand in the query string; there is no body


def read_body(request: Request, max_bytes: int) -> bytes:
    """Read the body whole. Raises LengthRequired, BodyTooLarge, UnsupportedMediaType (encodings), MalformedBody (cut short)."""
    announced = announced_bytes(request, max_bytes)
    body: bytes = request.environ["wsgi.input"].read(announced)  # werkzeug's stream would only count the bytes once more
    check_whole(len(body), announced)
    return body


def has_body(request: Request) -> bool:
    """Tell whether a body is announced, of whatever length."""
    return bool(request.content_length) or "Transfer-Encoding" in request.headers


def announced_bytes(request: Request, max_bytes: int) -> int:
    """How many bytes the body has, before one is read. Raises LengthRequired, BodyTooLarge, UnsupportedMediaType."""
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType("send the body without Content-Encoding; compressed bodies are not opened here")
    if request.content_length is None:
        raise LengthRequired("send Content-Length; bodies in chunks are not read here")
    if request.content_length > max_bytes:
        raise BodyTooLarge(
            f"the body has {request.content_length} bytes; at most {max_bytes} are read here (setting max_body_bytes)"
        )
    return request.content_length


def check_whole(read: int, announced: int) -> None:
    """Raise MalformedBody for a body that was cut short."""
    if read < announced:
        raise MalformedBody(f"the body ended after {read} of the {announced} bytes announced")


def fields_of_body(request: Request, body: bytes, limits: Limits) -> Fields:
    """Read a body's fields by its Content-Type: JSON, CSV (the other fields in the query string), or a form."""
    mimetype = request.mimetype
    beside = fields_of_query(request, KEEPING).values
    if is_json(mimetype):
        return Fields(given_once(beside, object_of_json(body)), strict=True)
    if mimetype == CSV:
        return Fields(given_once(beside, {"data": columns_of_csv(body, limits)}), strict=False)
    if mimetype in FORMS:
        values = fields_of_form(request, BytesIO(body), lambda file, name: _table_of_bytes(file.read(), name, limits))
        return Fields(given_once(beside, values), strict=False)
    raise unreadable()


def given_once(beside: Mapping[str, object], sent: Mapping[str, object]) -> Mapping[str, object]:
    """Put the fields of a body to those of the query string. Raises InvalidInput for one that stands in both."""
    for name in sent:
        if name in beside:
            raise InvalidInput(f"{name} is given in the query string and in the body; give it once", field=f"?{name}")
    return {**beside, **sent}


def unreadable() -> UnsupportedMediaType:
    """Say which bodies are read."""
    return UnsupportedMediaType(f"Content-Type must be {JSON}, {CSV}, {' or '.join(FORMS)}")


def fields_of_query(request: Request, besides: frozenset[str] = frozenset()) -> Fields:
    """Read the query string's fields, each given once, without those in `besides`. What has structure is JSON there."""
    values: dict[str, object] = {}
    for name, texts in request.args.lists() if request.query_string else ():
        if len(texts) > 1:
            raise InvalidInput(f"{name} is given {len(texts)} times; give it once", field=f"?{name}")
        if name not in besides:
            values[name] = _of_text(texts[0], name, f"?{name}")
    return Fields(values, strict=False, in_query=True)


def fields_of_form(
    request: Request,
    body: IO[bytes],
    table: Callable[[IO[bytes], str], object],
    hold: Callable[..., IO[bytes]] | None = None,
) -> Mapping[str, object]:
    """Read the fields of a form. `table` reads those that hold one; `hold` makes the files that files are held in."""
    if body.read(PEEKED).lstrip()[:1] in OPENING:
        raise UnsupportedMediaType(f"the body looks like JSON; send Content-Type: {JSON}")
    body.seek(0)
    if request.mimetype == URLENCODED:
        _check_parts(body)
    parser = FormDataParser(hold or _in_memory, max_form_memory_size=None, max_form_parts=MOST_PARTS, silent=False)
    try:
        _, form, files = parser.parse(body, request.mimetype, request.content_length, request.mimetype_params)
    except (ValueError, RequestEntityTooLarge):
        raise MalformedBody(f"the body is not {request.mimetype}, or has over {MOST_PARTS} parts") from None
    values: dict[str, object] = {}
    for name, texts in form.lists():
        if len(texts) > 1:
            raise InvalidInput(f"{name} is given {len(texts)} times; give it once", field=name)
        values[name] = table(BytesIO(texts[0].encode()), name) if name in TABLES else _of_text(texts[0], name, name)
    for name, sent in files.lists():
        if name not in TABLES or name in values or len(sent) > 1:
            raise InvalidInput("the file's field must be called data, and be given once", field=name)
        values[name] = table(sent[0].stream, name)
    return values


def _check_parts(body: IO[bytes]) -> None:
    """Refuse a form of too many fields before it is taken apart."""
    ands = sum(chunk.count(b"&") for chunk in iter(partial(body.read, CHUNK), b""))
    if ands >= MOST_PARTS:
        raise MalformedBody(f"the form has over {MOST_PARTS} fields")
    body.seek(0)


def is_json(mimetype: str) -> bool:
    return mimetype == JSON or mimetype.endswith("+json")


def object_of_json(body: bytes) -> Mapping[str, object]:
    """Read a JSON object. Raises MalformedBody."""
    value = json_of(body)
    if not isinstance(value, dict):
        raise MalformedBody("the body must be a JSON object")
    return value


def json_of(body: bytes) -> object:
    """Read JSON strictly: UTF-8, no NaN, no key twice in one object. Raises MalformedBody telling the place."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise MalformedBody(f"the body is not JSON: {_reason(error)} at line {error.lineno}, column {error.colno}") from None
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
            open_values += [each for each in item.values() if isinstance(each, NESTING)]
        elif isinstance(item, list) and item and isinstance(item[0], NESTING):
            open_values += [each for each in item if isinstance(each, NESTING)]
    return count


def _reason(error: orjson.JSONDecodeError) -> str:
    """What is wrong with a body that is no JSON; the numbers that other languages write, and JSON has not, are named."""
    found = NOT_JSON.match(error.doc, max(error.pos - 1, 0)) or NOT_JSON.match(error.doc, error.pos)  # behind a sign, or at it
    return f"{found[0]} is no number of JSON, write null for one that is missing," if found else error.msg


class _Repeating(dict[str, object]):
    """An object of JSON with a name that stands in it twice."""

    def __init__(self, pairs: list[tuple[str, object]], name: str) -> None:
        super().__init__(pairs)
        self.name = name


def _refuse_repeated_keys(body: bytes) -> None:
    """Raise InvalidInput pointing to the first object that names something twice. Raises MalformedBody for one too deep."""
    try:
        value = json.loads(body, object_pairs_hook=_object_of)
    except RecursionError:
        raise MalformedBody("the body's objects and lists are nested too deeply") from None
    open_values: list[tuple[tuple[str, ...], object]] = [((), value)]
    while open_values:
        path, item = open_values.pop()
        if isinstance(item, _Repeating):
            detail = f"the name {item.name[:100]} stands twice in one object; names must differ"
            raise InvalidInput(detail, field=pointer_to(*path, item.name))
        pairs = item.items() if isinstance(item, dict) else enumerate(item) if isinstance(item, list) else ()
        open_values.extend(((*path, str(key)), each) for key, each in pairs if isinstance(each, dict | list))


def _object_of(pairs: list[tuple[str, object]]) -> dict[str, object]:
    read = dict(pairs)
    if len(read) == len(pairs):
        return read
    seen: set[str] = set()
    return _Repeating(pairs, next(name for name, _ in pairs if name in seen or seen.add(name)))  # type: ignore[func-returns-value]


def _in_memory(
    total_content_length: int | None, content_type: str | None, filename: str | None, content_length: int | None = None
) -> BytesIO:
    """Hold a file of the form in memory: the body it came in is there already, and no larger than allowed."""
    return BytesIO()


def _table_of_bytes(table: bytes, name: str, limits: Limits) -> object:
    if table[:PEEKED].lstrip()[:1] in OPENING:
        return json_of(table)
    return columns_of_csv(table, limits, field=name)


def _of_text(text: str, name: str, field: str) -> object:
    if name not in STRUCTURED:
        return text
    try:
        return json_of(text.encode())
    except MalformedBody as error:
        raise InvalidInput(error.detail.replace("the body", "this"), field=field) from None
