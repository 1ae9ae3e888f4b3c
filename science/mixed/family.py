"""Families of generalized models with their canonical links."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

from science.table import FloatArray

Arrays = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True)
class Family:
    """b: the cumulant function of eta; its derivatives are the mean and the variance, at weight one."""

    name: str
    cumulant: Arrays
    mean: Arrays
    variance: Arrays  # as a function of eta
    third: Arrays  # its derivative


def family_of(name: str) -> Family:
    return FAMILIES[name]


def _softplus(eta: FloatArray) -> FloatArray:
    return np.logaddexp(0.0, eta)


def _logistic_variance(eta: FloatArray) -> FloatArray:
    mean = special.expit(eta)
    variance: FloatArray = mean * (1.0 - mean)
    return variance


def _logistic_third(eta: FloatArray) -> FloatArray:
    mean = special.expit(eta)
    third: FloatArray = mean * (1.0 - mean) * (1.0 - 2.0 * mean)
    return third


FAMILIES = {
    "binomial": Family("binomial", _softplus, special.expit, _logistic_variance, _logistic_third),
    "poisson": Family("poisson", np.exp, np.exp, np.exp, np.exp),
}
