import numpy as np
import pytest

from science.deadline import no_deadline
from science.forecast.autoregression import autoregress, drawn_in, undone
from science.forecast.differences import extend
from tests.science.forecast.saved import series

LYNX = np.log(series("lynx"))


def test_one_order_is_least_squares():
    found = _autoregress(LYNX, [], 1, True, [114], 3)
    X = np.column_stack([np.ones(113), LYNX[:-1]])
    full = np.linalg.lstsq(X, LYNX[1:], rcond=None)[0]
    constant_only = LYNX[1:].mean()
    # the average of order 0 and order 1; AICc all but excludes order 0 here
    assert found.phi[0] == pytest.approx(full[1], rel=1e-4)
    assert abs(found.constant - full[0]) < abs(found.constant - constant_only)


def test_a_clear_order_gets_its_least_squares_coefficients():
    generator = np.random.default_rng(1)
    w = np.zeros(5000)
    for t in range(2, 5000):
        w[t] = 1.2 * w[t - 1] - 0.6 * w[t - 2] + generator.normal()
    found = _autoregress(w, [], 4, False, [5000], 3)
    np.testing.assert_allclose(found.phi, [1.2, -0.6, 0, 0], atol=0.04)
    assert found.sigma[0] == pytest.approx(1, abs=0.03)


def test_every_origin_is_fitted_as_if_it_were_the_end():
    lengths = [114, 110, 100]
    found = _autoregress(LYNX, [1], 5, False, lengths, 4)
    for i, length in enumerate(lengths):
        alone = _autoregress(LYNX[:length], [1], 5, False, [length], 4)
        np.testing.assert_allclose(found.mean[i], alone.mean[0], rtol=1e-9)
        assert found.sigma[i] == pytest.approx(alone.sigma[0])


def test_many_origins_are_undone_as_one_is():
    x, w = np.cumsum(np.sin(np.arange(60.0))), np.cos(np.arange(21.0)).reshape(3, 7)
    found = undone(np.stack([x[length - 13 : length] for length in (60, 50, 40)]), w, [12, 1])
    for i, length in enumerate([60, 50, 40]):
        np.testing.assert_allclose(found[i], extend(x[:length], w[i], [12, 1]))


def test_too_short_a_series_has_no_autoregression():
    assert _autoregress(np.arange(6.0), [1], 3, False, [6], 2) is None


def test_a_series_without_noise_is_continued():
    x = np.tile([1.0, 2, 4, 8], 12)
    np.testing.assert_allclose(_autoregress(x, [4], 3, True, [48], 4).mean[0], [1, 2, 4, 8])


def test_what_is_explosive_is_drawn_in_and_what_is_not_stays():
    phi = np.array([[0.5, 0.3], [1.2, 0.3], [-1.5, 0.2]])
    steady = drawn_in(phi)
    np.testing.assert_array_equal(steady[0], phi[0])
    for row in steady:
        assert np.abs(np.roots(np.r_[1, -row])).max() < 1


def test_a_series_that_ends_on_an_outlier_does_not_run_away():
    y = 100 + np.cos(np.arange(40.0) * 7) + np.arange(40) % 3
    y[-2:] = 220, 90
    found = _autoregress(y, [1], 5, False, [40], 24)
    assert np.abs(found.mean).max() < 400


def test_a_fit_that_is_drawn_in_returns_to_the_mean():
    w = 10 + np.r_[np.zeros(30), 2.0 ** np.arange(6)]
    found = _autoregress(w, [], 2, True, [36], 9)
    assert np.abs(np.roots(np.r_[1, -found.phi])).max() < 1
    assert found.constant / (1 - found.phi.sum()) == pytest.approx(w[2:].mean())


def _autoregress(x, lags, order, constant, lengths, h):
    found = autoregress(x[None], [(length, 0) for length in lengths], lags, order, constant, h, no_deadline())
    return found and found.of(slice(None))
