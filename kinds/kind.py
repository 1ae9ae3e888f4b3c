"""What can be done with a kind of question: asked and answered, or kept as a model that is fitted, judged and predicts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from science.deadline import Deadline
from science.limits import Limits
from science.table import Table

Tables = Mapping[str, Table]  # "data", and "predict" when new rows came along


@dataclass(frozen=True)
class Computed:
    """An answer as its kind made it, and what a picture of it needs."""

    answer: dict[str, object]
    picture: dict[str, object] | None = None


@dataclass(frozen=True)
class Kind:
    """A kind of question. The same functions serve a request, a job, a stored model and a benchmark."""

    name: str
    asks: type[BaseModel]  # the question without its data
    decides: Callable[[Any], object]  # asked → what of it decides the answer: equal questions are equal here
    answer: Callable[[Any, Tables, Limits, Deadline], Computed]
