"""Draw responses from a fitted model, and put them in place of the observed one without touching anything else."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from errors import InvalidInput
from science.deadline import Deadline
from science.limits import Limits
from science.mixed.bases import whitened
from science.mixed.batch import cross_products
from science.mixed.estimate import Estimate
from science.mixed.grouping import Grouping
from science.mixed.model import Model, model_of
from science.mixed.sample import Prepared, Scaling, weighted
from science.mixed.solve import solve
from science.mixed.spec import Spec
from science.mixed.theta import semidefinite_factor
from science.table import FloatArray, Table


def simulate(model: Model, estimate: Estimate, generator: np.random.Generator, count: int = 1) -> FloatArray:
    """Draw `count` responses (count, n), new effects and new residuals each time, offset included."""
    mean = model.fixed_part(estimate.beta) + model.offset
    factors = [semidefinite_factor(S) for S in estimate.covariances()]
    weights = model.sample.weights
    spread = np.sqrt(estimate.sigma2) / (1.0 if weights is None else np.sqrt(weights))
    drawn = np.empty((count, model.sample.rows))
    for row in drawn:
        modes = [
            generator.standard_normal((len(grouping.levels), grouping.width)) @ L.T
            for grouping, L in zip(model.groupings, factors, strict=True)
        ]
        row[:] = mean + model.random_part(modes) + spread * generator.standard_normal(len(mean))
    return drawn


def simulated(spec: Spec, table: Table, limits: Limits, deadline: Deadline, *, seed: int, count: int = 1) -> FloatArray:
    """Fit the model of `spec` and draw `count` responses (count, n) from it, n the rows that took part.

    Equal seeds give equal responses. Raises InvalidInput for families other than the gaussian, or too many numbers.
    """
    if spec.family != "gaussian":
        raise InvalidInput("responses are simulated for the gaussian family only", field="simulate")
    model = model_of(spec, table, limits)
    rows = model.sample.rows
    limits.check("max_simulated", count * rows, f"{count} simulations of {rows} rows are asked", field="simulate")
    estimate = solve(spec, model, deadline).estimate
    return simulate(model, estimate, np.random.default_rng(seed), count)


@dataclass(frozen=True)
class Replacer:
    """The rows of a model, scaled once, to which other responses are fitted."""

    prepared: Prepared
    X: FloatArray  # (n, k) orthonormal
    groupings: tuple[Grouping, ...]
    root_weights: FloatArray | None
    offset: FloatArray | float

    def prepared_for(self, y: FloatArray) -> Prepared:
        """Return the model with the response y (n,), offset included."""
        y = y - self.offset
        y = y if self.root_weights is None else y * self.root_weights
        projection = self.X.T @ y
        residual = y - self.X @ projection
        scale = float(np.linalg.norm(residual) / np.sqrt(len(y)))
        residual = residual / scale
        ZY = [cross_products(g.codes, len(g.levels), g.Z, residual[:, None])[:, :, 0] for g in self.groupings]
        XY = np.append(self.X.T @ residual, residual @ residual)
        old = self.prepared.scaling
        start = np.linalg.solve(old.R, projection) if len(projection) else projection
        scaling = Scaling(old.kept, old.R, start, scale)
        return replace(self.prepared, system=self.prepared.system.with_response(ZY, XY), scaling=scaling)


def replacer(model: Model) -> Replacer:
    rows = weighted(model.sample)
    scaling = model.prepared.scaling
    X = rows.X[:, scaling.kept]
    X = np.linalg.solve(scaling.R.T, X.T).T if X.shape[1] else X
    weights = model.sample.weights
    groupings, _ = whitened(rows.groupings)
    return Replacer(model.prepared, X, groupings, None if weights is None else np.sqrt(weights), model.offset)
