"""Which factor of which term is coded by contrasts and which by one column for each level, as R decides it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

Part = tuple[int, bool]  # a variable's index, and whether all of its levels get a column


def coding(terms: Sequence[tuple[int, ...]], is_factor: Callable[[int], bool], intercept: bool) -> tuple[tuple[Part, ...], ...]:
    """Decide the coding of every factor in every term.

    A factor in a term is coded by contrasts when the rest of the term is empty or inside an earlier term (R's
    TermCode, after Chambers & Hastie 1992, p. 38). Without an intercept the first factor of all gets all its levels.
    """
    earlier: list[int] = []
    first_factor = not intercept
    coded = []
    for term in terms:
        bits = _bits(term)
        parts = []
        for variable in term:
            factor = is_factor(variable)
            full = factor and (first_factor or not _covered(bits & ~(1 << variable), earlier))
            first_factor = first_factor and not factor
            parts.append((variable, full))
        coded.append(tuple(parts))
        earlier.append(bits)
    return tuple(coded)


def _bits(term: Iterable[int]) -> int:
    return sum(1 << variable for variable in term)


def _covered(rest: int, earlier: Sequence[int]) -> bool:
    return not rest or any(rest & bits == rest for bits in earlier)
