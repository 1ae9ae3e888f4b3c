import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm, t

from science.forecast import scores
from tests.science.forecast.saved import series

ACTUAL, FORECAST = np.array([10.0, 20, 0]), np.array([12.0, 15, 0])


def test_smape_is_the_mean_of_its_terms():
    assert scores.smape(ACTUAL, FORECAST) == pytest.approx(200 * (2 / 22 + 5 / 35 + 0) / 3)


def test_mase_is_in_units_of_the_seasonal_naive_error():
    scale = scores.seasonal_scale(np.array([1.0, 2, 4, 4]), 2)
    assert scale == 2.5
    assert scores.mase(ACTUAL, FORECAST, scale) == pytest.approx(7 / 3 / 2.5)


def test_a_constant_history_has_no_scale():
    assert np.isnan(scores.mase(ACTUAL, FORECAST, scores.seasonal_scale(np.ones(9), 1)))


def test_msis_charges_what_is_outside_forty_times():
    low, high = np.array([9.0, 21, -1]), np.array([11.0, 23, 1])
    assert scores.msis(ACTUAL, low, high, 95, 2.0) == pytest.approx((2 + 2 + 40 * 1 + 2) / 3 / 2)
    assert scores.coverage(ACTUAL, low, high) == pytest.approx(2 / 3)


def test_crps_of_a_normal_forecast_is_its_integral():
    def integrand(x):
        return (norm.cdf(x, 1, 2) - (x >= 2.5)) ** 2

    integral = quad(integrand, -20, 2.5)[0] + quad(integrand, 2.5, 20)[0]
    assert scores.crps(np.array([2.5]), np.array([1.0]), np.array([2.0])) == pytest.approx(integral)


def test_crps_of_student_s_t_is_its_integral():
    spread = 2 / t.std(5)

    def integrand(x):
        return (t.cdf(x, 5, 1, spread) - (x >= 2.5)) ** 2

    integral = quad(integrand, -np.inf, 2.5)[0] + quad(integrand, 2.5, np.inf)[0]
    assert scores.crps(np.array([2.5]), np.array([1.0]), np.array([2.0]), 5) == pytest.approx(integral)


@pytest.mark.parametrize("freedom", [np.inf, 5])
def test_crps_far_away_is_the_distance(freedom):
    assert scores.crps(np.array([1e30]), np.array([0.0]), np.array([1.0]), freedom) == pytest.approx(1e30)


def test_crps_without_spread_is_the_absolute_error():
    assert scores.crps(np.array([2.5]), np.array([1.0]), np.array([0.0])) == 1.5


def test_naive2_is_the_last_value_where_there_is_no_season():
    np.testing.assert_array_equal(scores.naive2(np.array([3.0, 1, 4, 1, 5]), 1, 2), [5, 5])


def test_naive2_follows_a_clear_season():
    y = np.tile([80.0, 100, 130, 90], 8)
    np.testing.assert_allclose(scores.naive2(y, 4, 5), [80, 100, 130, 90, 80])


def test_naive2_knows_nothing_of_what_comes_later():
    y, lengths = series("AirPassengers"), [140, 139, 100, 37, 30]
    found = scores.naive2s(y, lengths, 12, 5)
    for forecast, length in zip(found, lengths, strict=True):
        np.testing.assert_allclose(forecast, scores.naive2(y[:length], 12, 5))
    assert np.ptp(found[0]) > 0 == np.ptp(found[-1])  # 30 values are too few for the test of a season
