"""Fields of a request → a frozen pydantic model, or an InvalidInput that names each field and never echoes a value."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from errors import Fault, InvalidInput, pointer_to
from resources.body import Fields
from resources.places import place_of

WORD = re.compile(r"[A-Za-z][\w.-]{0,39}")
OF_KEY = ("[key]",)  # pydantic's last part where a key itself is wrong
SHOULD_BE = "Input should be "  # how pydantic begins
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
        found = error.errors(include_input=False, include_url=False)
        faults = _either([_fault(fault, model, "?" if fields.in_query else "/") for fault in found])
        raise InvalidInput("; ".join(f"{f.pointer}: {f.detail}" for f in faults), faults=faults) from None


def _fault(fault: Mapping[str, Any], model: type[BaseModel], mark: str) -> Fault:
    """Tell of a field. mark: / for one of a body, ? for one of the query string."""
    if fault["type"] == "extra_forbidden":
        return _unknown(place_of(fault["loc"], model), _holding(model, fault["loc"][:-1]), mark)
    place = place_of(fault["loc"][:-1] if fault["loc"][-1:] == OF_KEY else fault["loc"], model)
    if fault["type"] == "missing":
        return Fault(_pointer(place, mark), "this field is required")
    return Fault(_pointer(place, mark), NOT_OF_TYPE.get(fault["type"]) or str(fault["msg"]))


def _pointer(place: Sequence[str | int], mark: str) -> str:
    return mark + pointer_to(*place)[1:] if place else ""


def _either(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """Tell in one fault what a value should be that may be of several types."""
    told: list[Fault] = []
    for fault in faults:
        if told and told[-1].pointer == fault.pointer and fault.detail.startswith(SHOULD_BE):
            last = told.pop()
            fault = replace(last, detail=f"{last.detail} or {fault.detail.removeprefix(SHOULD_BE)}")
        told.append(fault)
    return tuple(told)


def _unknown(place: Sequence[str | int], known: Iterable[str], mark: str) -> Fault:
    """Tell of a field that is none; its name only when it is one, and not a body of another type."""
    *around, last = place
    name = str(last)
    names = list(known)
    near = get_close_matches(name[:40], names, n=1)
    meant = f"did you mean {near[0]}? " if near else ""
    pointer = _pointer(place if WORD.fullmatch(name) else around, mark)
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
