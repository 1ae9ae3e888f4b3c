"""A grouping factor with the columns whose effects vary over its levels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from science.table import FloatArray, IntArray


@dataclass(frozen=True)
class Term:
    """One random-effects term of a formula. Every level has at least one row."""

    group: str  # the grouping factor as R spells it: "Subject", "cask:batch"
    names: tuple[str, ...]  # of the q columns
    codes: IntArray  # (n,) into levels
    levels: tuple[str, ...]
    Z: FloatArray  # (n, q)


@dataclass(frozen=True)
class Grouping:
    """All terms of one grouping factor, side by side."""

    group: str
    names: tuple[str, ...]  # of the q columns, over all terms
    sizes: tuple[int, ...]  # columns of each term; they sum to q
    codes: IntArray  # (n,)
    levels: tuple[str, ...]
    Z: FloatArray  # (n, q)

    @property
    def effects(self) -> int:
        return len(self.levels) * self.width

    @property
    def width(self) -> int:
        return len(self.names)

    def blocks(self) -> list[slice]:
        """Return the columns of each term."""
        ends = np.cumsum(self.sizes).tolist()
        return [slice(end - size, end) for size, end in zip(self.sizes, ends, strict=True)]


def grouped(terms: Sequence[Term]) -> tuple[Grouping, ...]:
    """Put the terms of one factor together and order the factors as lme4 does: most levels first, then as written."""
    together: dict[str, list[Term]] = {}
    for term in terms:
        together.setdefault(term.group, []).append(term)
    groupings = [_together(same) for same in together.values()]
    return tuple(sorted(groupings, key=lambda grouping: -len(grouping.levels)))


def _together(terms: list[Term]) -> Grouping:
    first = terms[0]
    Z = first.Z if len(terms) == 1 else np.hstack([term.Z for term in terms])
    names = tuple(name for term in terms for name in term.names)
    return Grouping(first.group, names, tuple(len(term.names) for term in terms), first.codes, first.levels, Z)
