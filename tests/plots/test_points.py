"""What is kept of a picture's points is what is drawn, to a step that no picture shows."""

from __future__ import annotations

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from kinds.presenting import pointed
from plots.points import numbers

STEP = 2.0**-16


def drawn(values: np.ndarray) -> np.ndarray:
    return numbers(orjson.loads(orjson.dumps(pointed(values), option=orjson.OPT_SERIALIZE_NUMPY)))


@given(arrays(np.float64, st.integers(1, 40), elements=st.floats(-1e280, 1e280, allow_subnormal=False)))
def test_points_come_back_within_half_a_step(values):
    spread = np.ptp(values)
    np.testing.assert_allclose(drawn(values), values, rtol=0, atol=0.51 * STEP * spread + 1e-15 * np.abs(values).max())


def test_the_ends_and_equal_points_come_back_as_they_were():
    values = np.array([4.3, 5.0, 7.9, 5.0, 4.3])
    found = drawn(values)
    assert found.min() == 4.3
    assert found.max() == pytest.approx(7.9, rel=1e-15)
    assert found[1] == found[3]


@pytest.mark.parametrize("values", [np.full(3, 2.5), np.array([-1e300, 1e300]), np.array([0.0])])
def test_points_without_a_usual_range_are_kept_as_numbers(values):
    assert drawn(values).tolist() == values.tolist()


def test_a_cloud_takes_less_than_its_digits():
    values = np.random.default_rng(1).normal(size=1000)
    assert len(orjson.dumps(pointed(values))) * 3 <= len(orjson.dumps(np.round(values, 5).tolist()))
