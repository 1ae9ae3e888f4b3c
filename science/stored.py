"""Frozen dataclasses as JSON and arrays, and back: what is stored instead of a pickle.

Only the classes that a codec lists are ever built, by name, from what is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from math import isfinite
from typing import Any

import numpy as np

from errors import InvalidInput, RefitNeeded

PLAIN = (str, int, bool, type(None))
DAMAGE = (KeyError, TypeError, ValueError, AttributeError, IndexError, InvalidInput)  # what reading something else may raise

Arrays = dict[str, np.ndarray]
Inner = Callable[[Any], Any]  # writes or reads a part of what is being written or read


def _no_form(value: Any, write: Inner) -> Any:
    return None


def _as_it_is(array: np.ndarray) -> np.ndarray:
    return array


def by_name(classes: Iterable[Any]) -> dict[str, type[Any]]:
    return {one.__name__: one for one in classes}


@dataclass(frozen=True)
class Codec:
    """How fits of one kind are stored.

    what: the kind in a sentence, "fraud model". whole: the class of a fit; parts: of all that it may hold, by name. form: gives
    the JSON of values that are neither arrays, tuples, dataclasses nor plain, None for those that have none; forms: reads
    them again, by their "type". checked: an array as it was read to one that may be used.
    """

    what: str
    format: int
    whole: type[Any]
    parts: Mapping[str, type[Any]]
    form: Callable[[Any, Inner], Any] = _no_form
    forms: Mapping[str, Callable[[dict[str, Any], Inner], Any]] = field(default_factory=dict)
    checked: Callable[[np.ndarray], np.ndarray] = _as_it_is

    def written(self, fit: Any) -> tuple[dict[str, Any], Arrays]:
        """Write a fit as a JSON document and arrays, fit for .npz with allow_pickle=False. Raises TypeError for other values."""
        arrays: Arrays = {}
        return {"format": self.format, "fit": self._written(fit, arrays)}, arrays

    def read(self, document: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Any:
        """Rebuild a fit. Raises RefitNeeded for a format or a part that this version does not read."""
        if document.get("format") != self.format:
            raise RefitNeeded(f"the stored {self.what} has a format that this version does not read; fit the model again")
        try:
            fit = self._read(document["fit"], arrays)
        except DAMAGE:
            raise self.unknown() from None
        if not isinstance(fit, self.whole):
            raise self.unknown()
        return fit

    def unknown(self) -> RefitNeeded:
        return RefitNeeded(f"the stored {self.what} has a part that this version does not read; fit the model again")

    def _written(self, value: Any, arrays: Arrays) -> Any:
        def inner(part: Any) -> Any:
            return self._written(part, arrays)

        if isinstance(value, np.ndarray):
            name = f"a{len(arrays)}"
            arrays[name] = value
            return {"type": "array", "name": name}
        if isinstance(value, tuple):
            return [inner(item) for item in value]
        form = self.form(value, inner)
        if form is not None:
            return form
        if is_dataclass(value) and not isinstance(value, type):
            return {"type": type(value).__name__, "fields": {one.name: inner(getattr(value, one.name)) for one in fields(value)}}
        if isinstance(value, PLAIN) or (isinstance(value, float) and isfinite(value)):
            return value
        raise TypeError(f"a {type(value).__name__} cannot be stored")

    def _read(self, document: Any, arrays: Mapping[str, np.ndarray]) -> Any:
        def inner(part: Any) -> Any:
            return self._read(part, arrays)

        if isinstance(document, list):
            return tuple(inner(item) for item in document)
        if not isinstance(document, dict):
            return document
        name = document["type"]
        if name == "array":
            return self.checked(arrays[document["name"]])
        if name in self.forms:
            return self.forms[name](document, inner)
        return self.parts[name](**{key: inner(item) for key, item in document["fields"].items()})
