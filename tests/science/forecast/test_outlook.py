import numpy as np
import pytest

from science.forecast.outlook import Outlook
from science.forecast.transform import LOG, NONE, Power

MEAN, SEASON = np.array([[1.0, 2.0, 3.0]]), np.array([[1.1, 0.9, 1.0]])


def _outlook(power, *, multiplicative):
    season = SEASON if multiplicative else SEASON - 1
    return Outlook("one", (1,), power, MEAN, np.ones(1), np.ones(3), season, multiplicative, np.zeros(3), {})


@pytest.mark.parametrize(("power", "multiplicative"), [(NONE, False), (LOG, True), (LOG, False), (Power(0.5), False)])
def test_medians_are_brought_within_bounds_on_the_scale_of_y(power, multiplicative):
    outlook = _outlook(power, multiplicative=multiplicative)
    low = outlook.median + np.array([[0.1, -9.0, -9.0]])
    high = outlook.median + np.array([[9.0, 9.0, -0.2]])
    found = outlook.within(low, high)
    np.testing.assert_allclose(found.median, [[low[0, 0], outlook.median[0, 1], high[0, 2]]], rtol=1e-12)
    assert found.mean[0, 1] == outlook.mean[0, 1]


def test_a_logarithm_is_not_brought_below_zero():
    outlook = _outlook(LOG, multiplicative=True)
    found = outlook.within(np.full((1, 3), -2.0), np.full((1, 3), -1.0))
    np.testing.assert_array_equal(found.median, outlook.median)
