"""The way a method took: variances and the criterion at each step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from science.mixed.criterion import Criterion, Evaluation
from science.mixed.grouping import Grouping
from science.mixed.sample import Prepared
from science.mixed.theta import Pattern
from science.table import FloatArray


@dataclass(frozen=True)
class Trace:
    """values: (steps, columns); step 0 is the start. The last two columns are the residual variance and the criterion."""

    columns: tuple[str, ...]
    values: FloatArray


def columns_of(pattern: Pattern, groupings: Sequence[Grouping]) -> tuple[str, ...]:
    """Name the variances and covariances as lme4 does: Subject.(Intercept), Subject.Days.(Intercept), Subject.Days."""
    names = []
    for place in pattern.places:
        grouping = groupings[place.grouping]
        own = grouping.names[place.start : place.start + place.size]
        for column in range(place.size):
            names.append(f"{grouping.group}.{own[column]}")
            names += [f"{grouping.group}.{own[row]}.{own[column]}" for row in range(column + 1, place.size)]
    return (*names, "Residual", "criterion")


def entries(pattern: Pattern, covariances: Sequence[FloatArray]) -> FloatArray:
    """Read the lower triangles of the terms' covariances, column by column."""
    return pattern.collected([np.asarray(covariance) for covariance in covariances])


def trace_of(evaluations: Sequence[Evaluation], criterion: Criterion, prepared: Prepared, groupings: Sequence[Grouping]) -> Trace:
    """Tell the steps of the optimiser."""
    sigma2 = np.array([one.residual_squares for one in evaluations]) * (prepared.scaling.scale**2 / criterion.degrees)
    lambdas = zip(*(criterion.pattern.lambdas(one.theta) for one in evaluations), strict=True)
    stacks = [np.array(own) for own in lambdas]  # (steps, q, q) per factor
    scaled = [sigma2[:, None, None] * (Lambda @ Lambda.transpose(0, 2, 1)) for Lambda in stacks]
    covariances = prepared.bases.outward(scaled)
    values = [own.reshape(len(own), -1)[:, index] for own, (_, index) in zip(covariances, criterion.pattern.flat, strict=True)]
    criteria = np.array([one.value for one in evaluations])
    return Trace(columns_of(criterion.pattern, groupings), np.column_stack([*values, sigma2, criteria]))
