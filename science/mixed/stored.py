"""A fit as JSON and arrays, and back: what is stored instead of a pickle.

Only the classes listed here are ever built, by name, from what is read.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
from scipy import sparse

from errors import RefitNeeded
from science.design import Recipe
from science.mixed.bases import Bases
from science.mixed.coupling import DenseCoupling, StreamedCoupling, coupling_of
from science.mixed.crossed import CrossedSystem
from science.mixed.design import TermRecipe
from science.mixed.fixed import FixedEffects
from science.mixed.glance import Glance
from science.mixed.nested import NestedSystem, Stage
from science.mixed.posterior import Posterior
from science.mixed.random import GroupEffects, RandomEffect
from science.mixed.small import SmallSystem
from science.mixed.spec import Spec, Variances
from science.mixed.trace import Trace
from science.notice import Notice

FORMAT = 1
PLAIN = (str, int, float, bool, type(None))

Arrays = dict[str, np.ndarray]


def encoded(value: Any, arrays: Arrays) -> Any:
    """Turn a value into what JSON can hold, its arrays put aside under numbered names."""
    match value:
        case Recipe():
            return {"type": "Recipe", "recipe": value.to_json()}
        case DenseCoupling() | StreamedCoupling():
            return {"type": "Coupling", "C": encoded(value.sparse(), arrays), "width": value.width}
        case sparse.csr_matrix():
            parts = {name: encoded(getattr(value, name), arrays) for name in ("data", "indices", "indptr")}
            return {"type": "sparse", "shape": list(value.shape), **parts}
        case np.ndarray():
            name = f"a{len(arrays)}"
            arrays[name] = value
            return {"type": "array", "name": name}
        case tuple() | list():
            return [encoded(item, arrays) for item in value]
        case dict():
            return {"type": "dict", "items": [[key, encoded(item, arrays)] for key, item in value.items()]}
        case slice():
            return {"type": "slice", "range": [value.start, value.stop]}
        case np.generic():
            return value.item()
        case _ if is_dataclass(value):
            own = {field.name: encoded(getattr(value, field.name), arrays) for field in fields(value)}
            return {"type": type(value).__name__, "fields": own}
        case _ if isinstance(value, PLAIN):
            return value
    raise TypeError(f"a {type(value).__name__} cannot be stored")


def decoded(document: Any, arrays: Arrays, known: dict[str, type]) -> Any:
    """Rebuild a value; lists come back as tuples. known: further classes by name. Raises RefitNeeded for what is not known."""
    if isinstance(document, list):
        return tuple(decoded(item, arrays, known) for item in document)
    if not isinstance(document, dict):
        return document
    match document.get("type"):
        case "Recipe":
            return Recipe.from_json(document["recipe"])
        case "Coupling":
            return coupling_of(decoded(document["C"], arrays, known), document["width"])
        case "sparse":
            parts = tuple(arrays[document[name]["name"]] for name in ("data", "indices", "indptr"))
            return sparse.csr_matrix(parts, shape=tuple(document["shape"]))
        case "array":
            return arrays[document["name"]]
        case "dict":
            return {key: decoded(item, arrays, known) for key, item in document["items"]}
        case "slice":
            return slice(*document["range"])
        case str(name) if name in CLASSES or name in known:
            own = {field: decoded(item, arrays, known) for field, item in document["fields"].items()}
            return (CLASSES.get(name) or known[name])(**own)
    raise RefitNeeded("the stored fit has a part that this version does not read; fit the model again")


CLASSES: dict[str, type] = {
    one.__name__: one
    for one in (
        Bases,
        CrossedSystem,
        FixedEffects,
        Glance,
        GroupEffects,
        NestedSystem,
        Notice,
        Posterior,
        RandomEffect,
        SmallSystem,
        Spec,
        Stage,
        TermRecipe,
        Trace,
        Variances,
    )
}
