"""What a function of a formula learned from the data it was fitted on, as JSON can carry it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

Floats = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Scaling:
    """scale() and center(): (x - center) / scale."""

    center: float
    scale: float


@dataclass(frozen=True, slots=True)
class Polynomial:
    """poly(): row j of steps has the j + 1 projections and the norm of degree j + 1, on (x - center) / scale."""

    center: float
    scale: float
    first: float
    steps: tuple[Floats, ...]


@dataclass(frozen=True, slots=True)
class Spline:
    """bs() and ns(): inner knots and the two boundary knots."""

    knots: Floats
    boundary: Floats


@dataclass(frozen=True, slots=True)
class Breaks:
    """cut(): the edges of the intervals."""

    edges: Floats


@dataclass(frozen=True, slots=True)
class Levels:
    """factor(): its levels before labels are put on them."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Statistic:
    """mean(), median(), sd(), min(), max(): one number."""

    value: float


State = Scaling | Polynomial | Spline | Breaks | Levels | Statistic
KINDS: dict[str, type[State]] = {kind.__name__.lower(): kind for kind in (Scaling, Polynomial, Spline, Breaks, Levels, Statistic)}


def state_to_json(state: State) -> dict[str, Any]:
    return {"kind": type(state).__name__.lower(), **asdict(state)}


def state_from_json(document: dict[str, Any]) -> State:
    fields = {name: _frozen(value) for name, value in document.items() if name != "kind"}
    return KINDS[document["kind"]](**fields)


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list | tuple) else value
