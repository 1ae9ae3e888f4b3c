"""Payments → scored rows: each by itself, with its reasons, or with what is wrong with it, which fails no other."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from errors import InvalidInput, pointer_to
from science.fraud.fit import Fit, Reason, Scores, explain, score
from science.fraud.reading import Fault, Read, read_records, read_table
from science.fraud.reference import MOST, levels_of
from science.fraud.thresholds import Decision, Outcomes, Threshold, decide
from science.limits import Limits
from science.table import FloatArray, IntArray, Table, table_of_columns

ID = "id"
LONGEST_ID = 200  # characters
LARGEST_EXACT = 2.0**53  # of the whole numbers that are read as doubles: beyond it several become one
RISK_DIGITS = 2  # behind the point of a risk score: a hundredth is a thousandth of the probability, which is not known as well
MOST_REASONS = 20
NAMED = 5  # columns, in the words of an error
WHAT = {  # of a fault
    "missing": "has no value",
    "infinite": "is beyond what a double can hold",
    "text": "is no number",
    "unknown_column": "is not known to the model",
}
PAYMENTS = {"type": "array", "items": {"type": "object"}}  # a value of any type: one that is no number fails its row alone
TRANSACTIONS = {
    "description": "Payments, each an object: the model's columns by name, and perhaps an id.",
    "oneOf": [PAYMENTS, {"type": "null"}],
}
COLUMNS = {
    "description": "The same in columns by name, all of one length, or one object per payment.",
    "oneOf": [{"type": "object", "additionalProperties": {"type": "array"}}, PAYMENTS, {"type": "null"}],
}
Columns = Mapping[str, Sequence[object]]
USUAL = decide(Threshold(), Outcomes.empty())


class ThresholdAsked(BaseModel):
    """When to raise an alert: from a risk score on, for a rate of alerts, or where the costs are least."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mode: Literal["score", "alert_rate", "cost"] = "alert_rate"
    value: Annotated[
        float | None, Field(ge=0, le=MOST, description="A risk score, or a share of legitimate payments (0.01 without it).")
    ] = None
    false_alarm: Annotated[float | None, Field(gt=0, le=1e12, description="What an alert costs that is none.")] = None
    missed: Annotated[float | None, Field(gt=0, le=1e12, description="What a fraud costs that nobody saw.")] = None


def _read_json(value: object) -> object:
    """Read what a query string or a form can only give as a text."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise ValueError("this must be JSON") from None


class PaymentsToScore(BaseModel):
    """Payments to score, one by one or in columns, and what shall be told of each."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    transactions: Annotated[Any, WithJsonSchema(TRANSACTIONS)] = None
    data: Annotated[Any, WithJsonSchema(COLUMNS)] = None
    threshold: Annotated[ThresholdAsked | None, BeforeValidator(_read_json)] = None
    reasons: Annotated[int, Field(ge=0, le=MOST_REASONS, description="How many columns to name for each payment.")] = 3


class Why(BaseModel):
    """A column that moved a score: what was seen, what the other columns let expect, and its share of the energy."""

    column: str
    observed: float
    expected: float
    direction: Literal["high", "low"]
    share: Annotated[float, Field(description="All columns' shares add up to one; below zero it spoke against.")]


class Wrong(BaseModel):
    """Why a row cannot be scored."""

    code: Literal["missing", "infinite", "text", "unknown_column"]
    columns: list[str]
    detail: str


class Scored(BaseModel):
    """A payment: its score, or what is wrong with it."""

    id: str | None
    risk_score: Annotated[
        float | None,
        Field(
            description="-25 log10 of the share of legitimate payments as strange: 0 to 100, with two digits behind the point."
        ),
    ]
    risk_level: Literal["low", "elevated", "high"] | None
    alert: bool | None
    probability: Annotated[float | None, Field(description="Of fraud; null unless the model is supervised and had labels.")]
    reasons: list[Why]
    error: Wrong | None


class ThresholdTold(BaseModel):
    """The threshold in force. expected_alert_rate: of legitimate payments."""

    mode: Literal["score", "alert_rate", "cost"]
    score: float
    expected_alert_rate: float


@dataclass(frozen=True)
class Explained:
    """Scores of rows, and the reasons of each."""

    scores: Scores
    reasons: Sequence[tuple[Reason, ...]]


def decision_of(asked: ThresholdAsked | None, fit: Fit) -> Decision:
    """Turn what was asked into a risk score from which on there is an alert. Raises InvalidInput naming the field."""
    return USUAL if asked is None else decide(threshold_of(asked), fit.outcomes)


def threshold_of(asked: ThresholdAsked | None) -> Threshold:
    if asked is None or (asked.mode == "alert_rate" and asked.value is None):
        return Threshold()
    given = {name for name in ("value", "false_alarm", "missed") if getattr(asked, name) is not None}
    wanted = {"false_alarm", "missed"} if asked.mode == "cost" else {"value"}
    for name in sorted(given ^ wanted):
        does = "takes no" if name in given else "needs"
        raise InvalidInput(f"a threshold by {asked.mode} {does} {name}", field=f"threshold.{name}")
    return Threshold(asked.mode, asked.value, asked.false_alarm, asked.missed)


def read_sent(fit: Fit, records: Sequence[object], ignored: frozenset[str], *, field: str) -> Read:
    """Read payments sent one by one. Raises InvalidInput for one that is no object."""
    for place, record in enumerate(records):
        if not isinstance(record, Mapping):
            raise InvalidInput(f"row {place + 1} is not an object of column names and values", field=f"/{field}/{place}")
    return read_records(fit.spec.columns, records, ignored | {ID})  # type: ignore[arg-type]


def read_columns(fit: Fit, columns: Columns, limits: Limits) -> Read:
    """Read payments sent in columns of one length; those that the model does not know are left alone.

    Raises InvalidInput for a column that is absent, LimitExceeded.
    """
    absent = [name for name in fit.spec.columns if name not in columns]
    if absent:
        raise InvalidInput(f"the model needs the column {absent[0]}", field=pointer_to("data", absent[0]))
    rows = _length(columns)
    if not rows:
        raise InvalidInput("there are no payments; give at least one", field="data")
    limits.check("max_rows", rows, f"the data has {rows} rows", field="data")
    needed = {name: columns[name] for name in fit.spec.columns}
    try:
        table = table_of_columns(needed, limits)
    except InvalidInput as error:
        if type(error) is not InvalidInput:
            raise
        return read_records(fit.spec.columns, [dict(zip(needed, row, strict=True)) for row in zip(*needed.values(), strict=True)])
    return read_table(fit.spec.columns, table)


def ids_of(values: Sequence[object], *, field: str) -> list[str | None]:
    """Read the ids of payments: texts of 1 to 200 characters, or whole numbers; None where there is none."""
    return [None if value is None else _id(value, f"/{field}/{place}/{ID}") for place, value in enumerate(values)]


def explained(fit: Fit, X: FloatArray, why: int) -> Explained:
    """Score rows X (n, p), with `why` reasons for each; risks are rounded, so that levels and alerts follow from what is read."""
    found, reasons = explain(fit, X, why) if why else (score(fit, X), [()] * len(X))
    return Explained(Scores(found.score, found.risk.round(RISK_DIGITS), found.probability), reasons)


def scored_rows(read: Read, found: Explained, decision: Decision, ids: Sequence[str | None]) -> list[object]:
    """Tell each row's score and its reasons, in order; or what is wrong with it."""
    scores = found.scores
    told: list[object] = [None] * read.rows
    for place, fault in read.faults.items():
        told[place] = _wrong(ids[place], fault)
    probabilities = [None] * len(read.X) if scores.probability is None else scores.probability.tolist()
    levels = levels_of(scores.risk)
    rows = zip(read.places.tolist(), scores.risk.tolist(), levels, probabilities, found.reasons, strict=True)
    for place, risk, level, probability, each in rows:
        told[place] = {
            "id": ids[place],
            "risk_score": risk,
            "risk_level": level,
            "alert": risk >= decision.score,
            "probability": probability,
            "reasons": [_why(reason) for reason in each],
            "error": None,
        }
    return told


def scores_of_table(fit: Fit, table: Table) -> tuple[IntArray, Scores]:
    """Score the rows of a table that can be: their places, and their scores."""
    read = read_table(fit.spec.columns, table)
    return read.places, score(fit, read.X)


def told_threshold(decision: Decision) -> dict[str, object]:
    return {"mode": decision.mode, "score": decision.score, "expected_alert_rate": decision.expected_alert_rate}


def _why(reason: Reason) -> dict[str, object]:
    return {
        "column": reason.column,
        "observed": reason.observed,
        "expected": reason.expected,
        "direction": reason.direction,
        "share": reason.share,
    }


def _wrong(id: str | None, fault: Fault) -> dict[str, object]:
    named = ", ".join(name[:100] for name in fault.columns[:NAMED])
    detail = f"{named}{', ...' if len(fault.columns) > NAMED else ''}: {WHAT[fault.code]}"
    error = {"code": fault.code, "columns": fault.columns, "detail": detail}
    nothing = dict.fromkeys(("risk_score", "risk_level", "alert", "probability"))
    return {"id": id, **nothing, "reasons": [], "error": error}


def _length(columns: Columns) -> int:
    lengths = {len(values) if isinstance(values, list | tuple) else -1 for values in columns.values()}
    if -1 in lengths:
        raise InvalidInput("each column must be a list of values", field="data")
    if len(lengths) > 1:
        raise InvalidInput("the columns must have one length", field="data")
    return lengths.pop()


def id_of(value: object) -> str | None:
    """Read the id of a payment as a text; None for what is none, as a number of more digits than JSON's readers keep."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) <= LARGEST_EXACT else None
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else None


def _id(value: object, field: str) -> str:
    text = id_of(value)
    if text is None or not 1 <= len(text) <= LONGEST_ID:
        detail = f"an id is a text of 1 to {LONGEST_ID} characters, or a whole number; send one of many digits as a text"
        raise InvalidInput(detail, field=field)
    return text
