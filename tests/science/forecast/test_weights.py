import numpy as np
import pytest
from scipy.linalg import toeplitz

from science.forecast.differences import extend
from science.forecast.weights import forecast_weights, inflation, psi_weights
from tests.science.forecast.saved import stacking

CASES = stacking()["cases"]
CASE = pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])


def _anchor_weights(lags, h):
    """What each of the last sum(lags) real values, newest first, adds to a forecast, (h, sum(lags)): undoing is linear."""
    count = sum(lags)
    return np.stack([extend(unit, np.zeros(h), lags) for unit in np.eye(count)[::-1]], axis=1)


def _psi(case, lags):
    return psi_weights(np.array(case["ar"]), np.array(case["ma"]), lags, len(case["psi"]))


@CASE
def test_forecasts_of_w_are_counted_as_derived(case):
    np.testing.assert_allclose(forecast_weights(case["lags"], len(case["c"])), case["c"], atol=1e-12)


@CASE
def test_real_anchors_weigh_as_derived(case):
    known = np.array(case["anchor_weights"])
    np.testing.assert_allclose(_anchor_weights(case["lags"], len(known)), known, atol=1e-9)


@CASE
def test_psi_weights_are_as_derived(case):
    np.testing.assert_allclose(_psi(case, case["lags"]), case["psi"], atol=1e-9)
    np.testing.assert_allclose(_psi(case, []), case["psi_w"], atol=1e-9)


@CASE
def test_standard_errors_are_as_derived(case):
    np.testing.assert_allclose(np.sqrt(np.cumsum(_psi(case, case["lags"]) ** 2)), case["se_over_sigma"], rtol=1e-9)


@CASE
def test_the_inflation_is_as_derived(case):
    known = case["stacking_inflation"]
    shocks = toeplitz(_psi(case, case["lags"]), np.zeros(len(known)))
    np.testing.assert_allclose(inflation(shocks, case["lags"]), known, rtol=1e-9)


@CASE
def test_the_weights_of_real_anchors_sum_to_one(case):
    np.testing.assert_allclose(_anchor_weights(case["lags"], 12).sum(axis=1), 1, atol=1e-12)


def test_undoing_is_the_sum_of_real_anchors_and_forecasts_of_w():
    y, w = np.sin(np.arange(20.0)) * 9, np.cos(np.arange(9.0))
    c = forecast_weights([4, 1, 2], 9)
    closed = _anchor_weights([4, 1, 2], 9) @ y[::-1][:7] + [c[: h + 1] @ w[h::-1] for h in range(9)]
    np.testing.assert_allclose(closed, extend(y, w, [4, 1, 2]), atol=1e-11)


def test_the_worked_example_has_the_standard_errors_of_the_text():
    se = np.sqrt(np.cumsum(forecast_weights([3, 1], 6) ** 2))
    np.testing.assert_allclose(se, np.sqrt([1, 2, 3, 7, 11, 15]))
