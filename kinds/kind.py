"""What can be done with a kind of question: asked and answered, or kept as a model that is fitted, judged and predicts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from kinds.shape import Shapes
from science.deadline import Deadline
from science.guard import Guard
from science.limits import Limits
from science.table import FloatArray, Table

Tables = Mapping[str, Table]  # "data", and "predict" when new rows came along


@dataclass(frozen=True)
class Computed:
    """An answer as its kind made it, and what a picture of it needs."""

    answer: dict[str, object]
    picture: dict[str, object] | None = None


@dataclass(frozen=True)
class Judged:
    """How a fit did on what it had not seen.

    losses: (m,) one for each row held back (or each step ahead, of a series), lower is better; NaN where this fit can tell
    nothing, such as a level that it never saw. Champion and challenger are compared loss by loss, so m and the order are
    decided by `held` alone. metrics: what people read, by name; finite or None. scale: the mean loss of knowing nothing but the
    mean; differences far below it are rounding.
    """

    losses: FloatArray
    metrics: dict[str, float | None]
    scale: float = 0.0
    about: Any = None  # what a kind that compares by itself needs


@dataclass(frozen=True)
class Modelled:
    """What it takes to keep a kind of question as a model: fitted, stored, judged, and asked for predictions.

    A version keeps two fits: of all rows, which predicts, and of the rows not held back, by which it is judged, tonight and
    on every later night. So neither champion nor challenger has ever seen a row it is judged on. Where fitting twice is too
    dear (`whole` is False), the fit of the rows not held back is both.

    fit is None where only jobs can do it, because it needs TensorFlow: they register a trainer under the kind's name.
    """

    # asked, the columns of its data without a row: raises InvalidInput for what they cannot be asked, without fitting anything
    check: Callable[[Any, Table, Limits], None]
    predicts: type[BaseModel]  # the body of a prediction; a field `data: Rows` is a table, built before predict is called
    split: Callable[[Any, Table, float], tuple[Table, Table]]  # asked, table, share held back → the rest, and what is held
    # fit → JSON and arrays, without the rows that predictions do not need
    parameters: Callable[[Any], tuple[dict[str, Any], dict[str, Any]]]
    restore: Callable[[dict[str, Any], dict[str, Any]], Any]  # → fit; RefitNeeded for what is not read any more
    predict: Callable[[Any, Any, Table | None, Limits], dict[str, object]]  # fit, body, its data → {"predictions", "warnings"}
    judge: Callable[[Any, Table, Table, Limits], Judged]  # fit, the rest (the past of a series), what is held
    told: Callable[[Any], dict[str, object]]  # fit → what people read of it in a version: coefficients and the like, in JSON
    finite: Callable[[Any], bool]  # fit → whether every number that a prediction needs is one
    columns: Callable[[Any], tuple[str, ...]]  # fit → the columns it is made of, the response too: their drift is watched
    # fit, table → what it predicts of each row (n,), NaN where nothing, for the score's drift; None: predictions have no rows
    scores: Callable[[Any, Table, Limits], FloatArray] | None
    fit: Callable[[Any, Table, Limits, Deadline], Any] | None = None  # asked, table → fit
    whole: bool = True
    # champion, challenger, guard → what has `no_worse` and `reason`; None: loss by loss, by science.guard
    compare: Callable[[Judged, Judged, Guard], Any] | None = None
    objection: Callable[[Judged], str | None] | None = None  # what speaks against a fit where no champion can be compared with
    # fit, table → the same fit from the table's last row on; None: what a fit predicts does not hang on where its data end
    carry: Callable[[Any, Table, Limits], Any] | None = None


def _no_time(asked: Any, shapes: Shapes, limits: Limits) -> float:
    """Cost nothing worth the name."""
    return 0.0


@dataclass(frozen=True)
class Kind:
    """A kind of question. The same functions serve a request, a job, a stored model and a benchmark."""

    name: str
    asks: type[BaseModel]  # the question without its data
    decides: Callable[[Any], object]  # asked → what of it decides the answer: equal questions are equal here
    answer: Callable[[Any, Tables, Limits, Deadline], Computed]
    seconds: Callable[[Any, Shapes, Limits], float] = _no_time  # asked, shapes of its tables → what it may cost at most
    model: Modelled | None = None
    quick: bool = False  # a small table takes about a millisecond, where `seconds` says that it costs nothing
