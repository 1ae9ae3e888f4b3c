"""The whitened energy is the squared Mahalanobis distance; trimming takes the most extreme rows away."""

from __future__ import annotations

import numpy as np
from scipy.spatial.distance import mahalanobis
from sklearn.covariance import EmpiricalCovariance

from science.fraud.whitening import RIDGE, Whitening, kept, whitened

RNG = np.random.default_rng(7)
D = RNG.normal(size=(400, 5)) @ RNG.normal(size=(5, 5))
ONES = np.ones(400)


def energies(view: Whitening, rows: np.ndarray) -> np.ndarray:
    return view.energies(view.deviations(rows.astype(np.float32)))


def test_energies_are_scikit_learns_mahalanobis() -> None:
    found = energies(whitened(D, ONES), D)
    np.testing.assert_allclose(found, EmpiricalCovariance().fit(D).mahalanobis(D), rtol=0.02)  # the ridge is the difference


def test_and_scipys_with_the_ridge() -> None:
    P = np.linalg.inv(np.cov(D.T, ddof=0) + RIDGE * np.eye(5))
    found = energies(whitened(D, ONES), D)
    expected = [mahalanobis(row, D.mean(0), P) ** 2 for row in D]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_contributions_sum_to_the_energy() -> None:
    view, B = whitened(D, ONES), D.astype(np.float32)
    deviations = view.deviations(B)
    np.testing.assert_allclose(view.contributions(deviations).sum(-1), view.energies(deviations), rtol=1e-4, atol=1e-4)


def test_what_is_expected_is_the_regression_on_the_other_columns() -> None:
    view, B = whitened(D, ONES), D.astype(np.float32)
    expected = view.expected(B, view.deviations(B))
    X = np.column_stack((np.ones(400), D[:, 1:]))
    fitted = X @ np.linalg.lstsq(X, D[:, 0], rcond=None)[0]
    np.testing.assert_allclose(expected[:, 0], fitted, atol=0.01)


def test_trimming_keeps_the_share_of_the_weight_that_is_least_extreme() -> None:
    weight = RNG.uniform(1, 3, 400)
    keep = kept(D, weight, 0.05)
    assert 0.95 <= weight[keep].sum() / weight.sum() < 0.96
    energy = energies(whitened(D, weight), D)
    assert energy[keep].max() < energy[~keep].min()
    assert kept(D, weight, 0.0).all()
