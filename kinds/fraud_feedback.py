"""What became of scored payments, put into the data that a detector is trained on: labels to judge by, rows to leave out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from kinds.fraud import POSTED_LABEL, RAISED_ALERT, FraudSpec
from science.fraud.prepare import numbers
from science.table import BoolArray, FloatArray, Numeric, Table

UNKNOWN = -1.0  # of a label


@dataclass(frozen=True)
class Feedback:
    """Payments that were labelled or raised an alert. X: (m, p); time: (m,), NaN unknown; alerted: (m,); label: (m,) 1, 0, -1."""

    X: FloatArray
    time: FloatArray
    alerted: BoolArray
    label: FloatArray

    @property
    def fingerprint(self) -> str:
        """SHA-256: equal for the same payments in whatever order."""
        rows = np.column_stack((self.X, self.time, self.alerted, self.label))
        return hashlib.sha256(b"".join(sorted(row.tobytes() for row in rows))).hexdigest()


def columns_digest(columns: Iterable[str]) -> bytes:
    """Name the columns, in their order, that a payment's numbers stand for."""
    return hashlib.blake2b("\x00".join(columns).encode(), digest_size=8).digest()


def numbers_of(row: FloatArray) -> bytes:
    """Write a row (p,) as it is kept."""
    return row.astype("<f8").tobytes()


def rows_of_numbers(numbers: Iterable[bytes], columns: int) -> FloatArray:
    """Read rows as they are kept: (m, columns)."""
    return np.frombuffer(b"".join(numbers), "<f8").reshape(-1, columns).astype(np.float64)


def feedback_of(rows: Iterable[tuple[bytes, float | None, bool, bool | None]], columns: int) -> Feedback:
    """Read what is kept of payments: numbers, time, whether there was an alert, and whether it was fraud."""
    numbers, times, alerts, frauds = zip(*rows, strict=True) if (rows := list(rows)) else ((), (), (), ())
    time = np.array([np.nan if each is None else each for each in times], dtype=np.float64)
    label = np.array([UNKNOWN if each is None else float(each) for each in frauds], dtype=np.float64)
    return Feedback(rows_of_numbers(numbers, columns), time, np.array(alerts, dtype=bool), label)


def with_feedback(asked: FraudSpec, table: Table, feedback: Feedback) -> Table:
    """Put feedback into a table. A payment that is in it, with the same numbers, gets its label and alert; others are added.

    Only those with a label are added: an alert that nobody looked at teaches nothing. Columns that the model does not name are
    left out. Raises InvalidInput for a column that is missing or holds text.
    """
    if not len(feedback.X):
        return table
    columns = _columns(asked, table)
    feedback = _distinct(feedback)
    places = _places(np.column_stack([columns[name] for name in asked.columns]), feedback.X)
    label = columns.get(asked.label or "", np.full(table.rows, UNKNOWN)).copy()
    alerted = columns.get(asked.alerted or "", np.zeros(table.rows)).copy()
    for payment, rows in places.items():
        if feedback.label[payment] != UNKNOWN:
            label[rows] = feedback.label[payment]
        alerted[rows] = np.maximum(alerted[rows], feedback.alerted[payment])
    columns |= {POSTED_LABEL: label, RAISED_ALERT: alerted}
    added = [payment for payment in np.flatnonzero(feedback.label != UNKNOWN).tolist() if payment not in places]
    more = _added(asked, columns, feedback, added)
    whole = {name: Numeric(np.concatenate((values, more[name]))) for name, values in columns.items()}
    return Table(whole, table.rows + len(added))


def _columns(asked: FraudSpec, table: Table) -> dict[str, FloatArray]:
    fields = {name: f"columns.{place}" for place, name in enumerate(asked.columns)}
    for field in ("label", "time", "weight", "alerted"):
        if (name := getattr(asked, field)) is not None:
            fields.setdefault(name, field)
    return {name: numbers(table, name, field) for name, field in fields.items()}


def _distinct(feedback: Feedback) -> Feedback:
    """One payment for all that have the same numbers: a fraud among them, an alert among them count for all."""
    X, first, group = np.unique(feedback.X + 0.0, axis=0, return_index=True, return_inverse=True)  # -0.0 is 0.0
    label, alerted = np.full(len(X), UNKNOWN), np.zeros(len(X), dtype=bool)
    np.maximum.at(label, group, feedback.label)
    np.logical_or.at(alerted, group, feedback.alerted)
    return Feedback(X, feedback.time[first], alerted, label)


def _added(asked: FraudSpec, columns: dict[str, FloatArray], feedback: Feedback, added: list[int]) -> dict[str, FloatArray]:
    """The rows of payments that are not in the data: columns by name. One of unknown time is as new as the newest."""
    more = {name: np.full(len(added), np.nan) for name in columns}
    more |= dict(zip(asked.columns, feedback.X[added].T, strict=True))
    more |= {POSTED_LABEL: feedback.label[added], RAISED_ALERT: feedback.alerted[added].astype(np.float64)}
    if asked.weight is not None:
        more[asked.weight] = np.ones(len(added))
    if asked.time is not None and asked.time not in asked.columns:
        known = columns[asked.time][~np.isnan(columns[asked.time])]
        time = feedback.time[added]
        more[asked.time] = np.where(np.isnan(time), known.max() if len(known) else 0.0, time)
    return more


def _places(X: FloatArray, payments: FloatArray) -> dict[int, list[int]]:
    """Find the rows of X (n, p) that are payments (m, p): their places, by payment."""
    known = {row.tobytes(): place for place, row in enumerate(payments)}
    found: dict[int, list[int]] = {}
    for place, row in enumerate(X + 0.0):
        payment = known.get(row.tobytes())
        if payment is not None:
            found.setdefault(payment, []).append(place)
    return found
