from dataclasses import replace

import numpy as np
import pytest

from science.deadline import no_deadline
from science.forecast.mixture import around, average, together
from science.forecast.outlook import Origins
from science.forecast.pool import outlooks
from science.forecast.transform import LOG, NONE
from tests.science.forecast.asked import form
from tests.science.forecast.saved import series

Y = series("AirPassengers")
KNOWN = np.ones(len(Y), bool)
LENGTHS = tuple(range(144, 119, -1))


@pytest.fixture(scope="module")
def pool():
    return outlooks(Y, [12], [NONE, LOG], Origins(LENGTHS, 6), no_deadline())


def test_no_forecast_from_an_earlier_origin_looks_ahead(pool):
    changed = Y.copy()
    changed[132:] *= np.linspace(1, 3, 12)
    again = outlooks(changed, [12], [NONE, LOG], Origins(LENGTHS, 6), no_deadline())
    for before, after in zip(pool, again, strict=True):
        np.testing.assert_allclose(after.sigma[12:], before.sigma[12:], rtol=1e-9, err_msg=before.name)
        np.testing.assert_allclose(after.quantile(0.0)[12:], before.quantile(0.0)[12:], rtol=1e-9, err_msg=before.name)


def test_no_weight_at_an_earlier_origin_looks_ahead(pool):
    changed = Y.copy()
    changed[132:] = 1.0
    first, second = average(Y, KNOWN, pool, LENGTHS, 12), average(changed, KNOWN, pool, LENGTHS, 12)
    names = [(outlook.name, outlook.power) for outlook in first.outlooks]
    other = {(outlook.name, outlook.power): weights for outlook, weights in zip(second.outlooks, second.weights, strict=True)}
    for name, weights in zip(names, first.weights, strict=True):
        np.testing.assert_array_equal(weights[12:], other.get(name, np.zeros(len(LENGTHS)))[12:])


def test_weights_sum_to_one_at_every_origin(pool):
    np.testing.assert_allclose(average(Y, KNOWN, pool, LENGTHS, 12).weights.sum(axis=0), 1)


def test_the_errors_of_the_average_are_those_of_its_shocks(pool):
    mixture = average(Y, KNOWN, pool, LENGTHS, 12)
    from_shocks = np.sqrt((mixture.shocks() ** 2).sum(axis=1))
    assert from_shocks[0] == pytest.approx(mixture.standard_error[0, 0])
    assert np.all(from_shocks <= mixture.standard_error[0] * (1 + 1e-12))


def test_the_variance_is_that_of_the_shocks_and_that_of_the_forms_about_the_average():
    pair = [form(mean=np.array([[value]]), sigma=np.ones(1), psi=np.ones(1)) for value in (10.0, 11.0)]
    mixture = together(pair, np.array([[0.25], [0.75]]), positive=True)
    assert mixture.standard_error[0, 0] ** 2 == pytest.approx(1 + 0.25 * 0.75**2 + 0.75 * 0.25**2)


def test_doubt_between_forms_that_cross_cancels_in_sums():
    crossing = [10.0, 11, 12], [12.0, 11, 10]
    pair = [form(mean=np.array([mean]), sigma=np.ones(1), psi=np.array([1.0, 0, 0])) for mean in crossing]
    mixture = together(pair, np.full((2, 1), 0.5), positive=True)
    doubt, apart = mixture.shocks()[:, 3:], mixture.outlooks[0].median[0] - mixture.median[0]
    assert apart[0] == -apart[2] != 0
    np.testing.assert_allclose(doubt @ doubt.T, np.outer(apart, apart), atol=1e-12)


def test_forms_that_see_the_same_shocks_have_the_mean_of_their_errors():
    pair = [form(mean=np.array([[10.0]]), sigma=np.array([sigma]), psi=np.ones(1)) for sigma in (1.0, 3.0)]
    assert together(pair, np.full((2, 1), 0.5), positive=True).standard_error[0, 0] == pytest.approx(2)


def test_simulated_futures_have_the_errors_of_the_average(pool):
    mixture = average(Y, KNOWN, pool, LENGTHS, 12).latest()
    generator = np.random.default_rng(3)
    drawn = mixture.paths(generator.normal(size=(20_000, 6)), generator)
    np.testing.assert_allclose(drawn.std(axis=0), mixture.standard_error[0], rtol=0.05)


def test_bounds_are_about_a_median_that_falls_below_zero_though_the_series_never_was():
    low, high = around(np.array([-10.0, 0.0]), np.array([3.0, 3.0]), positive=True)
    np.testing.assert_array_equal(low, [-13.0, -3.0])
    np.testing.assert_array_equal(high, [-7.0, 3.0])


def test_bounds_of_a_positive_series_are_positive():
    low, high = around(np.array([10.0]), np.array([30.0]), positive=True)
    assert low[0] == pytest.approx(10 * np.exp(-3))
    assert high[0] == 40


def _named(mixture):
    return {outlook.name for outlook, weight in zip(mixture.outlooks, mixture.weights[:, 0], strict=True) if weight > 0}


def _last(values, last):
    return np.vstack([last, values[1:]])


def test_a_form_that_runs_away_at_the_last_origin_is_left_out(pool):
    first = pool[0]
    away = replace(first, name="away", mean=_last(first.mean, first.mean[0] + 20 * first.sigma[0] * first.spread))
    assert _named(average(Y, KNOWN, [*pool, first], LENGTHS, 12)) >= {first.name}
    assert "away" not in _named(average(Y, KNOWN, [*pool, away], LENGTHS, 12))


def test_a_form_with_errors_of_another_scale_is_left_out(pool):
    first = pool[0]
    wide = replace(first, name="wide", sigma=first.sigma * 5)
    assert "wide" not in _named(average(Y, KNOWN, [*pool, wide], LENGTHS, 12))


def test_forms_that_stand_apart_are_drawn_to_the_middle():
    three = [form(mean=np.array([[value, value]]), sigma=np.ones(1), psi=np.array([1.0, 0.0])) for value in (10.0, 11.0, 17.0)]
    mixture = together(three, np.full((3, 1), 1 / 3), positive=True)
    np.testing.assert_allclose([o.median[0, 0] for o in mixture.outlooks], [10, 11, 12.5])
    np.testing.assert_allclose(mixture.median, (10 + 11 + 12.5) / 3)
    np.testing.assert_allclose(mixture.mean(), mixture.median[0])


def test_forms_of_one_opinion_are_averaged_as_they_are(pool):
    kept = [pool[0], replace(pool[0], name="other", mean=pool[0].mean + 0.1 * pool[0].sigma[:, None])]
    mixture = together(kept, np.full((2, len(LENGTHS)), 0.5), positive=True)
    assert all(after is before for after, before in zip(mixture.outlooks, kept, strict=True))


def test_two_forms_that_disagree_are_both_kept_or_one_of_them(pool):
    pair = [pool[0], replace(pool[0], name="other", mean=pool[0].mean + 50 * pool[0].sigma[:, None])]
    np.testing.assert_allclose(average(Y, KNOWN, pair, LENGTHS, 12).weights.sum(axis=0), 1)


def test_a_season_that_is_not_there_is_not_differenced():
    walk = 100 + np.cumsum(np.random.default_rng(5).normal(size=144))
    lags = {lag for outlook in outlooks(walk, [12], [NONE], Origins(LENGTHS, 6), no_deadline()) for lag in outlook.lags}
    assert lags == {1}


def test_a_quarter_of_a_year_is_differenced_after_six_years_of_it():
    season = np.tile([8.0, 10.0, 13.0, 9.0], 8) + np.random.default_rng(7).normal(size=32)
    names = {
        n: [o.name for o in outlooks(season[:n], [4], [NONE], Origins(tuple(range(n, n - 9, -1)), 4), no_deadline())]
        for n in (23, 24)
    }
    assert "ar[4]" not in names[23]
    assert "ar[4]" in names[24]
