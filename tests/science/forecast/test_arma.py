import numpy as np
import pytest

from science.deadline import no_deadline
from science.forecast.arma import Data, fit, search
from science.forecast.orders import Orders
from tests.science.forecast.saved import reference, series

AIRLINE = Orders(q=1, Q=1, season=12)


def _data(y, h=12, X=None, names=()):
    return Data(y, np.zeros((len(y) + h, 0)) if X is None else X, names, h)


def _errors(found):
    return np.sqrt(found.sigma2 * (found.root**2).sum(axis=1))


def test_missing_values_are_integrated_over_as_r_s_filter_does():
    known = reference("AirPassengers_log_missing_30_31_60_100")
    y = np.log(series("AirPassengers"))
    y[[29, 30, 59, 99]] = np.nan
    found = fit(_data(y), [12, 1], AIRLINE, no_deadline(), constant=False)
    assert found.nobs == known["nobs"]
    assert found.log_lik == pytest.approx(known["loglik"], abs=4e-3)  # R's diffuse start is worth 3e-3 here, as without gaps
    np.testing.assert_allclose(found.estimate, list(known["coef"].values()), atol=1e-4)
    np.testing.assert_allclose(found.mean, known["h12"]["mean"], rtol=1e-6)
    half_width = (np.array(known["h12"]["upper95"]) - known["h12"]["mean"]) / 1.959963984540054
    np.testing.assert_allclose(_errors(found) / found.sigma2**0.5, half_width / known["sigma2"] ** 0.5, rtol=1e-3)


def test_a_stationary_series_with_gaps_has_r_s_numbers():
    known = reference("presidents_100_missing")
    found = fit(_data(series("presidents"), 8), [], Orders(p=1), no_deadline(), constant=True)
    assert found.log_lik == pytest.approx(known["loglik"], abs=1e-4)
    np.testing.assert_allclose(found.estimate, list(known["coef"].values()), rtol=1e-4)
    np.testing.assert_allclose(found.std_error, list(known["se"].values()), rtol=2e-3)
    np.testing.assert_allclose(found.mean, known["h8"]["mean"], rtol=1e-4)
    assert found.sigma2 == pytest.approx(known["sigma2"], rel=1e-4)


def test_a_gap_before_the_end_widens_the_forecasts():
    y = series("Nile").copy()
    whole = fit(_data(y), [1], Orders(q=1), no_deadline(), constant=False)
    y[-2] = np.nan
    gap = fit(_data(y), [1], Orders(q=1), no_deadline(), constant=False)
    assert (_errors(gap) / gap.sigma2**0.5)[0] > (_errors(whole) / whole.sigma2**0.5)[0]


def test_missing_last_values_are_forecasts():
    y = series("Nile")
    shorter = fit(_data(y[:90], 10), [1], Orders(q=1), no_deadline(), constant=False)
    gapped = fit(_data(np.r_[y[:90], np.full(10, np.nan)], 5), [1], Orders(q=1), no_deadline(), constant=False)
    np.testing.assert_allclose(gapped.y[90:], shorter.mean, rtol=1e-6)
    assert gapped.log_lik == pytest.approx(shorter.log_lik, abs=1e-6)


def test_a_drift_is_that_of_r():
    known = reference("Nile_010_drift")
    found = fit(_data(series("Nile"), 10), [1], Orders(), no_deadline(), constant=True)
    assert found.log_lik == pytest.approx(known["loglik"], abs=1e-6)
    assert found.estimate[0] == pytest.approx(known["coef"]["drift"])
    assert found.std_error[0] == pytest.approx(known["se"]["drift"], rel=1e-5)
    assert found.sigma2 == pytest.approx(known["sigma2"], rel=1e-6)
    np.testing.assert_allclose(found.mean, known["h10"]["mean"])


def test_a_regressor_is_that_of_r():
    known = reference("LakeHuron_200_trend")
    X = (np.arange(1875.0, 1983.0) - 1920)[:, None]
    found = fit(_data(series("LakeHuron"), 10, X, ("xreg",)), [], Orders(p=2), no_deadline(), constant=True)
    assert dict(zip(found.terms, found.estimate, strict=True)) == pytest.approx(known["coef"], abs=2e-3)
    np.testing.assert_allclose(found.mean, known["h10"]["mean"], rtol=1e-5)
    assert found.sigma2 == pytest.approx(known["sigma2"], rel=1e-4)


@pytest.mark.parametrize(
    ("name", "lags", "season", "aicc"),
    [
        ("AirPassengers", [12, 1], 12, 1018.17),  # auto.arima: 1018.165
        ("Nile", [1], 1, 1268.1),  # 1267.507 without the drift, which it may leave out
        ("woolyrnq", [4], 4, 1724.0),  # 1722.214 without the drift
    ],
)
def test_the_search_finds_models_as_good_as_auto_arima_s(name, lags, season, aicc):
    assert search(_data(series(name)), lags, season, no_deadline()).aicc < aicc + 0.01


def test_forecasts_from_the_last_origin_are_the_forecasts():
    found = fit(_data(series("USAccDeaths")), [12, 1], AIRLINE, no_deadline(), constant=False)
    means, _ = found.means_from([72, 60], 12)
    np.testing.assert_allclose(means[0], found.mean)


@pytest.mark.parametrize(
    ("lags", "orders", "name"),
    [
        ([12, 1], AIRLINE, "ARIMA(0,1,1)(0,1,1)[12]"),
        ([1], Orders(q=1), "ARIMA(0,1,1)"),
        ([3, 1], Orders(), "ARMA(0,0)(0,0)[1] of diff[3,1]"),
    ],
)
def test_models_have_r_s_names_where_r_has_one(lags, orders, name):
    assert fit(_data(series("USAccDeaths")), lags, orders, no_deadline(), constant=False).name == name
