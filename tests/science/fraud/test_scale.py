"""Moments absorb and merge to what they would be at once; scaling is learned from them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import skew

from science.fraud.scale import Moments, both_moments, scaling_of
from science.fraud.whitening import Comoments
from tests.science.fraud.data import COLUMNS, payments

ROWS = np.random.default_rng(3).gamma(2.0, 3.0, size=(60, 4))
WEIGHT = np.random.default_rng(4).integers(1, 5, 60).astype(float)
REPEATED = np.repeat(ROWS, WEIGHT.astype(int), axis=0)


@given(st.integers(0, 60), st.integers(0, 60))
def test_moments_merge_to_those_of_all_rows(one: int, two: int) -> None:
    cut = sorted((one, two))
    parts = [Moments.empty(4).absorb(ROWS[a:b], WEIGHT[a:b]) for a, b in ((0, cut[0]), (cut[0], cut[1]), (cut[1], 60))]
    left, right = parts[0].merge(parts[1]).merge(parts[2]), parts[0].merge(parts[1].merge(parts[2]))
    for merged in (left, right):
        np.testing.assert_allclose(merged.mean, REPEATED.mean(0), rtol=1e-12)
        np.testing.assert_allclose(merged.sd, REPEATED.std(0), rtol=1e-12)
        np.testing.assert_allclose(merged.skewness, skew(REPEATED), rtol=1e-10)
        np.testing.assert_array_equal(merged.least, REPEATED.min(0))


@given(st.integers(0, 60))
def test_comoments_merge_to_numpys_covariance(cut: int) -> None:
    parts = [Comoments.empty(4).absorb(ROWS[a:b], WEIGHT[a:b]) for a, b in ((0, cut), (cut, 60))]
    merged = parts[0].merge(parts[1])
    np.testing.assert_allclose(merged.products / merged.weight, np.cov(ROWS.T, fweights=WEIGHT.astype(int), ddof=0), rtol=1e-11)


def test_amounts_are_found_by_their_skew() -> None:
    X = np.column_stack([payments()[name].values for name in COLUMNS])
    scaling = scaling_of(both_moments(X, np.ones(len(X))), "auto", COLUMNS)
    assert [name for name, logged in zip(COLUMNS, scaling.logged, strict=True) if logged] == ["Amount"]


def test_scaling_gives_standard_units_and_is_undone() -> None:
    scaling = scaling_of(both_moments(ROWS, WEIGHT), ("b",), "abcd")
    Z = scaling.apply(ROWS).astype(float)
    np.testing.assert_allclose(np.average(Z, axis=0, weights=WEIGHT), 0.0, atol=1e-6)
    np.testing.assert_allclose(np.average(Z**2, axis=0, weights=WEIGHT), 1.0, rtol=1e-6)
    np.testing.assert_allclose(scaling.undo(Z), ROWS, rtol=1e-5)


@pytest.mark.parametrize("value", [1e308, -1e308])
def test_an_absurd_value_stays_finite(value: float) -> None:
    scaling = scaling_of(both_moments(ROWS, WEIGHT), ("b",), "abcd")
    assert np.isfinite(scaling.apply(np.full((1, 4), value))).all()


def test_of_a_constant_its_own_size_is_the_unit_and_of_zeros_one() -> None:
    X = np.column_stack((np.full(50, 0.1), np.arange(50.0), np.zeros(50)))
    scaling = scaling_of(both_moments(X, np.ones(50)), (), "abc")
    np.testing.assert_allclose(scaling.apply(np.array([[3.1, 0.0, 3.0]]))[0, [0, 2]], (30.0, 3.0), rtol=1e-6)


@given(st.integers(-300, 300), st.sampled_from((0.0, 1.0, 1e3, 1e9)))
def test_the_unit_of_a_column_is_of_no_consequence(power: int, shift: float) -> None:
    """From 1e-90 to 1e90, columns far from zero included, and what is constant."""
    X = np.column_stack((ROWS + shift, np.full(len(ROWS), 7.0)))
    factor = 2.0**power
    one, other = (scaling_of(both_moments(X * unit, WEIGHT), (), "abcde") for unit in (1.0, factor))
    np.testing.assert_array_equal(one.apply(X), other.apply(X * factor))
    np.testing.assert_array_equal(one.apply(X + 1.0), other.apply((X + 1.0) * factor))


def test_the_cube_of_a_tiny_unit_is_zero_and_does_no_harm() -> None:
    X = np.column_stack([payments()[name].values for name in COLUMNS])
    assert np.isfinite(both_moments(X * 1e-120, np.ones(len(X))).skewness).all()
    for unit in (0.01, 100.0, 1e6):
        logged = scaling_of(both_moments(X * unit, np.ones(len(X))), "auto", COLUMNS).logged
        assert logged.tolist() == [False] * 28 + [True]
