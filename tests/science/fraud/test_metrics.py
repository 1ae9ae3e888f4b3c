"""Metrics with weights are scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from science.fraud.metrics import curve_of, metrics_of, precision_first, recall_at


@given(st.integers(0, 2**32 - 1), st.integers(2, 300), st.integers(1, 8))
def test_areas_are_those_of_scikit_learn(seed: int, n: int, distinct: int) -> None:
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, distinct * 5, n).astype(float)
    fraud = rng.random(n) < 0.3
    fraud[:2] = (True, False)
    weight = rng.uniform(0.1, 10, n)
    metrics = metrics_of(scores, fraud, weight)
    assert metrics.roc_auc == pytest.approx(roc_auc_score(fraud, scores, sample_weight=weight), abs=1e-12)
    assert metrics.average_precision == pytest.approx(average_precision_score(fraud, scores, sample_weight=weight), abs=1e-12)
    assert (metrics.frauds, metrics.rows) == (fraud.sum(), n)


def test_recall_and_precision_count_weights() -> None:
    curve = curve_of(np.array([4.0, 3.0, 2.0, 1.0]), np.array([True, False, True, False]), np.array([1.0, 1.0, 2.0, 6.0]))
    assert recall_at(curve, 0.1) == pytest.approx(1 / 3)
    assert recall_at(curve, 0.4) == pytest.approx(1.0)
    assert recall_at(curve, 0.3) == pytest.approx(2 / 3)  # half of the row of weight 2
    assert precision_first(curve, 2) == pytest.approx(0.5)
    assert precision_first(curve, 100) == pytest.approx(0.3)
