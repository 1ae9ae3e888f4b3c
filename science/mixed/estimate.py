"""What an optimum of the criterion says about the model, in the units of the data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from science.mixed.criterion import Criterion, Evaluation, inverse_of
from science.mixed.sample import Prepared
from science.table import FloatArray


@dataclass(frozen=True)
class Estimate:
    """Fixed effects and variances at one theta. k of the p columns are kept."""

    prepared: Prepared
    criterion: Criterion
    evaluation: Evaluation
    beta: FloatArray  # (k,)
    covariance: FloatArray  # (k, k) of beta
    sigma2: float

    @property
    def theta(self) -> FloatArray:
        return self.evaluation.theta

    def covariances(self) -> list[FloatArray]:
        """Return the covariance matrix (q, q) of the effects of each factor."""
        scaled = [self.sigma2 * Lambda @ Lambda.T for Lambda in self.evaluation.factor.lambdas]
        return self.prepared.bases.outward(scaled)

    def modes(self) -> list[FloatArray]:
        """Return the conditional modes (J, q) of each factor."""
        system, factor = self.prepared.system, self.evaluation.factor
        scale = self.prepared.scaling.scale
        modes = system.effects(factor, self.evaluation.beta)  # type: ignore[arg-type]
        return self.prepared.bases.effects([scale * mode for mode in modes])

    def conditional_covariances(self) -> list[FloatArray]:
        """Return, per factor, the covariances (J, q, q) of the effects given y and the fixed effects, as in lme4's ranef."""
        nothing = np.zeros_like(self.criterion.system.XX)
        blocks = self.prepared.system.covariance(self.evaluation.factor, nothing)  # type: ignore[arg-type]
        return self.prepared.bases.outward([self.sigma2 * own for own, _ in blocks])


def estimate_at(prepared: Prepared, criterion: Criterion, evaluation: Evaluation, sigma2: float | None = None) -> Estimate:
    """Read the estimates off an evaluation. sigma2: given, or profiled when None."""
    scaling = prepared.scaling
    if sigma2 is None:
        sigma2 = scaling.scale**2 * evaluation.residual_squares / criterion.degrees
    relative = scaling.covariance(inverse_of(evaluation.precision))
    return Estimate(prepared, criterion, evaluation, scaling.beta(evaluation.beta), sigma2 * relative, sigma2)
