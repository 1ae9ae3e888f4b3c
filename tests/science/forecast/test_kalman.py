import numpy as np
import pytest

from science.deadline import no_deadline
from science.forecast.kalman import filtered
from science.forecast.orders import Orders
from tests.science.forecast.saved import reference, series

AIRLINE = Orders(q=1, Q=1, season=12)
CASES = [
    ("AirPassengers_log_011_011", np.log(series("AirPassengers")), [12, 1], AIRLINE, "AirPassengers_log_011_011_ML", "log_scale"),
    ("USAccDeaths_011_011", series("USAccDeaths"), [12, 1], AIRLINE, "USAccDeaths_011_011", "h12"),
    ("Nile_011", series("Nile"), [1], Orders(q=1), "Nile_011", "h10"),
    ("LakeHuron_112", series("LakeHuron"), [1], Orders(p=1, q=2), "LakeHuron_112", "h10"),
]
CASE = pytest.mark.parametrize(("name", "y", "lags", "orders", "block", "horizon"), CASES, ids=[case[0] for case in CASES])


def _filtered(name, y, lags, orders):
    known = reference("R_stats_arima")[name]
    phi, theta = orders.polynomials(np.array(list(known["coef"].values())))
    return filtered(y, phi, theta, lags, len(known["mean"]), no_deadline()), known


@CASE
def test_means_are_those_of_r(name, y, lags, orders, block, horizon):
    found, known = _filtered(name, y, lags, orders)
    np.testing.assert_allclose(found.mean, known["mean"], rtol=1e-9)


@CASE
def test_standard_errors_are_those_of_r(name, y, lags, orders, block, horizon):
    found, known = _filtered(name, y, lags, orders)
    np.testing.assert_allclose(found.std_error * known["sigma2_mle"] ** 0.5, known["se"], rtol=1e-6)


@CASE
def test_the_likelihood_and_its_variance_are_those_of_r(name, y, lags, orders, block, horizon):
    found, known = _filtered(name, y, lags, orders)
    assert found.log_likelihood == pytest.approx(known["loglik"], abs=1e-7)
    assert found.sigma2 == pytest.approx(known["sigma2_mle"], rel=1e-7)


@CASE
def test_the_bounds_are_those_of_the_package_forecast(name, y, lags, orders, block, horizon):
    found, _ = _filtered(name, y, lags, orders)
    known = reference(block)
    sigma2 = found.sigma2_forecast(orders.count)
    assert sigma2 == pytest.approx(known["sigma2"], rel=1e-7)
    half_width = 1.959963984540054 * found.std_error * sigma2**0.5
    upper = np.array(known[horizon]["upper95"])
    np.testing.assert_allclose((found.mean + half_width)[: len(upper)], upper[: len(half_width)], rtol=1e-6)


def test_missing_values_are_passed_over_as_in_r():
    known = reference("AirPassengers_log_missing_30_31_60_100")
    y = np.log(series("AirPassengers"))
    y[[29, 30, 59, 99]] = np.nan
    found = filtered(y, *AIRLINE.polynomials(np.array(list(known["coef"].values()))), [12, 1], 12, no_deadline())
    assert found.log_likelihood == pytest.approx(known["loglik"], abs=1e-7)
    np.testing.assert_allclose(found.mean, known["h12"]["mean"], rtol=1e-8)
