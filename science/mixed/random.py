"""What varies over the levels of each factor: standard deviations and correlations, and which direction has none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from science.mixed.bases import Bases
from science.mixed.estimate import Estimate
from science.mixed.grouping import Grouping
from science.mixed.optimise import VANISHED
from science.mixed.theta import Pattern
from science.notice import Notice
from science.table import FloatArray


@dataclass(frozen=True)
class RandomEffect:
    """One term: the covariance of its q effects. correlation: NaN beside an effect that does not vary."""

    group: str
    names: tuple[str, ...]  # (q,)
    sd: FloatArray
    variance: FloatArray
    correlation: FloatArray  # (q, q)
    covariance: FloatArray  # (q, q)


@dataclass(frozen=True)
class GroupEffects:
    """The conditional modes of one factor, over all its terms."""

    group: str
    names: tuple[str, ...]  # (q,)
    levels: tuple[str, ...]  # (J,)
    estimate: FloatArray  # (J, q)
    std_error: FloatArray  # (J, q), conditional on the estimates, as in lme4
    covariance: FloatArray  # (J, q, q)


def random_effects(
    pattern: Pattern, covariances: Sequence[FloatArray], groupings: Sequence[Grouping]
) -> tuple[RandomEffect, ...]:
    """Tabulate the terms in the order of theta. covariances: (q, q) per factor."""
    found = []
    for place in pattern.places:
        block = slice(place.start, place.start + place.size)
        grouping = groupings[place.grouping]
        found.append(_random_effect(grouping.group, grouping.names[block], covariances[place.grouping][block, block]))
    return tuple(found)


def group_effects(estimate: Estimate, groupings: Sequence[Grouping], modes: Sequence[FloatArray]) -> tuple[GroupEffects, ...]:
    """Tabulate the conditional modes (J, q) with their conditional standard deviations."""
    covariances = estimate.conditional_covariances()
    return tuple(
        GroupEffects(
            grouping.group,
            grouping.names,
            grouping.levels,
            mode,
            np.sqrt(np.maximum(np.diagonal(covariance, axis1=1, axis2=2), 0.0)),
            covariance,
        )
        for grouping, mode, covariance in zip(groupings, modes, covariances, strict=True)
    )


def vanished(pattern: Pattern, bases: Bases, lambdas: Sequence[FloatArray], groupings: Sequence[Grouping]) -> tuple[Notice, ...]:
    """Name each direction in which a term's estimated variance is zero."""
    notices: list[Notice] = []
    for place in pattern.places:
        block = slice(place.start, place.start + place.size)
        grouping = groupings[place.grouping]
        Lambda, T = (values[place.grouping][block, block] for values in (lambdas, bases.T))
        if (np.abs(Lambda.diagonal()) < VANISHED).any():
            notices += [
                Notice("singular", f"{what}: the estimate is on the boundary")
                for what in _directions(Lambda, T, grouping.names[block], grouping.group)
            ]
    return tuple(notices)


def _random_effect(group: str, names: tuple[str, ...], covariance: FloatArray) -> RandomEffect:
    sd = np.sqrt(covariance.diagonal())
    with np.errstate(invalid="ignore", divide="ignore"):
        correlation = covariance / np.outer(sd, sd)
    correlation[np.diag_indices(len(sd))] = np.where(sd > 0.0, 1.0, np.nan)
    return RandomEffect(group, names, sd, sd**2, np.clip(correlation, -1.0, 1.0), covariance)


def _directions(Lambda: FloatArray, T: FloatArray, names: tuple[str, ...], group: str) -> list[str]:
    """Say which combinations of effects do not vary, each effect in units of its column's size."""
    sizes = np.sqrt((T**2).sum(0))
    root = sizes[:, None] * np.linalg.solve(T, Lambda)
    zero = np.sqrt((root**2).sum(1)) < VANISHED
    found = [f"the variance of {name} over {group} is zero" for name, none in zip(names, zero, strict=True) if none]
    rest = np.flatnonzero(~zero)
    if not rest.size:
        return found
    shape = (T / sizes)[:, rest]
    whitener = np.linalg.qr(shape, mode="r")
    values, vectors = np.linalg.eigh(whitener @ root[rest] @ root[rest].T @ whitener.T)
    for direction in np.flatnonzero(values < VANISHED**2):
        found.append(_direction(whitener.T @ vectors[:, direction] * sizes[rest], [names[which] for which in rest], group))
    return found or [f"the covariance of {', '.join(names)} over {group} is nearly singular"]


def _direction(weights: FloatArray, names: Sequence[str], group: str) -> str:
    if len(names) == 2 and weights.all():
        return f"the correlation of {names[0]} and {names[1]} over {group} is {'-1' if weights[0] * weights[1] > 0 else '1'}"
    shown = zip(weights / np.abs(weights).max(), names, strict=True)
    return f"the variance of {' + '.join(f'{weight:.3g} {name}' for weight, name in shown)} over {group} is zero"
