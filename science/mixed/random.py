"""What varies over the levels of each factor: standard deviations and correlations, and which direction has none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

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


def random_effects(estimate: Estimate, groupings: Sequence[Grouping]) -> tuple[RandomEffect, ...]:
    """Tabulate the terms in the order of theta."""
    covariances = estimate.covariances()
    found = []
    for place in estimate.criterion.pattern.places:
        block = slice(place.start, place.start + place.size)
        grouping = groupings[place.grouping]
        found.append(random_effect(grouping.group, grouping.names[block], covariances[place.grouping][block, block]))
    return tuple(found)


def random_effect(group: str, names: tuple[str, ...], covariance: FloatArray) -> RandomEffect:
    sd = np.sqrt(covariance.diagonal())
    with np.errstate(invalid="ignore", divide="ignore"):
        correlation = covariance / np.outer(sd, sd)
    correlation[np.diag_indices(len(sd))] = np.where(sd > 0.0, 1.0, np.nan)
    return RandomEffect(group, names, sd, sd**2, np.clip(correlation, -1.0, 1.0), covariance)


def group_effects(
    estimate: Estimate, groupings: Sequence[Grouping], modes: Sequence[FloatArray]
) -> tuple[GroupEffects, ...]:
    """Tabulate the conditional modes (J, q) with their conditional standard deviations."""
    covariances = (covariance for covariance, _ in estimate.conditional_covariances())
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


def vanished(estimate: Estimate, groupings: Sequence[Grouping]) -> tuple[Notice, ...]:
    """Name each direction in which a term's estimated variance is zero."""
    return vanished_in(estimate.criterion.pattern, estimate.evaluation.factor.lambdas, groupings)


def vanished_in(pattern: Pattern, lambdas: Sequence[FloatArray], groupings: Sequence[Grouping]) -> tuple[Notice, ...]:
    notices: list[Notice] = []
    for place in pattern.places:
        block = slice(place.start, place.start + place.size)
        grouping = groupings[place.grouping]
        Lambda = lambdas[place.grouping][block, block]
        if (np.abs(Lambda.diagonal()) < VANISHED).any():
            notices += [
                Notice("singular", f"{what}: the estimate is on the boundary")
                for what in _directions(Lambda, grouping.names[block], grouping.group)
            ]
    return tuple(notices)


def _directions(Lambda: FloatArray, names: tuple[str, ...], group: str) -> list[str]:
    scale = np.sqrt((Lambda**2).sum(1))
    zero = scale < VANISHED
    found = [f"the variance of {name} over {group} is zero" for name, none in zip(names, zero, strict=True) if none]
    rest = np.flatnonzero(~zero)
    values, vectors = np.linalg.eigh((Lambda[rest] @ Lambda[rest].T) / np.outer(scale[rest], scale[rest]))
    flat = np.flatnonzero(values < VANISHED**2 * max(float(values.max(initial=0.0)), 1.0))
    for direction in flat:
        if len(rest) == 2:
            sign = "-1" if vectors[0, direction] * vectors[1, direction] > 0 else "1"
            found.append(f"the correlation of {names[rest[0]]} and {names[rest[1]]} over {group} is {sign}")
        else:
            parts = zip(vectors[:, direction] / scale[rest], rest, strict=True)
            weights = " + ".join(f"{weight:.3g} {names[which]}" for weight, which in parts if abs(weight) > 1e-6)
            found.append(f"the variance of {weights} over {group} is zero")
    return found or [f"the covariance of {', '.join(names)} over {group} is nearly singular"]
