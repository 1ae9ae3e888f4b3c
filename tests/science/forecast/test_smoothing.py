import numpy as np
import pytest

from science.deadline import no_deadline
from science.forecast.banded import process
from science.forecast.differences import difference, extend
from science.forecast.passing import Grid, passes
from science.forecast.smoothing import FORMS, Form, fitted, smooth
from science.forecast.weights import psi_weights
from tests.science.forecast.saved import series

NILE = series("Nile")


def _one(alpha, ratio=0.0, phi=1.0):
    return Grid(np.array([alpha]), np.array([alpha * ratio]), np.array([phi]), np.array([ratio]))


def _smooth(form, x, sets, lengths, h=5):
    passed = passes(x[None], [(length, 0) for length in lengths], no_deadline(), sets)
    return smooth(form, passed, slice(None), h, sets)


def test_ses_is_the_weighted_mean_of_the_past():
    found = _smooth(Form("ses", (1, 1), ratio=0.0, drift=(0.0,)), NILE, _one(0.3), [100])
    level = found.start[0][0]
    for value in NILE:
        level += 0.3 * (value - level)
    np.testing.assert_allclose(found.mean[0], level)


def test_ses_is_arima_011():
    found = _smooth(Form("ses", (1, 1), ratio=0.0, drift=(0.0,)), NILE, _one(0.3), [100])
    w, _ = difference(NILE, [1])
    arima = process(np.zeros(0), np.array([-0.7]), len(w) + 5)
    np.testing.assert_allclose(found.mean[0], extend(NILE, arima.forecast(w, 5), [1]), rtol=1e-10)
    np.testing.assert_allclose(found.psi, psi_weights(np.zeros(0), np.array([-0.7]), [1], 5))


@pytest.mark.parametrize(
    ("alpha", "ratio", "phi", "ar", "ma", "lags"),
    [
        (0.5, 0.2, 1.0, [], [-1.4, 0.5], [1, 1]),  # Holt: (0,2,2), theta = alpha + beta - 2, 1 - alpha
        (0.5, 0.2, 0.9, [0.9], [-1.31, 0.45], [1]),  # damped: (1,1,2), alpha + phi beta - 1 - phi, phi (1 - alpha)
    ],
)
def test_trends_have_the_psi_weights_of_their_arima(alpha, ratio, phi, ar, ma, lags):
    form = Form("trend", (phi, phi))
    found = _smooth(form, NILE, _one(alpha, ratio, phi), [100])
    np.testing.assert_allclose(found.psi, psi_weights(np.array(ar), np.array(ma), lags, 5), atol=1e-12)


def test_theta_goes_on_with_its_share_of_the_mean_change():
    found = _smooth(Form("theta", (1, 1), ratio=0.0, drift=(0.5,)), NILE, _one(0.3), [100])
    np.testing.assert_allclose(np.diff(found.mean[0]), 0.5 * (NILE[-1] - NILE[0]) / 99)


def test_the_start_is_the_least_squares_one():
    form = Form("ses", (1, 1), ratio=0.0, drift=(0.0,))
    found = _smooth(form, NILE, _one(0.3), [100])

    def squares(level):
        total = 0.0
        for value in NILE:
            total += (value - level) ** 2
            level += 0.3 * (value - level)
        return total

    best = found.start[0][0]
    assert squares(best) < min(squares(best - 1), squares(best + 1))
    assert found.sigma[0] == pytest.approx((squares(best) / 98) ** 0.5)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_earlier_origins_know_nothing_of_later_values(form):
    changed = NILE.copy()
    changed[90:] *= 7
    first, second = (
        _smooth(form, x, _one(0.5, 0.0 if form.ratio == 0 else 0.1, form.phi[1]), [100, 90]) for x in (NILE, changed)
    )
    np.testing.assert_array_equal(first.mean[1], second.mean[1])


def test_fitted_values_are_the_one_step_forecasts():
    form = Form("ses", (1, 1), ratio=0.0, drift=(0.0,))
    sets = _one(0.3)
    passed = passes(NILE[None], [(100, 0)], no_deadline(), sets)
    found = smooth(form, passed, slice(None), 5, sets)
    one_step = fitted(passed, 0, found)
    assert one_step[-1] * 0.7 + NILE[-1] * 0.3 == pytest.approx(found.mean[0, 0])


def test_the_share_of_the_drift_is_learned_from_a_long_series():
    generator = np.random.default_rng(3)
    line, level = np.arange(300.0), np.zeros(300)
    noise = generator.normal(size=300)
    form = Form("theta", (1, 1), ratio=0.0, drift=(0.0, 0.5, 1.0))
    steady = _smooth(form, line + noise, _one(0.2), [300])
    still = _smooth(form, np.r_[level[:-1] + noise[:-1], 30.0], _one(0.2), [300])
    assert np.diff(steady.mean[0])[0] == pytest.approx((line[-1] + noise[-1] - noise[0]) / 299, rel=0.02)
    assert np.diff(still.mean[0])[0] < 0.6 * (30 - noise[0]) / 299


def test_shares_of_one_value_are_that_share():
    one, three = (
        _smooth(Form("theta", (1, 1), ratio=0.0, drift=shares), NILE, _one(0.3), [100, 80]) for shares in ((0.5,), (0.5,) * 3)
    )
    np.testing.assert_allclose(one.mean, three.mean)
    np.testing.assert_allclose(one.sigma, three.sigma)
