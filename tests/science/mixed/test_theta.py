"""theta and the factors it fills."""

from __future__ import annotations

import numpy as np
import pytest

from science.mixed.theta import pattern_of, semidefinite_factor

PATTERN = pattern_of(((2, 1), (3,)))


def test_theta_runs_down_the_columns_of_each_block():
    one, other = PATTERN.lambdas(np.arange(1.0, 11.0))
    np.testing.assert_array_equal(one, [[1, 0, 0], [2, 3, 0], [0, 0, 4]])
    np.testing.assert_array_equal(other, [[5, 0, 0], [6, 8, 0], [7, 9, 10]])


def test_collecting_is_the_inverse_of_filling():
    theta = np.random.default_rng(0).normal(size=PATTERN.length)
    np.testing.assert_array_equal(PATTERN.collected(PATTERN.lambdas(theta)), theta)


def test_the_factor_of_covariances_gives_them_back():
    theta = np.abs(np.random.default_rng(1).normal(size=PATTERN.length))
    covariances = [Lambda @ Lambda.T for Lambda in PATTERN.lambdas(theta)]
    np.testing.assert_allclose(PATTERN.factor(covariances), theta, rtol=1e-10)


@pytest.mark.parametrize("rank", [0, 1, 2, 3])
def test_a_covariance_of_any_rank_has_a_factor(rank):
    half = np.random.default_rng(rank).normal(size=(3, 3))[:, :rank]
    L = semidefinite_factor(half @ half.T)
    np.testing.assert_allclose(L @ L.T, half @ half.T, atol=1e-12)
    np.testing.assert_array_equal(np.triu(L, 1), 0.0)
    assert (L.diagonal() >= -1e-12).all()
