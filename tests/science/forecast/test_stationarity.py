import numpy as np
import pytest

from science.forecast.season import guess, indices, strength
from science.forecast.stationarity import choose, kpss, warnings_of
from tests.science.forecast.saved import reference, series

NAMES = [name for name in reference("differencing_choice") if name != "log_AirPassengers"]
NAME = pytest.mark.parametrize("name", NAMES)


@NAME
def test_kpss_is_that_of_r(name):
    assert kpss(series(name)) == pytest.approx(reference("differencing_choice")[name]["kpss_stat_raw"], rel=1e-9)


@NAME
def test_the_chosen_differences_are_those_of_r(name):
    known = reference("differencing_choice")[name]
    season = known["m"]
    expected = [season] * (known["nsdiffs"].get("seas", 0) if season > 1 else 0) + [1] * known["ndiffs_after_seas"]["kpss"]
    assert list(choose(series(name), [season] if season > 1 else []).lags) == expected


@pytest.mark.parametrize("name", list(reference("seasonal_strength")))
def test_seasonal_strength_is_near_that_of_stl(name):
    y = np.log(series("AirPassengers")) if name == "log_AirPassengers" else series(name)
    season = reference("differencing_choice")[name]["m"]
    assert strength(y, season) == pytest.approx(reference("seasonal_strength")[name], abs=0.1)


@NAME
def test_the_season_is_guessed(name):
    assert guess(series(name)) == reference("differencing_choice")[name]["m"]


def test_every_choice_has_its_reason():
    assert len(choose(series("AirPassengers"), [12]).reasons) == 3


@pytest.mark.parametrize(
    ("y", "reason"),
    [
        ([10.0, 12, 15, 13, 11, 16, 18], "7 values are too few to test a level; that takes 8"),
        (np.arange(1.0, 31.0), "the series is constant after a difference at 1"),
    ],
)
def test_what_ends_the_choice_is_told(y, reason):
    assert choose(np.array(y), []).reasons[-1] == reason


def test_seasonal_indices_are_those_of_a_pure_season():
    y = np.tile([0.8, 1.0, 1.3, 0.9], 10) * 100
    np.testing.assert_allclose(indices(y, 4, multiplicative=True), [0.8, 1.0, 1.3, 0.9])


def test_indices_of_noise_are_shrunken_to_none():
    y = 100 + np.random.default_rng(4).normal(size=40)
    assert np.ptp(indices(y, 4, multiplicative=False)) < np.ptp([y[i::4].mean() for i in range(4)])


@pytest.mark.parametrize(
    ("y", "lags", "ma", "count"),
    [
        (np.random.default_rng(0).normal(size=200), [1, 1], (), 2),
        (np.random.default_rng(0).normal(size=200).cumsum(), [1], (), 0),
        (np.random.default_rng(0).normal(size=200).cumsum(), [1], (np.array([-0.99]),), 1),
        (np.random.default_rng(0).normal(size=200).cumsum(), [1], (np.array([-0.5]), np.array([-0.97])), 1),
    ],
)
def test_signs_of_too_many_differences_are_told(y, lags, ma, count):
    assert [notice.code for notice in warnings_of(y, lags, ma)] == ["over_differenced"] * count
