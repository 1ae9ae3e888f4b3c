"""The expected information on theta, each factor taken alone: a first guess of the criterion's curvature."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from science.mixed.batch import inverse, product
from science.mixed.theta import Pattern
from science.table import FloatArray, IntArray

LEAST_CURVATURE = 1e-3  # of the largest: directions that look flatter are searched as if they were not


def inverse_information(pattern: Pattern, own_blocks: Sequence[FloatArray], degrees: float, theta: FloatArray) -> FloatArray:
    """Return an approximate inverse Hessian of the criterion at theta, positive definite.

    Expected information of the profiled criterion, tr(P V_a P V_b) - tr(P V_a) tr(P V_b) / n (Searle, Casella and
    McCulloch 1992, section 6.6), with P replaced by the V^-1 of one factor at a time. own_blocks: Z'Z (J, q, q) of each.
    """
    curvature = np.zeros((pattern.length, pattern.length))
    slopes = np.zeros(pattern.length)
    blocks = zip(pattern.flat, own_blocks, pattern.lambdas(theta), strict=True)
    for (part, index), A, Lambda in blocks:
        derivatives = _derivatives(A, Lambda, index)
        curvature[part, part] = _traces(derivatives)
        slopes[part] = np.einsum("ajxx->a", derivatives)
    curvature -= np.outer(slopes, slopes) / degrees
    values, vectors = np.linalg.eigh(curvature)
    guarded = np.maximum(values, LEAST_CURVATURE * max(float(values[-1]), LEAST_CURVATURE))
    inverted: FloatArray = (vectors / guarded) @ vectors.T
    return inverted


def _derivatives(A: FloatArray, Lambda: FloatArray, index: IntArray) -> FloatArray:
    """Return Z'V^-1Z dG for each entry of theta (entries, J, q, q), G = Lambda Lambda'."""
    q = len(Lambda)
    if q == 1:
        scalar: FloatArray = 2.0 * Lambda[0, 0] * (A / (1.0 + Lambda[0, 0] ** 2 * A))[None]
        return scalar
    inverted, _ = inverse(product(Lambda.T, product(A, Lambda)) + np.eye(q))
    M = product(product(Lambda, inverted), Lambda.T)
    ZVZ = A - product(A, product(M, A))
    found = np.empty((len(index), *A.shape))
    for entry, place in enumerate(index):
        unit = np.zeros((q, q))
        unit.flat[place] = 1.0
        half = unit @ Lambda.T
        found[entry] = product(ZVZ, half + half.T)
    return found


def _traces(derivatives: FloatArray) -> FloatArray:
    """Return the traces (entries, entries) of all products of two, summed over the levels."""
    count = len(derivatives)
    traces: FloatArray = derivatives.reshape(count, -1) @ derivatives.transpose(0, 1, 3, 2).reshape(count, -1).T
    return traces
