from math import inf

import numpy as np
import pytest
from scipy.stats import norm, t

from science.forecast.calibration import FREEDOM, OWN, Calibration, calibrate
from science.forecast.mixture import single
from science.forecast.outlook import Outlook
from science.forecast.transform import NONE

LENGTHS = tuple(range(100, 89, -1))


def flat(spread=1.0):
    """Forecast 10 one step ahead from every origin."""
    mean = np.full((11, 1), 10.0)
    return single(
        Outlook(
            "flat", (1,), NONE, mean, np.full(11, spread), np.ones(1), np.zeros_like(mean), False, np.full(100, np.nan), {}
        ),
        positive=True,
    )  # fmt: skip


def values(*last):
    return np.r_[np.full(100 - len(last), 10.0), last]


def test_intervals_grow_when_the_past_was_worse_than_told():
    calm, wild = values(*[10.5, 9.5] * 5), values(*[14.0, 6.0] * 5)
    assert calibrate(wild, flat(), LENGTHS, 1).learned > 1 > calibrate(calm, flat(), LENGTHS, 1).learned


def test_what_the_origins_saw_is_shrunken_towards_the_model_in_logarithms():
    found = calibrate(values(10, 14, 10, 10, 10, 12, 10, 10, 10, 10), flat(), LENGTHS, 1)
    assert found.squared_error == pytest.approx(((4 + 2) / 10) ** 2)
    assert found.learned == pytest.approx(0.36 ** (0.5 * 10 / (10 + 64 / (1 + 100 / 300))))
    assert found.origins == 10


def test_one_outlier_counts_for_less_than_as_much_spread_evenly():
    once, always = values(*[10.0] * 9, 20.0), values(*[10.0 + 10 / 10**0.5] * 10)
    assert calibrate(once, flat(), LENGTHS, 1).learned < calibrate(always, flat(), LENGTHS, 1).learned


def test_errors_of_nothing_leave_an_interval():
    found = calibrate(np.full(100, 10.0), flat(), LENGTHS, 1)
    assert 0.5 < found.learned < 1.0


def test_later_steps_of_short_series_are_widened_more():
    short, long = (Calibration(1.0, 8, 1.0, 1 / n, 1, FREEDOM).multipliers(6) for n in (20, 2_000))
    np.testing.assert_allclose(short, 1 + (4 + 8 * np.log(np.arange(1, 7))) / 20)
    assert np.all(np.diff(short) > 0)
    assert np.all(long < 1.01)


def test_steps_are_counted_in_cycles_of_the_season():
    years = Calibration(1.0, 8, 1.0, 1 / 20, 1, FREEDOM).multipliers(3)
    months = Calibration(1.0, 8, 1.0, 1 / 20, 12, FREEDOM).multipliers(25)
    np.testing.assert_allclose(months[::12], years)


@pytest.mark.parametrize("level", [50, 80, 95, 99.9])
def test_bounds_are_quantiles_of_a_t_with_the_standard_error_as_its_deviation(level):
    upper = 0.5 + level / 200
    tailed = Calibration(1.0, 8, 1.0, 0.01, 1, 5)
    assert tailed.quantile(level) == pytest.approx(t.ppf(upper, 5) / t.std(5))
    assert OWN.quantile(level) == pytest.approx(norm.ppf(upper))


def test_the_model_s_own_intervals_are_left_as_they_are():
    np.testing.assert_array_equal(OWN.multipliers(4), 1)
    assert OWN.freedom == inf
