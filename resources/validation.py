"""Fields of a request → a frozen pydantic model, or an InvalidInput that names each field and never echoes a value."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from errors import Fault, InvalidInput, pointer_of
from resources.body import Fields

Model = TypeVar("Model", bound=BaseModel)


def validated(model: type[Model], fields: Fields) -> Model:
    """Check the fields against the model; values of a form or a query string are read from their texts."""
    try:
        return model.model_validate(fields.values, strict=fields.strict)
    except ValidationError as error:
        faults = tuple(_fault(fault, model) for fault in error.errors(include_input=False, include_url=False))
        raise InvalidInput("; ".join(f"{f.pointer}: {f.detail}" for f in faults), faults=faults) from None


def _fault(fault: Mapping[str, Any], model: type[BaseModel]) -> Fault:
    name = ".".join(str(part) for part in fault["loc"])[:100]
    if fault["type"] == "extra_forbidden":
        return Fault(pointer_of(name), _unknown(name, model))
    if fault["type"] == "missing":
        return Fault(pointer_of(name), "this field is required")
    return Fault(pointer_of(name), str(fault["msg"]))


def _unknown(name: str, model: type[BaseModel]) -> str:
    near = get_close_matches(name, model.model_fields, n=1)
    meant = f"; did you mean {near[0]}?" if near else ""
    return f"there is no such field{meant} Known are {', '.join(model.model_fields)}"
