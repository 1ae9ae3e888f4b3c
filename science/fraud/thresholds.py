"""When to raise an alert: at a score, for a rate of alerts, or where the costs are least; and what each threshold would do."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, log10
from typing import Literal

import numpy as np

from errors import InvalidInput
from science.fraud.reference import MOST, SCALE
from science.table import BoolArray, FloatArray

BINS = 401  # of the risk score, a quarter of a point each
WIDTH = MOST / (BINS - 1)


@dataclass(frozen=True)
class Threshold:
    """score: a risk score; alert_rate: a share of legitimate rows; cost: of a false alarm and of a missed fraud.

    Raises InvalidInput naming the field.
    """

    mode: Literal["score", "alert_rate", "cost"] = "alert_rate"
    value: float | None = 0.01
    false_alarm: float | None = None
    missed: float | None = None

    def __post_init__(self) -> None:
        if self.mode not in ("score", "alert_rate", "cost"):
            raise InvalidInput("mode must be one of score, alert_rate, cost", field="threshold.mode")
        if self.mode == "cost":
            for name in ("false_alarm", "missed"):
                _check(getattr(self, name), 1e-9, 1e12, name)
        else:
            low, high = (0.0, MOST) if self.mode == "score" else (10 ** (-MOST / SCALE), 1.0)
            _check(self.value, low, high, "value")


@dataclass(frozen=True)
class Decision:
    """A threshold that is in force: alerts are risk scores at or above `score`. Rate: of legitimate rows, expected."""

    mode: str
    score: float
    expected_alert_rate: float


@dataclass(frozen=True)
class Outcomes:
    """What risk scores labelled rows got, a monoid. legitimate, fraud: (BINS,) weights, bin b from WIDTH b on."""

    legitimate: FloatArray
    fraud: FloatArray

    @classmethod
    def empty(cls) -> Outcomes:
        return cls(np.zeros(BINS), np.zeros(BINS))

    def absorb(self, risk: FloatArray, fraud: BoolArray, weight: FloatArray) -> Outcomes:
        """Count rows: risk (n,) from 0 to 100, fraud (n,), weight (n,)."""
        place = np.minimum((risk / WIDTH).astype(np.intp), BINS - 1)
        counts = (np.bincount(place[kind], weight[kind], BINS) for kind in (~fraud, fraud))
        return self.merge(Outcomes(*counts))

    def merge(self, other: Outcomes) -> Outcomes:
        return Outcomes(self.legitimate + other.legitimate, self.fraud + other.fraud)


@dataclass(frozen=True)
class Simulated:
    """What a threshold would have done to labelled rows. None where nothing is to divide by or costs are not given."""

    threshold: float
    alerts: float
    alert_rate: float
    recall: float | None
    precision: float | None
    cost: float | None


def decide(threshold: Threshold, outcomes: Outcomes) -> Decision:
    """Turn a threshold into a risk score. outcomes: of labelled rows; costs need some of both kinds."""
    if threshold.mode == "cost":
        score = _cheapest(threshold, outcomes)
    elif threshold.mode == "alert_rate":
        score = -SCALE * log10(float(threshold.value or 1.0))
    else:
        score = float(threshold.value or 0.0)
    return Decision(threshold.mode, score, 10 ** (-score / SCALE))


def simulate(outcomes: Outcomes, thresholds: FloatArray, costs: tuple[float, float] | None = None) -> tuple[Simulated, ...]:
    """Tell what thresholds (risk scores, to a quarter of a point) would have done. costs: of a false alarm, of a missed fraud."""
    false, caught = (np.append(np.cumsum(part[::-1])[::-1], 0.0) for part in (outcomes.legitimate, outcomes.fraud))
    return tuple(_simulated(float(at), false, caught, costs) for at in thresholds)


def _simulated(at: float, false: FloatArray, caught: FloatArray, costs: tuple[float, float] | None) -> Simulated:
    place = int(np.clip(np.ceil(at / WIDTH - 1e-9), 0, BINS))
    f, c, frauds = float(false[place]), float(caught[place]), float(caught[0])
    total = float(false[0]) + frauds
    cost = None if costs is None else costs[0] * f + costs[1] * (frauds - c)
    return Simulated(
        at, f + c, (f + c) / total if total else 0.0, c / frauds if frauds else None, c / (f + c) if f + c else None, cost
    )


def _cheapest(threshold: Threshold, outcomes: Outcomes) -> float:
    if not outcomes.fraud.any() or not outcomes.legitimate.any():
        raise InvalidInput(
            "a threshold by cost needs labelled frauds and legitimate rows; give a score or alert_rate", field="threshold.mode"
        )
    assert threshold.false_alarm is not None
    assert threshold.missed is not None
    at = np.arange(BINS, dtype=np.float64) * WIDTH
    told = simulate(outcomes, np.asarray(at), (threshold.false_alarm, threshold.missed))
    costs = [each.cost or 0.0 for each in told]
    return float(at[len(costs) - 1 - int(np.argmin(costs[::-1]))])  # the highest of equals: fewer alerts


def _check(value: object, low: float, high: float, name: str) -> None:
    number = isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
    if not number or not low <= value <= high:  # type: ignore[operator]
        raise InvalidInput(f"{name} must be a number from {low:g} to {high:g}", field=f"threshold.{name}")
