"""What is asked of a fraud model: valid once it exists."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Literal

from errors import InvalidInput

MOST_COLUMNS = 200  # the precision matrix and its products grow with the square
MOST_TRIMS = 8
LARGEST_TRIM = 0.2
MOST_EPOCHS = 500
MOST_WIDTH = 512
MOST_DEPTH = 4
MOST_BATCH = 8192
DEPTH_OF_AUTO = (64, 32)  # and a bottleneck of about half the columns: FRAUD's measured choice for 29
BOTTLENECK = 0.55


@dataclass(frozen=True)
class FraudSpec:
    """A detector of rows that are unlike legitimate ones. Raises InvalidInput naming the field.

    label: 1 is fraud, 0 legitimate. Without `supervised` it is used to keep frauds out of the training rows and to judge on the
    holdout, never to train. alerted: 1 where an earlier model raised an alert; such a row is kept out of training unless its
    label says that it was legitimate.
    """

    columns: tuple[str, ...]
    label: str | None = None
    time: str | None = None  # a number that orders the rows; without it they are shuffled by the seed
    weight: str | None = None  # how many rows of the population a row stands for
    alerted: str | None = None
    null_label: Literal["drop", "fill"] = "drop"  # a row without label is left out, or is -1: trained on, never judged by
    amounts: Literal["auto"] | tuple[str, ...] = "auto"  # taken as logarithms; auto: not negative and skewed in training
    trim: tuple[float, ...] = (0.0, 0.005, 0.02, 0.05)  # shares of the training rows; the holdout chooses
    detector: Literal["auto", "mahalanobis"] = "auto"  # mahalanobis needs no TensorFlow
    supervised: bool = False  # add a calibrated probability, learned from the labels
    widths: Literal["auto"] | tuple[int, ...] = "auto"  # of the hidden layers, down to the bottleneck
    epochs: int = 40
    batch: int = 256
    learning_rate: float = 1e-3
    dropout: float = 0.2
    seed: int = 0

    def __post_init__(self) -> None:
        _check_columns(self)
        _check_choice(self.null_label, ("drop", "fill"), "null_label")
        _check_choice(self.detector, ("auto", "mahalanobis"), "detector")
        _check_trim(self.trim)
        if self.widths != "auto":
            _check_widths(self.widths)
        _check_whole(self.epochs, 1, MOST_EPOCHS, "epochs")
        _check_whole(self.batch, 8, MOST_BATCH, "batch")
        _check_between(self.learning_rate, 1e-6, 1.0, "learning_rate")
        _check_between(self.dropout, 0.0, 0.9, "dropout")
        _check_whole(self.seed, 0, 2**31 - 1, "seed")
        if self.supervised and self.label is None:
            raise InvalidInput("supervised needs a label column", field="label")

    @property
    def layers(self) -> tuple[int, ...]:
        """The widths of the hidden layers, down to the bottleneck."""
        if self.widths == "auto":
            return (*DEPTH_OF_AUTO, max(1, round(BOTTLENECK * len(self.columns))))
        return self.widths


def _check_columns(spec: FraudSpec) -> None:
    if not 1 <= len(spec.columns) <= MOST_COLUMNS:
        raise InvalidInput(f"give 1 to {MOST_COLUMNS} columns", field="columns")
    others = {"label": spec.label, "time": spec.time, "weight": spec.weight, "alerted": spec.alerted}
    for i, name in enumerate(spec.columns):
        if not isinstance(name, str) or not name:
            raise InvalidInput("a column is a name", field=f"columns.{i}")
        if name in spec.columns[:i]:
            raise InvalidInput(f"column {name} is named twice", field=f"columns.{i}")
        if name in (spec.label, spec.weight, spec.alerted):
            raise InvalidInput(f"column {name} says what the row is; it cannot be scored by", field=f"columns.{i}")
    named = [name for name in others.values() if name is not None]
    for field, other in others.items():
        if other is not None and (not other or named.count(other) > 1):
            raise InvalidInput("label, time, weight and alerted must be different columns", field=field)
    if spec.amounts != "auto":
        for i, name in enumerate(spec.amounts):
            if name not in spec.columns:
                raise InvalidInput(f"{name} is not among the columns", field=f"amounts.{i}")


def _check_trim(trim: tuple[float, ...]) -> None:
    if not 1 <= len(trim) <= MOST_TRIMS:
        raise InvalidInput(f"give 1 to {MOST_TRIMS} shares to choose the trim from", field="trim")
    for i, share in enumerate(trim):
        _check_between(share, 0.0, LARGEST_TRIM, f"trim.{i}")


def _check_widths(widths: tuple[int, ...]) -> None:
    if not 1 <= len(widths) <= MOST_DEPTH:
        raise InvalidInput(f"give 1 to {MOST_DEPTH} widths, the last is the bottleneck", field="widths")
    for i, width in enumerate(widths):
        _check_whole(width, 1, MOST_WIDTH, f"widths.{i}")


def _check_choice(value: object, allowed: tuple[str, ...], field: str) -> None:
    if value not in allowed:
        raise InvalidInput(f"{field} must be one of {', '.join(allowed)}", field=field)


def _check_whole(value: object, low: int, high: int, field: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise InvalidInput(f"{field} must be a whole number from {low} to {high}", field=field)


def _check_between(value: object, low: float, high: float, field: str) -> None:
    number = isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
    if not number or not low <= value <= high:  # type: ignore[operator]
        raise InvalidInput(f"{field} must be a number from {low:g} to {high:g}", field=field)
