"""The population stability index, and counts that absorb and merge."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from science.fraud.drift import EMPTY, Histograms, histograms_of, stability

X = np.random.default_rng(9).normal(size=(5000, 2))
SEEN = histograms_of(X, np.ones(5000))


def test_the_index_by_hand() -> None:
    """Shares of .5 and .5 against .8 and .2: (.3) ln 1.6 - (.3) ln .4 = .4159."""
    edges = np.array([[0.0] * 9])
    expected, actual = (Histograms(edges, np.array([[a, *[0.0] * 8, b]])) for a, b in ((50.0, 50.0), (80.0, 20.0)))
    assert stability(expected, actual)[0] == pytest.approx(0.3 * np.log(1.6) - 0.3 * np.log(0.4))


def test_the_same_rows_do_not_drift_and_others_do() -> None:
    new = np.random.default_rng(10).normal((0.0, 1.0), size=(5000, 2))
    still, moved = stability(SEEN, SEEN.empty().absorb(new, np.ones(5000)))
    assert still < 0.01
    assert moved == pytest.approx(1.0, rel=0.1)  # of two normals one standard deviation apart: d^2


@given(st.integers(0, 5000))
def test_parts_merge_to_the_whole(cut: int) -> None:
    parts = [SEEN.empty().absorb(X[a:b], np.ones(b - a)) for a, b in ((0, cut), (cut, 5000))]
    np.testing.assert_allclose(parts[0].merge(parts[1]).counts, SEEN.counts)


def test_missing_values_are_not_counted_and_nothing_is_no_drift() -> None:
    gone = SEEN.empty().absorb(np.full((10, 2), np.nan), np.ones(10))
    assert np.isnan(stability(SEEN, gone)).all()


def test_an_empty_bin_is_finite() -> None:
    far = SEEN.empty().absorb(np.full((100, 2), 9.0), np.ones(100))
    expected = 9 * (EMPTY - 0.1) * np.log(EMPTY / 0.1) + 0.9 * np.log(10)
    np.testing.assert_allclose(stability(SEEN, far), expected, rtol=0.01)
