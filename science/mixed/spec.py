"""The question that `fit` answers, valid once it exists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from errors import InvalidInput
from science.regress.spec import HIGHEST_LEVEL, LOWEST_LEVEL

Method = Literal["reml", "ml", "mackay", "mackay_gamma", "em", "px_em"]
Degrees = Literal["satterthwaite", "kenward-roger", "none"]
Family = Literal["gaussian", "binomial", "poisson"]

METHODS = ("reml", "ml", "mackay", "mackay_gamma", "em", "px_em")
DEGREES = ("satterthwaite", "kenward-roger", "none")
FAMILIES = ("gaussian", "binomial", "poisson")
MOST_QUADRATURE = 25  # points of the Gauss-Hermite rule, as lme4 allows
MOST_ITERATIONS = 100_000


@dataclass(frozen=True)
class Variances:
    """Variance components given, not estimated. groups: the covariance matrix (q, q) of each grouping factor, by rows."""

    groups: Mapping[str, tuple[tuple[float, ...], ...]]
    residual: float


@dataclass(frozen=True)
class Spec:
    """A mixed model. Raises InvalidInput, naming the field, for a value that cannot be used."""

    formula: str
    method: Method = "reml"
    level: float = 0.95  # of the confidence and prediction intervals
    df: Degrees = "satterthwaite"
    missing: Literal["drop", "refuse"] = "drop"
    weights: str | None = None  # a column of the data
    variances: Variances | None = None
    family: Family = "gaussian"
    quadrature: int = 1  # points per group for a generalized model; 1 is Laplace's approximation
    iterations: int | None = None  # at most, of a loop: 100 of mackay, 2,000 of the others
    start: Variances | None = None  # of a loop

    def __post_init__(self) -> None:
        _check_one_of("method", self.method, METHODS)
        _check_one_of("df", self.df, DEGREES)
        _check_one_of("family", self.family, FAMILIES)
        _check_one_of("missing", self.missing, ("drop", "refuse"))
        if not LOWEST_LEVEL <= self.level <= HIGHEST_LEVEL:
            raise InvalidInput(f"level must be between {LOWEST_LEVEL} and {HIGHEST_LEVEL}", field="level")
        if not 1 <= self.quadrature <= MOST_QUADRATURE:
            raise InvalidInput(f"quadrature must be between 1 and {MOST_QUADRATURE}", field="quadrature")
        if self.iterations is not None and not 1 <= self.iterations <= MOST_ITERATIONS:
            raise InvalidInput(f"iterations must be between 1 and {MOST_ITERATIONS}", field="iterations")
        if self.family != "gaussian" and self.variances is not None:
            raise InvalidInput("variances can be given for the gaussian family only", field="variances")
        if self.family != "gaussian" and self.method not in ("reml", "ml"):
            raise InvalidInput("this method is for the gaussian family only; leave it out", field="method")
        if self.iterations is not None and self.method in ("reml", "ml"):
            raise InvalidInput("iterations is for mackay, mackay_gamma, em and px_em", field="iterations")
        if self.start is not None and self.method in ("reml", "ml"):
            raise InvalidInput("start is for mackay, mackay_gamma, em and px_em", field="start")
        if self.family == "gaussian" and self.quadrature > 1:
            raise InvalidInput("quadrature is for the binomial and the poisson family", field="quadrature")


def _check_one_of(field: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise InvalidInput(f"{field} must be one of {', '.join(allowed)}", field=field)
