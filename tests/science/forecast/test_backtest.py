"""The backtest scores the intervals that are told: as wide, with the same tails, on the same scale."""

import numpy as np
import pytest
from scipy.stats import norm, t

from science.forecast import scores
from science.forecast.backtest import backtest
from science.forecast.calibration import OWN, Calibration
from science.forecast.mixture import single
from science.forecast.transform import LOG, NONE
from tests.science.forecast.asked import form

LENGTHS = (60, 59, 58, 57, 56)
KNOWN = np.ones(60, bool)
Y = 10 + np.random.default_rng(2).normal(size=60)
STUDENT = Calibration(3.0, 4, 0.1, 1, 5)


def level_of_10(power=NONE):
    """Forecast 10 from every origin, with standard errors of 0.2 and 0.2 on the power's scale."""
    return single(form(power.forward(np.full((5, 2), 10.0)), np.full(5, 0.2), np.array([1.0, 0.0]), power), positive=True)


def pooled(values):
    """Take what is known at the origins: one step from the last, two from each before it."""
    return np.r_[values[1, 0], values[2], values[3], values[4]]


ACTUAL = np.r_[Y[59], Y[58:60], Y[57:59], Y[56:58]]


def test_the_intervals_are_widened_step_by_step():
    found = backtest(Y, KNOWN, level_of_10(), LENGTHS, 1, [80.0], STUDENT)
    half_width = 0.2 * STUDENT.multipliers(2) * t.ppf(0.9, 5) / t.std(5)
    inside = np.abs(ACTUAL - 10) <= pooled(np.tile(half_width, (5, 1)))
    assert 0 < inside.mean() < 1
    assert found.coverage[80.0] == pytest.approx(inside.mean())
    assert (found.origins, found.forecasts) == (4, 7)


@pytest.mark.parametrize("widened", [OWN, STUDENT])
def test_the_crps_is_that_of_the_told_distribution(widened):
    found = backtest(Y, KNOWN, level_of_10(), LENGTHS, 1, [80.0], widened)
    error = pooled(np.tile(0.2 * widened.multipliers(2), (5, 1)))
    assert found.crps == pytest.approx(scores.crps(ACTUAL, np.full(7, 10.0), error, widened.freedom))


def test_bounds_of_a_form_on_logarithms_are_ratios():
    found = backtest(Y, KNOWN, level_of_10(LOG), LENGTHS, 1, [95.0], OWN)
    ratio = np.exp(0.2 * norm.ppf(0.975))
    width = np.full(7, 10 * ratio - 10 / ratio)
    missed = np.maximum(10 / ratio - ACTUAL, 0) + np.maximum(ACTUAL - 10 * ratio, 0)
    scale = np.mean(np.abs(np.diff(Y[:56])))
    assert found.msis == pytest.approx(np.mean(width + 40 * missed) / scale)
