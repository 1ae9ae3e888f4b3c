import numpy as np
import pytest

from science.forecast.airline import MA, SEASONAL, airlines
from science.forecast.autoregression import undone
from tests.science.forecast.saved import series

Y = np.log(series("AirPassengers"))


def test_the_averaged_coefficients_are_near_those_of_maximum_likelihood():
    found = _airline(Y, 12, [144], 3)
    assert found.ma == pytest.approx(-0.40, abs=0.1)  # R: -0.4018, -0.5569
    assert found.seasonal == pytest.approx(-0.56, abs=0.15)


def test_every_origin_is_forecast_as_if_it_were_the_end():
    found = _airline(Y, 12, [144, 130, 100], 24)
    for i, length in enumerate([144, 130, 100]):
        np.testing.assert_allclose(found.mean[i], _airline(Y[:length], 12, [length], 24).mean[0], rtol=1e-12)


def test_forecasts_use_the_conditional_residuals():
    found = _airline(Y, 12, [144], 24)
    w = np.diff(Y[12:] - Y[:-12])
    means, squares = [], []
    for ma, seasonal in zip(MA, SEASONAL, strict=True):
        e = np.zeros(13 + len(w) + 24)
        for t in range(len(w)):
            e[13 + t] = w[t] - ma * e[12 + t] - seasonal * e[1 + t] - ma * seasonal * e[t]
        n = 13 + len(w)
        ahead = [ma * e[n + s - 1] + seasonal * e[n + s - 12] + ma * seasonal * e[n + s - 13] for s in range(24)]
        means.append(ahead)
        squares.append(np.sum(e**2))
    weights = (np.array(squares) / min(squares)) ** (-len(w) / 2)
    expected = undone(Y[None, -13:], (weights / weights.sum() @ np.array(means))[None], [12, 1])
    np.testing.assert_allclose(found.mean, expected, rtol=1e-10)


def _airline(x, season, lengths, h):
    return airlines(x[None], season, lengths, h)[0]
