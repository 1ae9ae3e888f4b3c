"""Parametric bootstrap of all parameters: simulate from the fit, fit again, take percentiles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from errors import InvalidInput
from science.deadline import Deadline
from science.limits import Limits
from science.mixed.estimate import Estimate, estimate_at
from science.mixed.grouping import Grouping
from science.mixed.model import model_of
from science.mixed.optimise import Search, minimise
from science.mixed.random import random_effects
from science.mixed.simulate import replacer, simulate
from science.mixed.solve import solve
from science.mixed.spec import Spec
from science.table import FloatArray, Table

MOST_SAMPLES = 10_000


@dataclass(frozen=True)
class Bootstrap:
    """names: lme4's (sd_(Intercept)|Subject, cor_..., sigma) and the fixed effects. samples: (count, names)."""

    names: tuple[str, ...]
    estimate: FloatArray
    conf_low: FloatArray
    conf_high: FloatArray
    samples: FloatArray
    unconverged: int


def bootstrap(spec: Spec, table: Table, limits: Limits, deadline: Deadline, *, seed: int, count: int = 500) -> Bootstrap:
    """Simulate `count` data sets from the fit of `spec` and fit each. Equal seeds give equal intervals.

    Raises InvalidInput for a method that is not reml or ml.
    """
    if spec.method not in ("reml", "ml") or spec.family != "gaussian" or spec.variances is not None:
        raise InvalidInput("the bootstrap is for gaussian models fitted by reml or ml", field="method")
    if not 1 <= count <= MOST_SAMPLES:
        raise InvalidInput(f"the bootstrap takes 1 to {MOST_SAMPLES} samples", field="count")
    model = model_of(spec, table, limits)
    solved = solve(spec, model, deadline)
    generator = np.random.default_rng(seed)
    rows, unconverged = [], 0
    again = replacer(model)
    for _ in range(count):
        prepared = again.prepared_for(simulate(model, solved.estimate, generator)[0])
        criterion = prepared.criterion(reml=spec.method == "reml")
        optimum = minimise(Search(criterion, deadline), solved.estimate.theta + (solved.estimate.theta == 0.0) * 0.1)
        unconverged += not optimum.converged
        rows.append(parameters(estimate_at(prepared, criterion, optimum.point.evaluation), model.groupings))
    samples = np.array(rows)
    tail = 0.5 - spec.level / 2.0
    low, high = np.nanquantile(samples, [tail, 1.0 - tail], axis=0)
    terms = [model.design.fixed.columns[column] for column in model.prepared.scaling.kept]
    names = (*parameter_names(solved.estimate, model.groupings), *terms)
    return Bootstrap(names, parameters(solved.estimate, model.groupings), low, high, samples, unconverged)


def parameter_names(estimate: Estimate, groupings: tuple[Grouping, ...]) -> tuple[str, ...]:
    """Name standard deviations and correlations, term by term in lme4's order, and sigma."""
    found = []
    for effect in random_effects(estimate, groupings):
        for column, name in enumerate(effect.names):
            found.append(f"sd_{name}|{effect.group}")
            found += [f"cor_{other}.{name}|{effect.group}" for other in effect.names[column + 1 :]]
    return (*found, "sigma")


def parameters(estimate: Estimate, groupings: tuple[Grouping, ...]) -> FloatArray:
    """Return the values that parameter_names names, then the fixed effects. A correlation beside a zero variance is NaN."""
    found: list[float] = []
    for effect in random_effects(estimate, groupings):
        for column, sd in enumerate(effect.sd):
            found.append(float(sd))
            found += effect.correlation[column + 1 :, column].tolist()
    return np.array([*found, float(np.sqrt(estimate.sigma2)), *estimate.beta])
