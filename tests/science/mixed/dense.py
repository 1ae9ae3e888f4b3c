"""The criterion by the textbook, with an n x n covariance matrix: what the blocked factors are checked against."""

from __future__ import annotations

import numpy as np

from science.mixed.crossed import indicator
from science.mixed.sample import Sample


def relative_covariance(sample: Sample, lambdas) -> np.ndarray:
    """V0 = W^-1 + Z Lambda Lambda' Z' for lambdas in the units of the data."""
    weights = np.ones(sample.rows) if sample.weights is None else sample.weights
    V = np.diag(1.0 / weights)
    for grouping, Lambda in zip(sample.groupings, lambdas, strict=True):
        Z = indicator(grouping).toarray() @ np.kron(np.eye(len(grouping.levels)), Lambda)
        V += Z @ Z.T
    return V


def criterion(sample: Sample, lambdas, *, reml: bool) -> float:
    n, p = sample.X.shape
    V = relative_covariance(sample, lambdas)
    XVX = sample.X.T @ np.linalg.solve(V, sample.X)
    beta = np.linalg.solve(XVX, sample.X.T @ np.linalg.solve(V, sample.y))
    residual = sample.y - sample.X @ beta
    r2 = residual @ np.linalg.solve(V, residual)
    degrees = n - p if reml else n
    value = np.linalg.slogdet(V)[1] + degrees * (1.0 + np.log(2.0 * np.pi * r2 / degrees))
    return float(value + (np.linalg.slogdet(XVX)[1] if reml else 0.0))


def posterior(sample: Sample, lambdas) -> np.ndarray:
    """The joint covariance of beta and all effects given y, for a residual variance of one (invertible Lambda)."""
    weights = np.ones(sample.rows) if sample.weights is None else sample.weights
    Z = np.hstack([indicator(grouping).toarray() for grouping in sample.groupings])
    C = np.hstack([sample.X, Z])
    precision = C.T @ (weights[:, None] * C)
    at = sample.X.shape[1]
    for grouping, Lambda in zip(sample.groupings, lambdas, strict=True):
        own = slice(at, at + grouping.effects)
        precision[own, own] += np.kron(np.eye(len(grouping.levels)), np.linalg.inv(Lambda @ Lambda.T))
        at += grouping.effects
    return np.linalg.inv(precision)
