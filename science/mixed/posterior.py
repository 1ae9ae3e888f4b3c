"""What is known of fixed and random effects together after a fit: all that predictions with intervals need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from science.mixed.bases import Bases
from science.mixed.criterion import Factor, System
from science.mixed.estimate import Estimate
from science.mixed.model import Model
from science.table import FloatArray, IntArray


@dataclass(frozen=True)
class Posterior:
    """The cross-products at the estimated theta. k fixed effects are kept."""

    system: System
    lambdas: tuple[FloatArray, ...]  # (q, q) per factor
    bases: Bases
    kept: IntArray  # (k,) of the columns of X
    R: FloatArray  # (k, k): the scaled system's X times R is X
    beta: FloatArray  # (k,)
    sigma2: float

    def covariances(self) -> list[FloatArray]:
        """Return the covariance matrix (q, q) of the effects of each factor."""
        return self.bases.outward([self.sigma2 * Lambda @ Lambda.T for Lambda in self.lambdas])

    def variances(self, X: FloatArray, loadings: Sequence[sparse.csr_matrix]) -> FloatArray:
        """Return the variance of x'beta + z'u for m rows. X: (m, k), loadings: (J q, m) of scaled effects per factor."""
        factor: Factor = self.system.factorise(self.lambdas)
        scaled = np.linalg.solve(self.R.T, X.T) if len(self.R) else X.T
        variance: FloatArray = self.sigma2 * self.system.quadratic(factor, loadings, scaled)  # type: ignore[arg-type]
        return variance


def posterior_of(estimate: Estimate, model: Model) -> Posterior:
    scaling = model.prepared.scaling
    lambdas = estimate.evaluation.factor.lambdas
    return Posterior(
        model.prepared.system, lambdas, model.prepared.bases, scaling.kept, scaling.R, estimate.beta, estimate.sigma2
    )
