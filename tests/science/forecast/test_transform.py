import numpy as np
import pytest

from science.forecast.transform import LOG, NONE, Power

POWERS = pytest.mark.parametrize("power", [NONE, LOG, Power(0.3), Power(-0.5), Power(2.0)], ids=lambda power: power.name)
Y = np.array([0.5, 1.0, 7.0, 300.0])


@POWERS
def test_back_undoes_forward(power):
    np.testing.assert_allclose(power.back(power.forward(Y)), Y)


@pytest.mark.parametrize("exponent", [1e-3, 1e-9, 1e-16, -1e-14, 1e-300])
def test_an_exponent_near_zero_is_nearly_the_logarithm(exponent):
    power = Power(exponent)
    np.testing.assert_allclose(power.forward(Y), np.log(Y), rtol=abs(exponent) * 10, atol=1e-15)
    np.testing.assert_allclose(power.back(power.forward(Y)), Y)


@POWERS
def test_the_slope_is_the_derivative(power):
    x = power.forward(Y)
    numeric = (power.back(x + 1e-6) - power.back(x - 1e-6)) / 2e-6
    np.testing.assert_allclose(power.slope(x), numeric, rtol=1e-5)


def test_the_mean_of_a_lognormal_is_adjusted_as_r_does():
    assert LOG.mean(np.array([6.0]), np.array([0.01]))[0] == pytest.approx(np.exp(6.0) * 1.005)


def test_past_the_highest_value_of_the_transform_is_nothing():
    power = Power(-1.0)
    beyond = power.back(np.array([0.9, 1.1]))  # R, forecast 8.20: InvBoxCox(c(0.9, 1.1), -1) is 10, NA
    np.testing.assert_allclose(power.reached(beyond), [10, np.nan])
    np.testing.assert_array_equal(Power(0.5).reached(beyond), beyond)


def test_what_would_be_infinite_is_held():
    assert np.all(np.isfinite(LOG.back(np.array([1e6, -1e6]))))


@pytest.mark.parametrize("exponent", [0.3, 0.5, 1.0, 2.0])
def test_an_exponent_above_zero_goes_on_below_zero_as_its_mirror_image(exponent):
    """R 4.5, forecast 8.20: InvBoxCox(-5, 0.5) is -2.25, InvBoxCox(-5, 2) is -3."""
    power = Power(exponent)
    x = np.array([-40.0, -5.0, -3.0, 0.5, 4.0])
    base = exponent * x + 1
    np.testing.assert_allclose(power.back(x), np.sign(base) * np.abs(base) ** (1 / exponent), rtol=1e-12)
    np.testing.assert_allclose(power.forward(power.back(x)), x, rtol=1e-12)
    step = 1e-6
    np.testing.assert_allclose(power.slope(x), (power.back(x + step) - power.back(x - step)) / (2 * step), rtol=1e-6)
