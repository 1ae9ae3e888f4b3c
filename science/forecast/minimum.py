"""The least sum of squares, by Levenberg and Marquardt's method (MINPACK's lmdif)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.optimize import leastsq

from science.table import FloatArray

IMPOSSIBLE = 1e10  # stands for what is squared where nothing can be; residuals come in units of the sample
SLOPE = 1e-12  # MINPACK's epsfcn: parameters are moved by its root, relative, for slopes
ACROSS = 1e-12  # of the parameters, left to move
EVALUATIONS = 100  # per parameter, at most
CONVERGED = (1, 2, 3, 4)  # MINPACK's info


def minimum(residuals: Callable[[FloatArray], FloatArray], start: FloatArray, tolerance: float) -> tuple[FloatArray, bool]:
    """Minimise the sum of squares until a step gains less than this share of it. Returns the parameters, and whether it did."""
    with np.errstate(over="ignore", invalid="ignore"):  # of the covariance that MINPACK's wrapper makes, which nobody reads
        free, _, _, _, state = leastsq(
            residuals,
            start,
            full_output=True,
            ftol=tolerance,
            xtol=ACROSS,
            epsfcn=SLOPE,
            maxfev=EVALUATIONS * (len(start) + 1),
        )
    return free, state in CONVERGED


def bounded(residuals: FloatArray) -> FloatArray:
    """Keep what is squared within what can be squared."""
    return residuals if residuals @ residuals < IMPOSSIBLE**2 else np.full(len(residuals), IMPOSSIBLE)
