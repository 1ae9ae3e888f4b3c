"""One parameter held, the others free: the rows of each term's factor L as functions of free coordinates.

L L' is the covariance of a term. A held standard deviation fixes a row's length, a held correlation the direction of the
second row once its two effects are put first; a criterion depends on L through L L' alone, so rows may be in any order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from science.mixed.theta import Pattern, Place, semidefinite_factor
from science.table import FloatArray

PERFECT = 1.0 - 1e-9  # a correlation of one to double precision


@dataclass(frozen=True)
class Held:
    """Which parameter is held. effects: its effect, or the two of a correlation; column: of a fixed effect."""

    kind: Literal["sd", "correlation", "sigma", "fixed"]
    place: Place | None = None
    effects: tuple[int, ...] = ()
    column: int = 0

    def bound(self, sign: float) -> float:
        """Return the end of the parameter's range on one side."""
        if self.kind == "correlation":
            return sign * PERFECT
        return 0.0 if self.kind == "sd" and sign < 0.0 else sign * float("inf")


@dataclass(frozen=True)
class RowMap:
    """One row of L of a term: which effect it is, and where its entries come from, in units of 1 / size."""

    place: Place
    effect: int
    size: float  # root mean square of the effect's column: so that the search does not feel the column's unit
    columns: int  # it has entries in the first so many columns
    kind: Literal["free", "length", "direction"]
    entries: slice  # of the coordinates

    def row(self, x: FloatArray, value: float) -> FloatArray:
        if self.kind == "free":
            entries: FloatArray = x[self.entries]
            return entries
        if self.kind == "length":
            free = x[self.entries]
            scaled: FloatArray = value * free / np.linalg.norm(free)
            return scaled
        turned: FloatArray = x[self.entries] * np.array([value, np.sqrt(1.0 - value**2)])
        return turned

    def pulled_back(self, x: FloatArray, value: float, gradient: FloatArray) -> FloatArray:
        """Carry a gradient in the row over to the coordinates."""
        if self.kind == "free":
            return gradient
        if self.kind == "length":
            length = np.linalg.norm(x[self.entries])
            unit = x[self.entries] / length
            pulled: FloatArray = value * (gradient - unit * (unit @ gradient)) / length
            return pulled
        return np.array([gradient @ np.array([value, np.sqrt(1.0 - value**2)])])


@dataclass(frozen=True)
class Coordinates:
    """Where the search for the others begins: a row of each effect, and how far each coordinate may move at first."""

    rows: tuple[RowMap, ...]
    start: FloatArray
    widths: FloatArray

    def own_lambdas(self, pattern: Pattern, x: FloatArray, value: float, length: float, sigma: float) -> list[FloatArray]:
        """Fill Lambda = L / sigma (q, q) per factor, in the units of the data. length: the held value if it is one."""
        lambdas = [np.zeros((width, width)) for width in pattern.widths]
        for row, at in self.placed():
            lambdas[row.place.grouping][at] = row.row(x, length * row.size if row.kind == "length" else value) / (
                sigma * row.size
            )
        return lambdas

    def pulled_back(self, x: FloatArray, value: float, length: float, gradients: Sequence[FloatArray]) -> FloatArray:
        """Carry gradients in L (q, q) over to the coordinates of the rows."""
        gradient = np.zeros(len(self.start))
        for row, at in self.placed():
            own = gradients[row.place.grouping][at] / row.size
            gradient[row.entries] = row.pulled_back(x, length * row.size if row.kind == "length" else value, own)
        return gradient

    def placed(self) -> Iterator[tuple[RowMap, tuple[int, slice]]]:
        for row in self.rows:
            start = row.place.start
            yield row, (start + row.effect, slice(start, start + row.columns))


def held_parameters(pattern: Pattern, fixed: int, *, sigma: bool) -> list[Held]:
    """List the parameters in the order of their names. fixed: how many fixed effects there are."""
    found = []
    for place in pattern.places:
        for column in range(place.size):
            found.append(Held("sd", place, (column,)))
            found += [Held("correlation", place, (column, row)) for row in range(column + 1, place.size)]
    return found + [Held("sigma")] * sigma + [Held("fixed", column=column) for column in range(fixed)]


def coordinates_of(
    held: Held, pattern: Pattern, covariances: Sequence[FloatArray], bases: Sequence[FloatArray], sigma: float
) -> Coordinates:
    """Lay out the coordinates at an optimum. covariances and bases T: (q, q) per factor; sigma: what variances compare with."""
    rows: list[RowMap] = []
    start: list[float] = []
    for place in pattern.places:
        own = held.place == place
        first = held.effects if own else ()
        order = [*first, *(effect for effect in range(place.size) if effect not in first)]
        block = slice(place.start, place.start + place.size)
        sizes = np.array([size_of(bases, place, effect) for effect in order])
        S = covariances[place.grouping][block, block][np.ix_(order, order)]
        L = semidefinite_factor(S * sizes[:, None] * sizes)
        for number, effect in enumerate(order):
            kind: Literal["free", "length", "direction"] = "free"
            entries = L[number, : number + 1].tolist()
            if own and held.kind == "sd" and effect == held.effects[0]:
                kind, entries = "length", entries if any(entries) else [1.0] * len(entries)
            elif own and held.kind == "correlation" and number == 1:
                kind, entries = "direction", [float(np.linalg.norm(entries))]
            entry = slice(len(start), len(start) + len(entries))
            rows.append(RowMap(place, effect, float(sizes[number]), number + 1, kind, entry))
            start += entries
    widths = 0.1 * np.maximum(np.abs(np.array(start)), 0.05 * sigma)
    return Coordinates(tuple(rows), np.array(start), widths)


def size_of(bases: Sequence[FloatArray], place: Place, effect: int) -> float:
    """Return the root mean square of an effect's column."""
    return float(np.linalg.norm(bases[place.grouping][:, place.start + effect]))


def stride(held: Held, best: float, bases: Sequence[FloatArray], sigma: float) -> float:
    """Guess how far a standard deviation or a correlation moves for a fifth of a unit of zeta."""
    if held.kind == "correlation":
        return 0.05 * (1.0 - best**2) + 1e-3
    assert held.place is not None
    return 0.05 * max(best, 0.05 * sigma / size_of(bases, held.place, held.effects[0]))
