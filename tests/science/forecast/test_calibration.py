from math import inf

import numpy as np
import pytest
from scipy.stats import norm, t

from science.forecast.calibration import FREEDOM, OWN, Calibration, calibrate
from science.forecast.mixture import single
from tests.science.forecast.asked import fitted, form
from tests.science.forecast.saved import series

KNOWN = np.ones(100, bool)
LENGTHS = tuple(range(100, 89, -1))


def flat(h=1):
    """Forecast 10 with a standard error of 1 from every origin."""
    return single(form(np.full((11, h), 10.0), np.ones(11), np.eye(1, h)[0]), positive=True)


def values(*last):
    return np.r_[np.full(100 - len(last), 10.0), last]


def test_intervals_grow_when_the_past_was_worse_than_told():
    calm, wild = values(*[10.5, 9.5] * 5), values(*[14.0, 6.0] * 5)
    assert calibrate(wild, KNOWN, flat(), LENGTHS, 1).learned > 1 > calibrate(calm, KNOWN, flat(), LENGTHS, 1).learned


def test_what_the_origins_saw_is_shrunken_towards_the_model_in_logarithms():
    found = calibrate(values(10, 12, 10, 10, 10, 12, 10, 10, 10, 10), KNOWN, flat(), LENGTHS, 1)
    assert found.learned == pytest.approx(0.8 ** (0.5 * 10 / (10 + 64 / (1 + 100 / 300))))
    assert found.origins == 10


def test_every_step_that_is_known_counts_at_its_origin():
    found = calibrate(values(10, 10, 10, 10, 10, 10, 10, 10, 10, 13), KNOWN, flat(h=3), LENGTHS, 4)
    squared = (9 / 1 + 9 / 2 + 9 / 3) / 10  # the last value is 1, 2 and 3 steps ahead of the origins that see it
    assert found.learned == pytest.approx(squared ** (0.5 * 10 / (10 + 64 / (1 + 100 / 300))))
    assert (found.shortness, found.season, found.freedom) == (1 / 100, 4, 5)


def test_an_outlier_counts_as_three_standard_errors():
    near, far = (calibrate(values(*[10.0] * 9, last), KNOWN, flat(), LENGTHS, 1).learned for last in (13.0, 1e9))
    assert far == near


def test_a_right_model_is_hardly_widened():
    walks = 100 + np.cumsum(np.random.default_rng(11).normal(size=(200, 400)), axis=1)
    learned = [fitted(walk, h=4, season=1, model="naive").calibration.learned for walk in walks]
    assert np.mean(learned) == pytest.approx(1, abs=0.02)


def test_errors_of_nothing_leave_an_interval():
    found = calibrate(np.full(100, 10.0), KNOWN, flat(), LENGTHS, 1)
    assert 0.5 < found.learned < 1.0


def test_later_steps_of_short_series_are_widened_more():
    short, long = (Calibration(1.0, 8, 1 / n, 1, FREEDOM).multipliers(6) for n in (20, 2_000))
    np.testing.assert_allclose(short, 1 + (3 + 7 * np.log(np.arange(1, 7))) / 20)
    assert np.all(np.diff(short) > 0)
    assert np.all(long < 1.01)


def test_steps_are_counted_in_cycles_of_the_season():
    years = Calibration(1.0, 8, 1 / 20, 1, FREEDOM).multipliers(3)
    months = Calibration(1.0, 8, 1 / 20, 12, FREEDOM).multipliers(25)
    np.testing.assert_allclose(months[::12], years)


def test_a_season_that_is_weak_is_none():
    walk = 100 + np.cumsum(np.random.default_rng(5).normal(size=144))
    assert fitted(series("AirPassengers"), h=2, season=12).calibration.season == 12
    assert fitted(walk, h=2, season=12).calibration.season == 1


@pytest.mark.parametrize("level", [50, 80, 95, 99.9])
def test_bounds_are_quantiles_of_a_t_with_the_standard_error_as_its_deviation(level):
    upper = 0.5 + level / 200
    tailed = Calibration(1.0, 8, 0.01, 1, 5)
    assert tailed.quantile(level) == pytest.approx(t.ppf(upper, 5) / t.std(5))
    assert OWN.quantile(level) == pytest.approx(norm.ppf(upper))


def test_the_model_s_own_intervals_are_left_as_they_are():
    np.testing.assert_array_equal(OWN.multipliers(4), 1)
    assert OWN.freedom == inf
