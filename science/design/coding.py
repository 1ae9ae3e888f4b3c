"""Which factor of which term is coded by contrasts and which by one column for each level, as R decides it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import chain, combinations

Part = tuple[int, bool]  # a variable's index, and whether all of its levels get a column


def coding(terms: Sequence[tuple[int, ...]], is_factor: Callable[[int], bool], intercept: bool) -> tuple[tuple[Part, ...], ...]:
    """Decide the coding of every factor in every term.

    A factor in a term is coded by contrasts when the rest of the term is empty or inside an earlier term (R's
    TermCode, after Chambers & Hastie 1992, p. 38). Without an intercept the first factor of all gets all its levels.
    """
    covered: set[tuple[int, ...]] = {()}
    first_factor = not intercept
    coded = []
    for term in terms:
        parts = []
        for variable in term:
            factor = is_factor(variable)
            full = factor and (first_factor or tuple(v for v in term if v != variable) not in covered)
            first_factor = first_factor and not factor
            parts.append((variable, full))
        coded.append(tuple(parts))
        covered.update(_subsets(term))
    return tuple(coded)


def _subsets(term: tuple[int, ...]) -> Iterable[tuple[int, ...]]:
    return chain.from_iterable(combinations(term, size) for size in range(1, len(term) + 1))
