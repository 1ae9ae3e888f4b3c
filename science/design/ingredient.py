"""One variable of a design as it was learned: enough to make its columns of other rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from science.design.contrasts import TREATMENT, Contrast
from science.design.state import State, state_from_json, state_to_json


@dataclass(frozen=True, slots=True)
class Ingredient:
    """label: R's spelling. source: the formula's own text, parsed again when rows come. levels: None unless a factor.
    names: what R puts behind the label for each column of a variable that is no factor."""

    label: str
    source: str
    names: tuple[str, ...] = ("",)
    levels: tuple[str, ...] | None = None
    contrast: Contrast = TREATMENT
    states: tuple[tuple[str, State], ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "label": self.label,
            "source": self.source,
            "names": list(self.names),
            "levels": None if self.levels is None else list(self.levels),
            "contrast": {"kind": self.contrast.kind, "base": self.contrast.base, "numbered": self.contrast.numbered},
            "states": [[key, state_to_json(state)] for key, state in self.states],
        }

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Ingredient:
        return cls(
            label=document["label"],
            source=document["source"],
            names=tuple(document["names"]),
            levels=None if document["levels"] is None else tuple(document["levels"]),
            contrast=Contrast(**document["contrast"]),
            states=tuple((key, state_from_json(state)) for key, state in document["states"]),
        )
