import numpy as np
import pytest

from science.deadline import no_deadline
from science.forecast.differences import difference
from science.forecast.estimate import at, estimate, standard_errors
from science.forecast.kalman import filtered
from science.forecast.likelihood import Sample
from science.forecast.orders import Orders
from tests.science.forecast.saved import reference, series

AIRLINE = Orders(q=1, Q=1, season=12)
BLOCKS = [
    ("AirPassengers_log_011_011_ML", np.log(series("AirPassengers")), [12, 1], AIRLINE),
    ("AirPassengers_211_010", series("AirPassengers"), [12, 1], Orders(p=2, q=1)),
    ("Nile_011", series("Nile"), [1], Orders(q=1)),
    ("Nile_111", series("Nile"), [1], Orders(p=1, q=1)),
    ("LakeHuron_112", series("LakeHuron"), [1], Orders(p=1, q=2)),
    ("USAccDeaths_011_011", series("USAccDeaths"), [12, 1], AIRLINE),
]
BLOCK = pytest.mark.parametrize(("block", "y", "lags", "orders"), BLOCKS, ids=[block[0] for block in BLOCKS])


def _sample(y, lags, X=None):
    w, _ = difference(y, lags)
    return Sample(w, np.zeros((len(w), 0)), np.zeros((len(w), 0)) if X is None else X)


@BLOCK
def test_the_likelihood_by_r_s_own_measure_is_no_worse_than_r_s(block, y, lags, orders):
    found = estimate(orders, _sample(y, lags), no_deadline())
    by_r = filtered(y, *orders.polynomials(found.coefficients), lags, 1, no_deadline()).log_likelihood
    assert by_r > reference(block)["loglik"] - 1e-4


@BLOCK
def test_the_exact_likelihood_is_no_worse_than_at_r_s_coefficients(block, y, lags, orders):
    sample = _sample(y, lags)
    found = estimate(orders, sample, no_deadline())
    at_r = at(orders, np.array(list(reference(block)["coef"].values())), sample)
    assert found.profile.log_likelihood > at_r.log_likelihood - 1e-6


@BLOCK
def test_coefficients_and_their_errors_are_those_of_r(block, y, lags, orders):
    known = reference(block)
    sample = _sample(y, lags)
    found = estimate(orders, sample, no_deadline())
    np.testing.assert_allclose(found.coefficients, list(known["coef"].values()), atol=1e-4)
    np.testing.assert_allclose(standard_errors(found, sample, no_deadline()), list(known["se"].values()), rtol=5e-3)


def test_a_mean_is_estimated_with_the_coefficients():
    y = series("LakeHuron")
    known = reference("LakeHuron_200")
    found = estimate(Orders(p=2), _sample(y, [], np.ones((98, 1))), no_deadline())
    assert found.profile.log_likelihood == pytest.approx(known["loglik"], abs=1e-4)
    assert found.profile.beta[0] == pytest.approx(known["coef"]["intercept"], abs=1e-3)


def test_a_trend_is_estimated_with_the_coefficients():
    y = series("LakeHuron")
    known = reference("LakeHuron_200_trend")
    X = np.column_stack([np.ones(98), np.arange(1875.0, 1973.0) - 1920])  # the centring of the reference
    found = estimate(Orders(p=2), _sample(y, [], X), no_deadline())
    assert found.profile.log_likelihood == pytest.approx(known["loglik"], abs=1e-4)
    np.testing.assert_allclose(found.profile.beta, [known["coef"]["intercept"], known["coef"]["xreg"]], atol=1e-3)


def test_an_ma_root_inside_the_unit_circle_is_turned_out_without_changing_the_likelihood():
    y = series("Nile")
    sample = _sample(y, [1])
    outside = at(Orders(q=1), np.array([-1 / 0.7]), sample)
    turned = Orders(q=1).invertible(np.array([-1 / 0.7]))
    assert turned[0] == pytest.approx(-0.7)
    assert at(Orders(q=1), turned, sample).log_likelihood == pytest.approx(outside.log_likelihood)


def test_free_parameters_and_coefficients_are_inverse():
    orders = Orders(p=3, q=1, P=1, Q=1, season=4)
    coefficients = np.array([0.5, -0.2, 0.1, 0.3, 0.6, -0.4])
    np.testing.assert_allclose(orders.stationary(orders.free(coefficients)), coefficients)
