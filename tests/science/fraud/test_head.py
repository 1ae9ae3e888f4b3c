"""The logistic head is scikit-learn's penalised logistic regression, and Platt's calibration makes it honest."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from science.fraud.head import calibrated, head_of, irls

RNG = np.random.default_rng(8)


def test_irls_is_scikit_learns_logistic_regression() -> None:
    X = RNG.normal(size=(500, 4))
    y = (RNG.random(500) < 1 / (1 + np.exp(-X @ [1, -2, 0.5, 0] + 1))).astype(float)
    weight = RNG.uniform(0.5, 2, 500)
    model = LogisticRegression(C=0.5, tol=1e-10, max_iter=1000).fit(X, y, sample_weight=weight)
    beta = irls(X, y, weight, 2.0)
    np.testing.assert_allclose(beta, [*model.intercept_, *model.coef_[0]], atol=1e-5)


def test_separated_labels_give_finite_coefficients() -> None:
    X = np.linspace(-1, 1, 40)[:, None]
    assert np.isfinite(irls(X, (X[:, 0] > 0).astype(float), np.ones(40), 1.0)).all()


def sample(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    Z = RNG.normal(size=(n, 3)).astype(np.float32)
    scores = Z[:, 0].astype(float)
    return Z, scores, RNG.random(n) < 1 / (1 + np.exp(-2 * scores + 4))


def test_calibrated_probabilities_come_true() -> None:
    Z, scores, fraud = sample(4000)
    weight = np.where(fraud, 5.0, 1.0)  # the head learns from a sample that has too many frauds
    head = head_of(Z, scores, fraud, weight)
    assert head.probabilities(Z, scores).mean() > 2 * fraud.mean()
    Z, scores, fraud = sample(4000)
    head = calibrated(head, Z, scores, fraud, np.ones(4000))
    assert head.calibrated
    assert head.probabilities(Z, scores).mean() == pytest.approx(fraud.mean(), rel=0.05)


def test_too_few_later_frauds_leave_it_as_it_is() -> None:
    Z, scores, fraud = sample(500)
    head = head_of(Z, scores, fraud, np.ones(500))
    assert calibrated(head, Z[:20], scores[:20], np.arange(20) < 4, np.ones(20)) is head
