import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from science.forecast.differences import TooShort, difference, extend, integrate
from tests.science.forecast.saved import reference, series

LAGS = st.lists(st.integers(1, 13), min_size=0, max_size=4)


@given(LAGS, st.lists(st.integers(-(10**6), 10**6), min_size=60, max_size=90))
def test_integrate_undoes_difference_exactly(lags, values):
    y = np.array(values, dtype=float)
    np.testing.assert_array_equal(integrate(*difference(y, lags), lags), y)


@given(LAGS, st.lists(st.floats(-1e6, 1e6), min_size=60, max_size=90))
def test_integrate_undoes_difference_of_any_numbers_to_rounding(lags, values):
    y = np.array(values)
    np.testing.assert_allclose(integrate(*difference(y, lags), lags), y, rtol=0, atol=1e-3)  # four sums of 90 terms of 1e6 each


@given(LAGS, st.lists(st.integers(-(10**6), 10**6), min_size=60, max_size=90), st.integers(1, 8))
def test_extending_by_the_true_differences_gives_the_true_values(lags, values, h):
    y = np.array(values, dtype=float)
    w, _ = difference(y, lags)
    np.testing.assert_array_equal(extend(y[:-h], w[-h:], lags), y[-h:])


@given(LAGS)
def test_the_order_of_the_lags_changes_no_difference(lags):
    y = np.arange(80.0) ** 2 % 17
    np.testing.assert_array_equal(difference(y, lags)[0], difference(y, lags[::-1])[0])


def test_differences_are_those_of_r():
    known = reference("diffinv")
    y = np.array(known["y"], dtype=float)
    np.testing.assert_array_equal(difference(y, [3, 1])[0], known["lag3_then_1"])
    np.testing.assert_array_equal(difference(y, [1, 1])[0], known["d2"])


def test_the_first_differences_of_air_passengers_are_those_of_r():
    w, _ = difference(np.log(series("AirPassengers")), [12, 1])
    np.testing.assert_allclose(w[:5], reference("diffinv")["AP_log_diff12_1_first5"], atol=1e-13)


def test_the_worked_example():
    y = np.array([10.0, 12, 15, 13])
    np.testing.assert_array_equal(extend(y, np.zeros(6), [3, 1]), [15, 18, 16, 18, 21, 19])


def test_too_short_a_series_is_told_how_many_values_are_needed():
    with pytest.raises(TooShort, match="the stack of differences at 12, 1 needs at least 14"):
        difference(np.arange(13.0), [12, 1])
