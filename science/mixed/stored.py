"""A fitted mixed model as JSON and arrays, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy import sparse

from science.design import Recipe
from science.mixed.bases import Bases
from science.mixed.coupling import Coupling, DenseCoupling, StreamedCoupling, coupling_of
from science.mixed.crossed import CrossedSystem
from science.mixed.design import TermRecipe
from science.mixed.fixed import FixedEffects
from science.mixed.glance import Glance
from science.mixed.nested import NestedSystem, Stage
from science.mixed.posterior import Posterior
from science.mixed.random import GroupEffects, RandomEffect
from science.mixed.result import Fit, Residual
from science.mixed.small import SmallSystem
from science.mixed.spec import Spec, Variances
from science.mixed.trace import Trace
from science.notice import Notice
from science.stored import Arrays, Codec, Inner, by_name


def to_parameters(fit: Fit) -> tuple[dict[str, Any], Arrays]:
    """Write a fit as a JSON document and arrays."""
    return CODEC.written(fit)


def from_parameters(document: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Fit:
    """Rebuild a fit. Raises RefitNeeded for what this version does not read."""
    fit: Fit = CODEC.read(document, arrays)
    return fit


def _form(value: Any, write: Inner) -> Any:
    match value:
        case Recipe():
            return {"type": "Recipe", "recipe": value.to_json()}
        case DenseCoupling() | StreamedCoupling():
            return {"type": "Coupling", "C": write(value.sparse()), "width": value.width}
        case sparse.csr_matrix():
            parts = {name: write(getattr(value, name)) for name in ("data", "indices", "indptr")}
            return {"type": "sparse", "shape": list(value.shape), **parts}
        case list():
            return [write(item) for item in value]
        case dict():
            return {"type": "dict", "items": [[key, write(item)] for key, item in value.items()]}
        case slice():
            return {"type": "slice", "range": [value.start, value.stop]}
        case np.generic():
            return value.item()
        case float():
            return value
    return None


def _recipe(document: dict[str, Any], read: Inner) -> Recipe:
    return Recipe.from_json(document["recipe"])


def _coupling(document: dict[str, Any], read: Inner) -> Coupling:
    return coupling_of(read(document["C"]), document["width"])


def _sparse(document: dict[str, Any], read: Inner) -> sparse.csr_matrix:
    parts = tuple(read(document[name]) for name in ("data", "indices", "indptr"))
    return sparse.csr_matrix(parts, shape=tuple(document["shape"]))


def _dict(document: dict[str, Any], read: Inner) -> dict[Any, Any]:
    return {key: read(item) for key, item in document["items"]}


def _slice(document: dict[str, Any], read: Inner) -> slice:
    return slice(*document["range"])


PARTS = (
    Bases,
    CrossedSystem,
    Fit,
    FixedEffects,
    Glance,
    GroupEffects,
    NestedSystem,
    Notice,
    Posterior,
    RandomEffect,
    Residual,
    SmallSystem,
    Spec,
    Stage,
    TermRecipe,
    Trace,
    Variances,
)
FORMS = {"Recipe": _recipe, "Coupling": _coupling, "sparse": _sparse, "dict": _dict, "slice": _slice}
CODEC = Codec("mixed model", 1, Fit, by_name(PARTS), _form, FORMS)
