"""Fields of a request → a frozen pydantic model, or an InvalidInput that names each field and never echoes a value."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from errors import Fault, InvalidInput
from resources.body import Fields

WORD = re.compile(r"[A-Za-z][\w.-]{0,39}")
NOT_OF_TYPE = {  # in JSON's words, where pydantic uses Python's
    "model_type": "Input should be an object",
    "dict_type": "Input should be an object",
    "tuple_type": "Input should be a list",
}
Model = TypeVar("Model", bound=BaseModel)


def validated(model: type[Model], fields: Fields) -> Model:
    """Check the fields against the model; values of a form or a query string are read from their texts."""
    try:
        return model.model_validate(fields.values, strict=fields.strict)
    except ValidationError as error:
        faults = tuple(
            _fault(fault, model, "?" if fields.in_query else "/")
            for fault in error.errors(include_input=False, include_url=False)
        )
        raise InvalidInput("; ".join(f"{f.pointer}: {f.detail}" for f in faults), faults=faults) from None


def _fault(fault: Mapping[str, Any], model: type[BaseModel], mark: str) -> Fault:
    """Tell of a field. mark: / for one of a body, ? for one of the query string."""
    name = "/".join(str(part) for part in fault["loc"])
    if fault["type"] == "extra_forbidden":
        return _unknown(fault["loc"], _holding(model, fault["loc"][:-1]), mark)
    if fault["type"] == "missing":
        return Fault(mark + name, "this field is required")
    return Fault(mark + name if name else "", NOT_OF_TYPE.get(fault["type"]) or str(fault["msg"]))


def _unknown(place: Sequence[str | int], known: Iterable[str], mark: str) -> Fault:
    """Tell of a field that is none; its name only when it is one, and not a body of another type."""
    *around, name = map(str, place)
    names = list(known)
    near = get_close_matches(name[:40], names, n=1)
    meant = f"did you mean {near[0]}? " if near else ""
    pointer = mark + "/".join([*around, name]) if WORD.fullmatch(name) else mark + "/".join(around) if around else ""
    return Fault(pointer, f"there is no such field; {meant}known are {', '.join(names)}")


def _holding(model: type[BaseModel], place: Sequence[str | int]) -> Iterable[str]:
    """Return the names of the fields that an object at this place may have."""
    for name in place:
        field = model.model_fields.get(str(name))
        models = _models(field.annotation) if field else [model]  # a number is a place in a list of the same
        if len(models) != 1:
            return ()
        model = models[0]
    return model.model_fields


def _models(annotation: Any) -> list[type[BaseModel]]:
    """Return the models that an annotation names, in whatever it nests them."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for part in get_args(annotation) for found in _models(part)]
