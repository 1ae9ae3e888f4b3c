"""The question that `fit` answers, valid once it exists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from errors import InvalidInput

LOWEST_LEVEL = 0.5
HIGHEST_LEVEL = 0.999


@dataclass(frozen=True)
class Spec:
    """A linear model. Raises InvalidInput, naming the field, for a value that cannot be used."""

    formula: str
    level: float = 0.95  # of the confidence and prediction intervals
    missing: Literal["drop", "refuse"] = "drop"
    weights: str | None = None  # a column of the data
    precision: Literal["double", "exact"] = "double"  # exact: rational arithmetic, 0.1 is one tenth

    def __post_init__(self) -> None:
        if not LOWEST_LEVEL <= self.level <= HIGHEST_LEVEL:
            raise InvalidInput(f"level must be between {LOWEST_LEVEL} and {HIGHEST_LEVEL}", field="level")
        if self.missing not in ("drop", "refuse"):
            raise InvalidInput("missing must be drop or refuse", field="missing")
        if self.precision not in ("double", "exact"):
            raise InvalidInput("precision must be double or exact", field="precision")
