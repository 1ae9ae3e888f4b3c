"""Drift: how the data of today are distributed, against the data that a model was trained on.

The population stability index of bins with shares e (then) and a (now) is sum((a - e) log(a / e)): Siddiqi (2006), "Credit Risk
Scorecards"; with nothing changed and samples of n and m it is about chi-squared with B - 1 degrees of freedom, times 1/n + 1/m:
Yurdakul and Naranjo (2020), "Statistical properties of the population stability index".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from scipy import special

from science.table import Column, Factor, FloatArray, IntArray, Numeric

BINS = 10  # deciles, the custom of the field that 0.1 and 0.25 belong to
LEVELS = 50  # of a factor: further ones count as one
MODERATE, LARGE = 0.1, 0.25  # Siddiqi's rule
CHANCE = 0.99  # an index below this quantile of what nothing but chance gives is no drift
PRIOR = 0.5  # added to each count, or an empty bin would make the index infinite (Jeffreys)


@dataclass(frozen=True)
class Histogram:
    """Counts of a column in fixed bins: numbers between `edges`, or texts by `levels` and one bin for all others.

    A monoid: `empty`, `absorb`, `merge`. counts: (bins + 1,), the last of them the missing values.
    """

    edges: tuple[float, ...] | None  # inner ones, ascending: bin i holds edges[i-1] < x <= edges[i]
    levels: tuple[str, ...] | None
    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        return sum(self.counts)

    def empty(self) -> Histogram:
        """The same bins with nothing in them."""
        return replace(self, counts=(0,) * len(self.counts))

    def absorb(self, column: Column) -> Histogram:
        """Count further values of the column; one of another type is not this column any more, and counts as missing."""
        counts = np.bincount(self._places(column), minlength=len(self.counts))
        return replace(self, counts=tuple((np.asarray(self.counts) + counts).tolist()))

    def merge(self, other: Histogram) -> Histogram:
        """Add the counts of a histogram with the same bins."""
        assert (self.edges, self.levels) == (other.edges, other.levels)
        return replace(self, counts=tuple(a + b for a, b in zip(self.counts, other.counts, strict=True)))

    def names(self) -> tuple[str, ...]:
        """Call the bins by name, in the order of the counts."""
        if self.levels is not None:
            return (*self.levels, "other", "missing")
        assert self.edges is not None
        bounds = [f"{edge:.6g}" for edge in self.edges]
        inner = [f"({low}, {high}]" for low, high in pairwise(bounds)]
        return (*((f"<= {bounds[0]}", *inner, f"> {bounds[-1]}") if bounds else ("any",)), "missing")

    def to_json(self) -> dict[str, Any]:
        return {"edges": self.edges, "levels": self.levels, "counts": self.counts}

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Histogram:
        edges, levels = document["edges"], document["levels"]
        return cls(None if edges is None else tuple(edges), None if levels is None else tuple(levels), tuple(document["counts"]))

    def _places(self, column: Column) -> IntArray:
        missing = len(self.counts) - 1
        if self.levels is not None:
            if not isinstance(column, Factor):
                return np.full(len(column), missing)
            place = {level: code for code, level in enumerate(self.levels)}
            return np.array([*(place.get(level, missing - 1) for level in column.levels), missing], dtype=np.intp)[column.codes]
        if not isinstance(column, Numeric):
            return np.full(len(column), missing)
        places = np.searchsorted(np.asarray(self.edges, dtype=np.float64), column.values, side="left")
        return np.where(column.missing, missing, places)


@dataclass(frozen=True)
class Drift:
    """A column then and now. chance: what the index would be below, 99 times in a hundred, had nothing changed."""

    psi: float
    chance: float
    verdict: str  # stable, moderate or large
    bins: tuple[str, ...]
    before: FloatArray  # (bins,) shares
    now: FloatArray


def histogram_of(column: Column) -> Histogram:
    """Choose bins for a column, its deciles or its most frequent levels, and count it."""
    if isinstance(column, Factor):
        counts = np.bincount(column.codes[column.codes >= 0], minlength=len(column.levels))
        usual = sorted(np.argsort(-counts, kind="stable")[:LEVELS].tolist())
        levels = tuple(column.levels[code] for code in usual)
        return Histogram(None, levels, (0,) * (len(levels) + 2)).absorb(column)
    return numeric_histogram(column.values)


def numeric_histogram(values: FloatArray) -> Histogram:
    """Count numbers between their deciles; NaN is missing."""
    present = values[np.isfinite(values)]
    edges = np.unique(np.quantile(present, np.arange(1, BINS) / BINS)) if len(present) else np.empty(0)
    if len(edges) and edges[-1] == present.max():
        edges = edges[:-1]  # else nothing could be above it
    return Histogram(tuple(edges.tolist()), None, (0,) * (len(edges) + 2)).absorb(Numeric(values))


def drift_between(before: Histogram, now: Histogram) -> Drift:
    """Compare two histograms with the same bins."""
    e, a = _shares(before.counts), _shares(now.counts)
    psi = float(np.sum((a - e) * np.log(a / e)))
    chance = _chance(before, now)
    verdict = "stable" if psi < max(MODERATE, chance) else "moderate" if psi < LARGE else "large"
    return Drift(psi, chance, verdict, before.names(), _plain(before.counts), _plain(now.counts))


def _chance(before: Histogram, now: Histogram) -> float:
    """What the index stays under by chance alone: bins that neither sample has anything in say nothing."""
    used = sum(1 for e, a in zip(before.counts, now.counts, strict=True) if e or a)
    if used < 2 or not before.total or not now.total:
        return 0.0
    return float(special.chdtri(used - 1, 1.0 - CHANCE)) * (1.0 / before.total + 1.0 / now.total)


def _shares(counts: Sequence[int]) -> FloatArray:
    padded = np.asarray(counts, dtype=np.float64) + PRIOR
    shares: FloatArray = padded / padded.sum()
    return shares


def _plain(counts: Sequence[int]) -> FloatArray:
    array = np.asarray(counts, dtype=np.float64)
    return array / max(array.sum(), 1.0)
