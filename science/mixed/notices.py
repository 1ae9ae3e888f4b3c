"""What a caller should know about a fit that is right all the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np

from science.mixed.criterion import System
from science.mixed.grouping import Grouping
from science.notice import Notice
from science.table import FloatArray

DEPENDENT = 1e-10  # of the eigenvalues of the correlations of Z's columns
CONFOUNDED = 1e-10  # of the squares of Z's columns, what the fixed effects leave of them
EXTREME = 1e-8  # from the end of the range of a fitted value
EXHAUSTED = 1e-5  # below, more than ten of sixteen digits cancel in the residual variance
FEW_LEVELS = 5  # below, a variance over levels rests on very little


def aliased_notice(aliased: tuple[str, ...]) -> tuple[Notice, ...]:
    if not aliased:
        return ()
    columns = ", ".join(aliased)
    return (Notice("aliased", f"left out because it depends on the columns before it: {columns}"),)


def design_notices(groupings: Sequence[Grouping]) -> tuple[Notice, ...]:
    """Tell of effects that cannot be told apart, and of factors with few levels."""
    notices = [*_dependent_columns(groupings), *_repeated_effects(groupings), *_same_groups(groupings)]
    for grouping in groupings:
        if len(grouping.levels) < FEW_LEVELS:
            detail = f"{grouping.group} has {len(grouping.levels)} levels only: the variance over them is hardly known"
            notices.append(Notice("few_levels", detail))
    return tuple(notices)


def _dependent_columns(groupings: Sequence[Grouping]) -> Iterator[Notice]:
    for grouping in groupings:
        for block in grouping.blocks():
            if dependent(grouping.Z[:, block]):
                columns = ", ".join(grouping.names[block])
                detail = f"the columns {columns} over {grouping.group} depend on each other: their variances cannot be told apart"
                yield Notice("unidentified", detail)


def _repeated_effects(groupings: Sequence[Grouping]) -> Iterator[Notice]:
    """Two terms over one factor that have an effect in common."""
    for grouping in groupings:
        for one, other in combinations(grouping.blocks(), 2):
            if _share(grouping.Z[:, one], grouping.Z[:, other]):
                columns = " and ".join(", ".join(grouping.names[block]) for block in (one, other))
                detail = f"two terms over {grouping.group} share an effect ({columns}): their variances cannot be told apart"
                yield Notice("unidentified", detail)


def _same_groups(groupings: Sequence[Grouping]) -> Iterator[Notice]:
    """Two factors that divide the rows in the same way, with an effect in common."""
    for one, other in combinations(groupings, 2):
        if len(one.levels) == len(other.levels) and _same_division(one, other) and _share(one.Z, other.Z):
            detail = f"{one.group} and {other.group} divide the rows into the same groups: their variances cannot be told apart"
            yield Notice("unidentified", detail)


def confounded_notices(system: System, groupings: Sequence[Grouping]) -> tuple[Notice, ...]:
    """Tell of effects that the fixed ones say already, as (1 | g) beside g: no data can tell their variance.

    The columns of X are orthonormal here, so what is left of Z beside them is trace Z'Z less the squares of Z'X.
    """
    notices = []
    for grouping, A, products in zip(groupings, system.own_blocks(), system.own_products(), strict=True):
        whole = np.einsum("jkk->k", A)
        left = whole - (products[:, :, :-1] ** 2).sum((0, 2))
        for column in np.flatnonzero(left <= CONFOUNDED * whole):
            what = f"{grouping.names[column]} over {grouping.group}"
            detail = f"the fixed effects say already what {what} could: its variance cannot be told"
            notices.append(Notice("unidentified", detail))
    return tuple(notices)


def _same_division(one: Grouping, other: Grouping) -> bool:
    partner = np.empty(len(one.levels), dtype=np.intp)
    partner[one.codes] = other.codes
    return bool((partner[one.codes] == other.codes).all()) and len(np.unique(partner)) == len(partner)


def _share(one: FloatArray, other: FloatArray) -> bool:
    """Tell whether a combination of columns of one is a combination of columns of the other."""
    return dependent(np.hstack([one, other])) and not dependent(one) and not dependent(other)


def dependent(Z: FloatArray) -> bool:
    """Tell whether a column is a combination of the others (or zero)."""
    if Z.shape[1] == 1:
        return not Z.any()
    products = Z.T @ Z
    lengths = np.sqrt(products.diagonal())
    if not lengths.all():
        return True
    return bool(np.linalg.eigvalsh(products / np.outer(lengths, lengths))[0] < DEPENDENT)


def unconverged_notice(gradient: float) -> Notice:
    return Notice("not_converged", f"the optimiser stopped with a gradient of {gradient:.2g}; take the estimates with care")


def separated_notices(family: str, groupings: Sequence[Grouping], y: FloatArray) -> tuple[Notice, ...]:
    """Tell of a factor in every level of which all rows succeed or all fail: the likelihood rises as its variance does."""
    if family != "binomial":
        return ()
    notices = []
    for grouping in groupings:
        count = len(grouping.levels)
        rows = np.bincount(grouping.codes, minlength=count)
        pure = (np.bincount(grouping.codes, y == 0.0, count) == rows) | (np.bincount(grouping.codes, y == 1.0, count) == rows)
        if pure.all():
            detail = f"within each level of {grouping.group} all rows succeed or all fail: its variance has no bound"
            notices.append(Notice("extreme_fit", detail))
    return tuple(notices)


def uncertain_notices(terms: Sequence[str], estimate: FloatArray, std_error: FloatArray) -> tuple[Notice, ...]:
    """Tell of effects along which the criterion does not rise: the estimates are no maximum of the likelihood."""
    lost = [term for term, value, error in zip(terms, estimate, std_error, strict=True) if np.isfinite(value) and np.isnan(error)]
    if not lost:
        return ()
    detail = f"the likelihood has no maximum along {', '.join(lost)}: there are no standard errors; the data may be separable"
    return (Notice("no_maximum", detail),)


def extreme_notices(family: str, mean: FloatArray) -> tuple[Notice, ...]:
    """Tell of fitted values at the end of their range: the data may be separable, the estimates then run to infinity."""
    nearest = np.minimum(mean, 1.0 - mean) if family == "binomial" else mean
    if nearest.min() > EXTREME:
        return ()
    what = "probabilities of 0 or 1" if family == "binomial" else "counts of 0"
    return (Notice("extreme_fit", f"some rows have fitted {what}: estimates may have run off to infinity, with their errors"),)


def exhausted_notices(ratio: float) -> tuple[Notice, ...]:
    """Tell when next to nothing is left as residual. ratio: its sd to that of the residuals of least squares."""
    if ratio > EXHAUSTED:
        return ()
    detail = "the effects explain the response but for rounding: the residual variance and all errors are hardly known"
    return (Notice("no_residual", detail),)
