"""ARIMA models of R's datasets against R's stats::arima (tests/reference/forecast/arima.R)."""

import json

import numpy as np
import pytest

from science.deadline import no_deadline
from science.forecast.arma import Data, fit
from science.forecast.kalman import filtered
from science.forecast.orders import Orders
from tests.science.forecast.saved import FOLDER, series

FITS = json.loads((FOLDER / "arima.json").read_text())
LOGS = {"lynx": np.log10, "UKgas": np.log, "JohnsonJohnson": np.log}
FIT = pytest.mark.parametrize("known", FITS, ids=[f"{one['series']}-{one['order']}{one['seasonal']}" for one in FITS])


def _asked(known):
    """The series, its lags, its orders, and the regressor over its times and the forecast's."""
    y = LOGS.get(known["series"], np.asarray)(series(known["series"]))
    (p, d, q), (P, D, Q), h = known["order"], known["seasonal"], len(known["mean"])
    X = np.zeros((len(y) + h, 0))
    if known["series"] == "BJsales":
        lead = series("BJsales_lead_3")
        X = np.r_[lead, lead[-h:]][:, None]
    return y, (known["season"],) * D + (1,) * d, Orders(p, q, P, Q, known["season"]), X


@FIT
def test_no_likelihood_is_below_r_s(known):
    y, lags, orders, X = _asked(known)
    data = Data(y, X, ("lead",)[: X.shape[1]], len(known["mean"]))
    found = fit(data, lags, orders, no_deadline(), constant=not lags, by_r=True)
    assert found.log_lik > known["loglik"] - 1e-4


@FIT
def test_forecasts_at_r_s_coefficients_are_r_s(known):
    y, lags, orders, X = _asked(known)
    coefficients = np.array(list(known["coef"].values()))
    design = np.column_stack([np.ones(len(X)), X])[:, : len(coefficients) - orders.count]
    level = design @ coefficients[orders.count :]
    phi, theta = orders.polynomials(coefficients[: orders.count])
    told = filtered(y - level[: len(y)], phi, theta, lags, len(known["mean"]), no_deadline())
    np.testing.assert_allclose(told.mean + level[len(y) :], known["mean"], rtol=1e-7)
    np.testing.assert_allclose(told.std_error * known["sigma2"] ** 0.5, known["se"], rtol=1e-6)
    assert told.log_likelihood == pytest.approx(known["loglik"], abs=1e-6)


@pytest.mark.parametrize("unit", [1e-60, 1e12, 1e90])
def test_coefficients_do_not_depend_on_the_unit_of_the_series(unit):
    y = series("LakeHuron")
    own, other = (
        fit(Data(z, np.zeros((len(z) + 1, 0)), (), 1), (1,), Orders(1, 2), no_deadline(), constant=False) for z in (y, y * unit)
    )
    np.testing.assert_allclose(other.estimate, own.estimate, rtol=1e-4)
    np.testing.assert_allclose(other.std_error, own.std_error, rtol=1e-3)
    assert other.sigma2_ml == pytest.approx(own.sigma2_ml * unit**2, rel=1e-8)


@pytest.mark.parametrize("unit", [1e-20, 1e12])
def test_forecasts_do_not_depend_on_the_unit_of_a_regressor(unit):
    lead, y = series("BJsales_lead_3"), series("BJsales")
    X = np.r_[lead, lead[-3:]][:, None]
    own, other = (fit(Data(y, Z, ("lead",), 3), (), Orders(p=1), no_deadline(), constant=True) for Z in (X, X * unit))
    np.testing.assert_allclose(other.mean, own.mean, rtol=1e-5)
    assert other.estimate[-1] * unit == pytest.approx(own.estimate[-1], rel=1e-4)
