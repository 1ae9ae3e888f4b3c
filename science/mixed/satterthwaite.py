"""Satterthwaite's degrees of freedom for each fixed effect, as lmerTest (Kuznetsova, Brockhoff and Christensen 2017)."""

from __future__ import annotations

import numpy as np
from scipy.linalg import lapack

from science.mixed.criterion import Evaluation, cholesky
from science.mixed.estimate import Estimate
from science.mixed.optimise import Search, point_at
from science.table import FloatArray, IntArray

STEP = 1e-3  # of a standard error of theta: central differences are then right to 1e-6
LEAST_CURVATURE = 1e-8  # of the largest eigenvalue: flatter directions of the Hessian are left out, as lmerTest does


def satterthwaite(
    estimate: Estimate, search: Search, inverse_hessian: FloatArray, contrasts: FloatArray | None = None
) -> FloatArray:
    """Return the degrees of freedom (m,) of m combinations of the fixed effects, or (k,) of each alone.

    inverse_hessian: a rough one in theta, for the steps. contrasts: (m, k). An entry of theta at zero moves no variance (the
    criterion and the covariance are even in it) and is left out.
    """
    free = np.flatnonzero(estimate.theta)
    steps = STEP * np.sqrt(2.0 * np.maximum(inverse_hessian.diagonal()[free], 1e-12))
    rows = np.eye(len(estimate.beta)) if contrasts is None else contrasts
    curvature, jacobian = _differences(estimate, search, free, steps, rows)
    values, vectors = np.linalg.eigh(curvature)
    kept = values > LEAST_CURVATURE * values[-1]
    along = jacobian @ vectors[:, kept]
    df: FloatArray = 1.0 / (along**2 / values[kept]).sum(1)
    return df


def _differences(
    estimate: Estimate, search: Search, free: IntArray, steps: FloatArray, rows: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the Hessian in (theta, sigma) of the criterion before sigma is profiled out, and d log variance / d the same.

    sigma is in units of its estimate. With f(theta, sigma) = log dets + N log sigma^2 + r2 / sigma^2, r2 = N at the
    optimum, the profiled Hessian h gives f_tt = h + r2_t r2_t' / N, f_ts = -2 r2_t, f_ss = 4 N.
    """
    degrees, evaluation = estimate.criterion.degrees, estimate.evaluation
    scaled = estimate.prepared.scaling.contrasts(rows)
    unit = evaluation.residual_squares / degrees
    variances = _variances(evaluation, scaled)
    count = len(free)
    h, r2, jacobian = np.empty((count, count)), np.empty(count), np.full((len(rows), count + 1), 2.0)
    for column, (entry, step) in enumerate(zip(free, steps, strict=True)):
        move = np.zeros(len(estimate.theta))
        move[entry] = step
        ahead, behind = (point_at(search, estimate.theta + sign * move) for sign in (1.0, -1.0))
        h[:, column] = (ahead.gradient - behind.gradient)[free] / (2.0 * step)
        r2[column] = (ahead.evaluation.residual_squares - behind.evaluation.residual_squares) / (2.0 * step * unit)
        moved = _variances(ahead.evaluation, scaled) - _variances(behind.evaluation, scaled)
        jacobian[:, column] = moved / (2.0 * step * variances)
    curvature = np.empty((count + 1, count + 1))
    curvature[:-1, :-1] = 0.5 * (h + h.T) + np.outer(r2, r2) / degrees
    curvature[-1, :-1] = curvature[:-1, -1] = -2.0 * r2
    curvature[-1, -1] = 4.0 * degrees
    return curvature, jacobian


def _variances(evaluation: Evaluation, rows: FloatArray) -> FloatArray:
    """Return the relative variances (m,) of combinations (m, k) of the scaled fixed effects."""
    half = lapack.dtrtrs(cholesky(evaluation.precision), rows.T, lower=1)[0]
    variances: FloatArray = (half**2).sum(0)
    return variances
