"""What another program says of the same model: its numbers beside ours, and how far the two are apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite

Numbers = Mapping[str, float | None]  # by name


@dataclass(frozen=True)
class Pair:
    """A group of numbers, such as the coefficients: ours and theirs, by name."""

    ours: Numbers
    theirs: Numbers


@dataclass(frozen=True)
class Difference:
    """How far two groups of numbers are apart: the largest relative difference, and which number has it."""

    numbers: str
    compared: int
    largest: float
    at: str | None


@dataclass(frozen=True)
class Opinion:
    """What `by` says. untold: the numbers that it cannot give. said: its own words about its fit."""

    by: str
    pairs: Mapping[str, Pair] = field(default_factory=dict)
    untold: Sequence[str] = ()
    said: Sequence[str] = ()

    def differences(self) -> list[Difference]:
        """Compare the groups; a number that one side lacks is not compared, and a group without any is left out."""
        found = [_difference(name, pair) for name, pair in self.pairs.items()]
        return [each for each in found if each.compared]


def _difference(name: str, pair: Pair) -> Difference:
    apart = {key: _relative(float(ours), float(theirs)) for key, ours, theirs in _both(pair)}
    at = max(apart, key=apart.__getitem__, default=None)
    return Difference(name, len(apart), 0.0 if at is None else apart[at], at)


def _both(pair: Pair) -> list[tuple[str, float, float]]:
    both = [(key, ours, pair.theirs.get(key)) for key, ours in pair.ours.items()]
    return [(key, a, b) for key, a, b in both if a is not None and b is not None and isfinite(a) and isfinite(b)]


def _relative(ours: float, theirs: float) -> float:
    largest = max(abs(ours), abs(theirs))
    return abs(ours - theirs) / largest if largest else 0.0
