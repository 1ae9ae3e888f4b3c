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
    scale = prepared.scaling.scale
    rows = []
    for evaluation in evaluations:
        sigma2 = scale**2 * evaluation.residual_squares / criterion.degrees
        scaled = [sigma2 * Lambda @ Lambda.T for Lambda in criterion.pattern.lambdas(evaluation.theta)]
        covariances = prepared.bases.outward(scaled)
        rows.append([*entries(criterion.pattern, covariances), sigma2, evaluation.value])
    columns = columns_of(criterion.pattern, groupings)
    return Trace(columns, np.array(rows).reshape(-1, len(columns)))
