import numpy as np

from science.forecast.season import indices

PATTERN = np.array([3.0, -1, -4, 2])


def test_a_season_without_noise_is_found_whole():
    y = 10 + 0.5 * np.arange(40) + np.tile(PATTERN, 10)
    np.testing.assert_allclose(indices(y, 4, multiplicative=False), PATTERN, atol=1e-9)


def test_ratios_to_the_trend_multiply():
    y = 100 * np.tile(1 + PATTERN / 100, 10)
    np.testing.assert_allclose(indices(y, 4, multiplicative=True), 1 + PATTERN / 100, rtol=1e-9)


def test_noise_alone_has_no_season():
    found = [np.abs(indices(np.random.default_rng(i).normal(size=60), 4, multiplicative=False)).max() for i in range(50)]
    assert np.median(found) < 0.1


def test_recent_cycles_weigh_more():
    growing = np.repeat(np.arange(1.0, 13), 4) * np.tile(PATTERN, 12)
    found = indices(growing, 4, multiplicative=False)
    assert found @ PATTERN / (PATTERN @ PATTERN) > 6.5  # the plain average


def test_a_short_series_has_no_season():
    np.testing.assert_array_equal(indices(np.arange(9.0), 4, multiplicative=False), np.zeros(4))
