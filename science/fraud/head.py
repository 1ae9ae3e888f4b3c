"""A probability learned from labels, on top of the detector: a logistic head on the row and its score, made honest by Platt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve
from scipy.special import expit

from science.table import BoolArray, FloatArray

FEWEST_FRAUDS = 10  # FRAUD: ten labelled frauds already add .05 to the recall
FEWEST_LATER = 5  # frauds of a later window, to calibrate by
PENALTY = 10.0  # on the squared coefficients of standard units, against rows of mean weight one: labels are few
STEPS = 50
CONVERGED = 1e-8  # of the largest step
CLIP = 5.0  # standard units: one absurd value must not decide alone


@dataclass(frozen=True)
class Head:
    """P(fraud) = expit(a + b (intercept + coefficients . features)). coefficients: (p + 1,), the last is the score's."""

    intercept: float
    coefficients: FloatArray
    slope: float  # b of Platt
    shift: float  # a of Platt
    frauds: int
    calibrated: bool

    def probabilities(self, Z: np.ndarray, scores: FloatArray) -> FloatArray:
        """Return P(fraud) of rows Z (n, p) in standard units with their scores (n,)."""
        return np.asarray(expit(self.shift + self.slope * _linear(self, Z, scores)))


def head_of(Z: np.ndarray, scores: FloatArray, fraud: BoolArray, weight: FloatArray) -> Head:
    """Fit the head to rows Z (n, p), scores (n,), fraud (n,), weight (n,), by penalised IRLS. Not calibrated yet."""
    beta = irls(_features(Z, scores), fraud.astype(float), weight / weight.mean(), PENALTY)
    return Head(float(beta[0]), beta[1:], 1.0, 0.0, int(fraud.sum()), False)


def calibrated(head: Head, Z: np.ndarray, scores: FloatArray, fraud: BoolArray, weight: FloatArray) -> Head:
    """Calibrate on later rows (Platt 1999, with his targets, which keep few frauds from promising certainty)."""
    if fraud.sum() < FEWEST_LATER or fraud.all():
        return head
    n1, n0 = float(weight[fraud].sum()), float(weight[~fraud].sum())
    target = np.where(fraud, (n1 + 1) / (n1 + 2), 1 / (n0 + 2))
    shift, slope = irls(_linear(head, Z, scores)[:, None], target, weight, 1e-6)
    if slope <= 0:  # the later rows contradict the head's order: a calibration that turns it round is none
        return head
    return Head(head.intercept, head.coefficients, float(slope), float(shift), head.frauds, True)


def irls(X: FloatArray, y: FloatArray, weight: FloatArray, penalty: float) -> FloatArray:
    """Fit a logistic regression with an intercept: minimise -2 log likelihood / 2 + penalty |beta|^2 / 2, intercept free.

    X: (n, p), y: (n,) from 0 to 1, weight: (n,). Returns (p + 1,), the intercept first.
    """
    X = np.column_stack((np.ones(len(X)), X))
    ridge = np.diag(np.append(0.0, np.full(X.shape[1] - 1, penalty)))
    share = float(np.average(y, weights=weight))
    beta = np.append(np.log(share / (1 - share)), np.zeros(X.shape[1] - 1))
    loss = _loss(X, y, weight, ridge, beta)
    for _ in range(STEPS):
        p = expit(X @ beta)
        gradient = X.T @ (weight * (y - p)) - ridge @ beta
        step = solve((X * (weight * p * (1 - p))[:, None]).T @ X + ridge + 1e-10 * np.eye(len(beta)), gradient, assume_a="pos")
        while (new := _loss(X, y, weight, ridge, beta + step)) > loss + 1e-12 * abs(loss):
            step = step / 2
        beta, loss = beta + step, new
        if np.abs(step).max() < CONVERGED:
            break
    return np.asarray(beta)


def _loss(X: FloatArray, y: FloatArray, weight: FloatArray, ridge: FloatArray, beta: FloatArray) -> float:
    eta = X @ beta
    return float(weight @ (np.logaddexp(0.0, eta) - y * eta) + beta @ ridge @ beta / 2)


def _features(Z: np.ndarray, scores: FloatArray) -> FloatArray:
    X = np.empty((len(Z), Z.shape[1] + 1))
    np.minimum(np.maximum(Z, -CLIP), CLIP, out=X[:, :-1])
    X[:, -1] = scores
    return X


def _linear(head: Head, Z: np.ndarray, scores: FloatArray) -> FloatArray:
    return np.asarray(head.intercept + np.vecdot(_features(Z, scores), head.coefficients))
