"""Orthogonal polynomials as R's poly(), by the Arnoldi process (Brubeck, Nakatsukasa & Trefethen 2021).

Multiplying by x and orthogonalising twice keeps high degrees right where powers of x would be lost to rounding.
"""

from __future__ import annotations

import numpy as np

from science.design.state import Polynomial
from science.table import FloatArray


def orthogonal(x: FloatArray, degree: int) -> tuple[FloatArray, Polynomial]:
    """Build the polynomials of degree 1..degree that are orthonormal over x, and what rebuilds them for other x.

    x: (n,), finite, with more than `degree` distinct values. Returns (degree, n), leading coefficients positive.
    """
    center = float(x.mean())
    scale = float(np.abs(x - center).max())
    z = (x - center) / scale
    Q = np.empty((degree + 1, len(x)))
    Q[0] = 1.0 / np.sqrt(len(x))
    steps = []
    for j in range(degree):
        v = z * Q[j]
        h = np.zeros(j + 1)
        for _ in range(2):  # twice is enough (Kahan and Parlett)
            projection = Q[: j + 1] @ v
            v -= projection @ Q[: j + 1]
            h += projection
        norm = float(np.sqrt(v @ v))
        Q[j + 1] = v / norm
        steps.append((*h.tolist(), norm))
    return Q[1:], Polynomial(center, scale, float(Q[0, 0]), tuple(steps))


def evaluated(polynomial: Polynomial, x: FloatArray) -> FloatArray:
    """Evaluate the learned polynomials at other points. x: (m,); returns (degree, m)."""
    z = (x - polynomial.center) / polynomial.scale
    Q = np.empty((len(polynomial.steps) + 1, len(x)))
    Q[0] = polynomial.first
    for j, (*h, norm) in enumerate(polynomial.steps):
        Q[j + 1] = (z * Q[j] - np.array(h) @ Q[: j + 1]) / norm
    return Q[1:]
