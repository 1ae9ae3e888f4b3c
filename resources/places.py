"""pydantic's location of what is wrong → the place in the request that a caller knows."""

from __future__ import annotations

from collections.abc import Sequence
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

Place = tuple[str | int, ...]


def place_of(location: Sequence[str | int], kind: Any) -> Place:
    """Keep the names of fields, keys and numbers of a list; leave out which member of a union was tried. kind: a type."""
    if not location:
        return ()
    part, rest = location[0], location[1:]
    members = _members(kind)
    if len(members) > 1:
        return place_of(rest, _named(str(part), members))
    return (part, *place_of(rest, _inside(members[0], part)))


def _members(kind: Any) -> list[Any]:
    """The types of a union, without None, which pydantic does not count; of another type, itself."""
    kind = _bare(kind)
    if get_origin(kind) in (Union, UnionType):
        return [member for member in get_args(kind) if member is not NoneType]
    return [kind]


def _named(label: str, members: Sequence[Any]) -> Any:
    """Find the member that pydantic calls so: Orders, dict[str,list[float]]. Nothing is inside of the others."""
    name = label.partition("[")[0]
    return next((member for member in members if _name(member) == name), Any)


def _name(kind: Any) -> str:
    bare = _bare(kind)
    return getattr(get_origin(bare) or bare, "__name__", "")


def _inside(kind: Any, part: str | int) -> Any:
    """The type of a model's field, or of what a list, tuple or dict holds there."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        field = kind.model_fields.get(str(part))
        return field.annotation if field else Any
    held = get_args(kind)
    if not held:
        return Any
    return held[0] if isinstance(part, int) else held[-1]


def _bare(kind: Any) -> Any:
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind
