"""What a mixed model's predictions of new rows cost: squared errors, log loss or Poisson's deviance, by its family."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from science.design.response import response_of
from science.formula import parse
from science.formula.tree import Call, Name
from science.limits import Limits
from science.losses import log_loss, poisson_deviance, squared_error
from science.mixed.spec import Spec
from science.table import Factor, FloatArray, Numeric, Table


@dataclass(frozen=True)
class Response:
    """What was observed. y: (n,), a share for the binomial family; trials: (n,), its trials, else the rows' weights."""

    y: FloatArray
    trials: FloatArray


def observed(spec: Spec, table: Table, limits: Limits) -> Response:
    """Read the response of rows as the fit does; NaN where it is missing."""
    response = parse(spec.formula, limits).response
    if isinstance(response, Call) and response.function == "cbind":
        hits, misses = (spec.formula[argument.value.start : argument.value.end] for argument in response.arguments)
        successes, failures = (response_of(f"{part} ~ 1", table, limits) for part in (hits, misses))
        with np.errstate(invalid="ignore", divide="ignore"):
            return Response(successes / (successes + failures), successes + failures)
    if spec.family != "gaussian" and isinstance(response, Name) and isinstance(table[response.text], Factor):
        codes = table[response.text].codes  # type: ignore[union-attr]
        return Response(np.where(codes < 0, np.nan, codes.astype(np.float64)), _weights(spec, table))
    return Response(response_of(spec.formula, table, limits), _weights(spec, table))


def losses_of(spec: Spec, response: Response, mean: FloatArray) -> FloatArray:
    """(n,) of predicted means (n,): NaN where either is."""
    if spec.family == "binomial":
        return log_loss(response.y, mean, response.trials)
    if spec.family == "poisson":
        return poisson_deviance(response.y, mean, response.trials)
    return squared_error(response.y, mean, response.trials)


def _weights(spec: Spec, table: Table) -> FloatArray:
    column = None if spec.weights is None else table.columns.get(spec.weights)
    return column.values if isinstance(column, Numeric) else np.ones(table.rows)
