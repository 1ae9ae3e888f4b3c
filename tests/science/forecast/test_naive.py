import numpy as np
import pytest

from tests.science.forecast.asked import ask
from tests.science.forecast.saved import reference, series


def test_the_drift_has_the_means_and_bounds_of_rwf():
    known = reference("AirPassengers_rwf_drift")
    answer = ask(series("AirPassengers"), h=len(known["mean"]), model="drift", interval="model")
    np.testing.assert_allclose([row.mean for row in answer.forecast], known["mean"])
    np.testing.assert_allclose([row.lo[95.0] for row in answer.forecast], known["lower95"], rtol=1e-3)


def test_the_seasonal_naive_forecast_is_that_of_r():
    known = reference("AirPassengers_snaive")
    answer = ask(series("AirPassengers"), h=24, model="snaive", season=12, interval="model")
    assert [row.mean for row in answer.forecast] == known["mean"]
    assert answer.forecast[23].se == pytest.approx(answer.forecast[0].se * 2**0.5)
    assert answer.forecast[0].se == pytest.approx(known["sd"], rel=1e-2)


def test_the_naive_forecast_is_the_last_value():
    answer = ask(series("Nile"), h=3, model="naive", interval="model")
    assert [row.mean for row in answer.forecast] == [740] * 3
    assert answer.forecast[2].se == pytest.approx(answer.forecast[0].se * 3**0.5)
