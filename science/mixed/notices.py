"""What a caller should know about a fit that is right all the same."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from science.mixed.grouping import Grouping
from science.notice import Notice
from science.table import FloatArray

DEPENDENT = 1e-10  # of the eigenvalues of the correlations of Z's columns
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
    notices = []
    for grouping in groupings:
        start = 0
        for size in grouping.sizes:
            names = grouping.names[start : start + size]
            if dependent(grouping.Z[:, start : start + size]):
                columns = ", ".join(names)
                detail = f"the columns {columns} over {grouping.group} depend on each other: their variances cannot be told apart"
                notices.append(Notice("unidentified", detail))
            start += size
        if len(grouping.levels) < FEW_LEVELS:
            detail = f"{grouping.group} has {len(grouping.levels)} levels only: the variance over them is hardly known"
            notices.append(Notice("few_levels", detail))
    return tuple(notices)


def dependent(Z: FloatArray) -> bool:
    """Tell whether a column is a combination of the others (or zero)."""
    products = Z.T @ Z
    lengths = np.sqrt(products.diagonal())
    if not lengths.all():
        return True
    return bool(np.linalg.eigvalsh(products / np.outer(lengths, lengths))[0] < DEPENDENT)


def unconverged_notice(gradient: float) -> Notice:
    return Notice("not_converged", f"the optimiser stopped with a gradient of {gradient:.2g}; take the estimates with care")


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
