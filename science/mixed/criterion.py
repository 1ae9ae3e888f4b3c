"""The profiled criterion of a linear mixed model as a function of theta: -2 log likelihood, or the REML criterion.

Bates, Mächler, Bolker and Walker (2015), section 3.4. The system behind it is scaled: X has been made orthonormal and y
replaced by its least-squares residual of length sqrt(n), so that nothing is lost in cross-products.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import lapack

from science.mixed.crossed import CrossedFactor, CrossedSystem
from science.mixed.nested import NestedFactor, NestedSystem
from science.mixed.small import SmallFactor, SmallSystem
from science.mixed.theta import Pattern
from science.table import FloatArray

LOG_TWO_PI = float(np.log(2.0 * np.pi))

System = NestedSystem | CrossedSystem | SmallSystem
Factor = NestedFactor | CrossedFactor | SmallFactor


@dataclass(frozen=True)
class Evaluation:
    """The criterion at one theta."""

    theta: FloatArray
    value: float
    factor: Factor
    beta: FloatArray  # (p,) of the scaled system
    precision: FloatArray  # (p, p) X'V0^-1 X of the scaled system
    residual_squares: float  # r2, penalised, of the scaled system


@dataclass(frozen=True)
class Criterion:
    system: System
    pattern: Pattern
    rows: int
    reml: bool
    constant: float  # of the criterion: what scaling and weights add

    @property
    def degrees(self) -> int:
        """The divisor of the residual sum of squares: n, or n - p under REML."""
        return self.rows - (len(self.system.XX) - 1 if self.reml else 0)

    def at(self, theta: FloatArray) -> Evaluation:
        """Evaluate the criterion. Raises LinAlgError when rounding leaves nothing positive."""
        factor = self.system.factorise(self.pattern.lambdas(theta))
        Q = factor.Q
        precision = Q[:-1, :-1]
        root = cholesky(precision)
        half = lapack.dtrtrs(root, Q[:-1, -1], lower=1)[0] if len(root) else Q[:-1, -1]
        r2 = float(Q[-1, -1] - half @ half)
        if not r2 > 0.0:
            raise np.linalg.LinAlgError("no residual variation is left")
        degrees = self.degrees
        value = factor.log_determinant + degrees * (1.0 + LOG_TWO_PI + np.log(r2 / degrees)) + self.constant
        if self.reml:
            value += 2.0 * float(np.log(root.diagonal()).sum())
        beta = lapack.dtrtrs(root, half, lower=1, trans=1)[0] if len(root) else half
        return Evaluation(theta, float(value), factor, beta, precision, r2)

    def given(self, evaluation: Evaluation, sigma2: float) -> float:
        """Return the criterion at this theta for a residual variance that is given (of the scaled system)."""
        degrees = self.degrees
        profiled = 1.0 + np.log(evaluation.residual_squares / degrees)
        return float(evaluation.value + degrees * (np.log(sigma2) - profiled) + evaluation.residual_squares / sigma2)

    def gradient(self, evaluation: Evaluation) -> FloatArray:
        """Return the gradient in theta."""
        gradients = self.system.gradient(evaluation.factor, self._sensitivity(evaluation))  # type: ignore[arg-type]
        return self.pattern.collected(gradients)

    def _sensitivity(self, evaluation: Evaluation) -> FloatArray:
        """Return the gradient of the criterion, log|K| apart, in Q."""
        known = np.append(-evaluation.beta, 1.0)
        H: FloatArray = (self.degrees / evaluation.residual_squares) * known * known[:, None]
        if self.reml:
            H[:-1, :-1] += inverse_of(evaluation.precision)
        return H


def cholesky(S: FloatArray) -> FloatArray:
    """Return the lower factor of a small matrix, with less ceremony than NumPy. Raises LinAlgError."""
    if not len(S):
        return S
    root, fault = lapack.dpotrf(S, lower=1)
    if fault:
        raise np.linalg.LinAlgError("the fixed effects cannot be told apart")
    factor: FloatArray = root
    return factor


def inverse_of(S: FloatArray) -> FloatArray:
    """Return the inverse of a small positive definite matrix. Raises LinAlgError."""
    if not len(S):
        return S
    half = lapack.dtrtri(cholesky(S), lower=1)[0]
    inverse: FloatArray = half.T @ half
    return inverse
