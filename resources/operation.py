"""What a verb of a resource takes and gives, for the OpenAPI document. Stands beside the resource it describes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel


@dataclass(frozen=True)
class Operation:
    """One verb: its summary, and the models of its body, its query string and its answer."""

    summary: str
    answer: type[BaseModel] | str | None  # a model, a media type, or nothing
    body: type[BaseModel] | None = None
    needs_body: bool = True  # else it may be left out
    query: type[BaseModel] | None = None
    example: Mapping[str, object] = field(default_factory=dict)  # of a body
    keeps: bool = False  # its answer is kept under a URL of its own, in every format
    statuses: Mapping[int, str] = field(default_factory=dict)  # of success, each in words; without them 200, or 204
    also: tuple[str, ...] = ()  # media types that the answer can be had in beside JSON
    parameters: tuple[Mapping[str, object], ...] = ()  # headers, as OpenAPI describes them

    @property
    def creates(self) -> bool:
        """A kept answer to a body is 201 when it was computed just now."""
        return self.keeps and self.body is not None
