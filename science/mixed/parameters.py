"""The parameters of a mixed model by lme4's names: those that intervals are for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from science.mixed.random import RandomEffect
from science.table import FloatArray


def names_of(effects: Sequence[RandomEffect], terms: Sequence[str], *, sigma: bool) -> tuple[str, ...]:
    """Name standard deviations and correlations, term by term in lme4's order, sigma where there is one, and fixed effects."""
    found = []
    for effect in effects:
        for column, name in enumerate(effect.names):
            found.append(f"sd_{name}|{effect.group}")
            found += [f"cor_{other}.{name}|{effect.group}" for other in effect.names[column + 1 :]]
    return (*found, *(["sigma"] if sigma else []), *terms)


def values_of(effects: Sequence[RandomEffect], sigma2: float | None, beta: FloatArray) -> FloatArray:
    """Return the values that names_of names. A correlation beside a zero variance is NaN."""
    found: list[float] = []
    for effect in effects:
        for column, sd in enumerate(effect.sd):
            found.append(float(sd))
            found += effect.correlation[column + 1 :, column].tolist()
    return np.array([*found, *([] if sigma2 is None else [float(np.sqrt(sigma2))]), *beta])
