"""From a table to the rows that a detector learns from: columns chosen, unusable rows counted, windows in order of time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from errors import InvalidInput
from science.fraud.spec import FraudSpec
from science.limits import Limits
from science.notice import Notice
from science.table import BoolArray, Factor, FloatArray, IntArray, Numeric, Table

FRAUD, LEGITIMATE, UNLABELLED = 1, 0, -1
TRAIN, CALIBRATE = 0.7, 0.15  # of the rows, oldest first; the rest is the holdout
FEWEST_ROWS = 40  # legitimate ones: 28 to train on, 6 to calibrate and 6 to hold out is the least that says anything
LARGEST = 1e150  # of a number: sums of squares have to fit a double
BOOLEANS = {"FALSE": 0.0, "TRUE": 1.0}


@dataclass(frozen=True)
class Rows:
    """Rows that can be scored. X: (n, p) as sent; label: (n,) 1, 0 or -1; weight: (n,) > 0; place: (n,) in the table."""

    X: FloatArray
    label: IntArray
    weight: FloatArray
    trainable: BoolArray
    time: FloatArray | None
    place: IntArray

    def __len__(self) -> int:
        return len(self.X)

    def take(self, rows: IntArray | BoolArray) -> Rows:
        time = None if self.time is None else self.time[rows]
        parts = (self.X[rows], self.label[rows], self.weight[rows], self.trainable[rows])
        return Rows(*parts, time, self.place[rows])

    def followed_by(self, later: Rows) -> Rows:
        """These rows and, after them, later ones of the same columns."""
        time = None if self.time is None or later.time is None else np.concatenate((self.time, later.time))
        return Rows(
            np.concatenate((self.X, later.X)),
            np.concatenate((self.label, later.label)),
            np.concatenate((self.weight, later.weight)),
            np.concatenate((self.trainable, later.trainable)),
            time,
            np.concatenate((self.place, later.place)),
        )


@dataclass(frozen=True)
class Windows:
    """Rows cut in order of time, the oldest first."""

    train: Rows
    calibrate: Rows
    holdout: Rows


def rows_of(spec: FraudSpec, table: Table, limits: Limits) -> tuple[Rows, tuple[Notice, ...]]:
    """Choose the columns and rows that the spec names; say what was left out.

    Raises InvalidInput for a column that is missing or holds text, infinite numbers, labels other than 0 and 1, or weights
    that are not positive; LimitExceeded for too many cells.
    """
    limits.check(
        "max_cells", table.rows * len(spec.columns), f"the model has {table.rows} x {len(spec.columns)} cells", field="columns"
    )
    X = np.column_stack([numbers(table, name, f"columns.{i}") for i, name in enumerate(spec.columns)])
    label = labels(table, spec)
    weight = np.ones(table.rows) if spec.weight is None else _weights(table, spec.weight)
    alerted = np.zeros(table.rows, bool) if spec.alerted is None else numbers(table, spec.alerted, "alerted") > 0
    time = None if spec.time is None else numbers(table, spec.time, "time")
    missing = np.isnan(X).any(1) | (np.isnan(time) if time is not None else False)
    unlabelled = (label == UNLABELLED) if spec.null_label == "drop" else np.zeros(table.rows, bool)
    rows = Rows(X, label, weight, (label != FRAUD) & ~(alerted & (label != LEGITIMATE)), time, np.arange(table.rows))
    if spec.label is None:  # nobody said that an alert was false
        rows = Rows(X, label, weight, ~alerted, time, rows.place)
        unlabelled = np.zeros(table.rows, bool)
    return rows.take(~missing & ~unlabelled), _notices(missing, unlabelled & ~missing)


def numbers(table: Table, name: str, field: str) -> FloatArray:
    """Return a column as numbers (n,), NaN where missing. Raises InvalidInput naming the field."""
    if name not in table:
        raise InvalidInput(f"there is no column {name}", field=field)
    column = table[name]
    if isinstance(column, Factor):
        if set(column.levels) <= set(BOOLEANS):
            values = np.array([*(BOOLEANS[level] for level in column.levels), np.nan])
            return np.asarray(values[column.codes])
        raise InvalidInput(f"column {name} holds text; a fraud model takes numbers", field=field)
    assert isinstance(column, Numeric)
    if np.isinf(column.values).any():
        raise InvalidInput(f"column {name} has an infinite number", field=field)
    if (np.abs(column.values) > LARGEST).any():
        raise InvalidInput(f"column {name} has a number beyond {LARGEST:g}; send it in a larger unit", field=field)
    return column.values


def labels(table: Table, spec: FraudSpec) -> IntArray:
    """Return the labels (n,): 1, 0, or -1 where there is none."""
    if spec.label is None:
        return np.full(table.rows, UNLABELLED)
    values = numbers(table, spec.label, "label")
    known = ~np.isnan(values) & (values != UNLABELLED)
    if not np.isin(values[known], (FRAUD, LEGITIMATE)).all():
        raise InvalidInput(f"column {spec.label} must hold 1 for fraud, 0 for legitimate, or nothing", field="label")
    return np.where(known, np.nan_to_num(values), UNLABELLED).astype(np.intp)


def windows_of(rows: Rows, seed: int) -> Windows:
    """Cut rows in order of time, or in an order drawn from the seed where they have none. Raises InvalidInput for too few."""
    legitimate = int(np.count_nonzero(rows.trainable))
    if legitimate < FEWEST_ROWS:
        raise InvalidInput(f"there are {legitimate} rows to learn from; at least {FEWEST_ROWS} are needed", field="data")
    n = len(rows)
    order = np.random.default_rng(seed).permutation(n) if rows.time is None else np.argsort(rows.time, kind="stable")
    train, calibrate = round(TRAIN * n), round((TRAIN + CALIBRATE) * n)
    parts = (order[:train], order[train:calibrate], order[calibrate:])
    windows = Windows(*(rows.take(np.asarray(part)) for part in parts))
    fewest = min(int(np.count_nonzero(part.trainable)) for part in (windows.train, windows.calibrate, windows.holdout))
    if fewest < FEWEST_ROWS * (1 - TRAIN - CALIBRATE) - 1:
        raise InvalidInput(
            "a stretch of the data has hardly a legitimate row; the windows are cut in order of time", field="time"
        )
    return windows


def _weights(table: Table, name: str) -> FloatArray:
    weight = numbers(table, name, "weight")
    if not (weight > 0).all():
        raise InvalidInput(f"column {name} must be positive in every row", field="weight")
    return weight


def _notices(missing: BoolArray, unlabelled: BoolArray) -> tuple[Notice, ...]:
    counts = (("missing_values", missing, "a missing value"), ("no_label", unlabelled, "no label"))
    return tuple(
        Notice(code, f"{np.count_nonzero(rows)} rows with {what} were left out") for code, rows, what in counts if rows.any()
    )
