import numpy as np
import pytest
from scipy.linalg import toeplitz
from scipy.signal import lfilter

from science.forecast.banded import process
from science.forecast.differences import difference, extend
from science.forecast.orders import Orders
from science.forecast.weights import undo_shocks
from tests.science.forecast.saved import reference, series

PROCESSES = [([], []), ([], [0.5]), ([0.5], []), ([0.5, -0.3], [0.4]), ([0.5], [0.3, 0.2, 0.1]), ([0.3, 0.2, 0.1, -0.2], [0.4])]
PROCESS = pytest.mark.parametrize(("phi", "theta"), PROCESSES)


def _root(phi, theta, n):
    impulse = np.zeros(4000)
    impulse[0] = 1.0
    psi = lfilter(np.r_[1, theta], np.r_[1, -np.array(phi)], impulse)
    return np.linalg.cholesky(toeplitz([psi[: 4000 - k] @ psi[k:] for k in range(n)]))


@PROCESS
@pytest.mark.parametrize("n", [2, 12])
def test_innovations_forecasts_and_errors_are_those_of_the_whole_covariance(phi, theta, n):
    found, root = process(np.array(phi), np.array(theta), n + 6), _root(phi, theta, n + 6)
    w = np.sin(np.arange(n) + 1.0)
    z = np.linalg.solve(root[:n, :n], w)
    np.testing.assert_allclose(found.innovations(w), z, atol=1e-12)
    np.testing.assert_allclose(found.half_log_determinant(n), np.log(np.diag(root)[:n]).sum(), atol=1e-12)
    np.testing.assert_allclose(found.forecast(w, 6), root[n:, :n] @ z, atol=1e-12)
    np.testing.assert_allclose(found.shocks(n, 6), root[n:, n:], atol=1e-12)


def test_a_process_that_is_not_stationary_is_not_factored():
    assert process(np.array([1.2]), np.zeros(0), 20) is None


@pytest.mark.parametrize(
    ("name", "y", "lags", "orders"),
    [
        ("AirPassengers_log_011_011", np.log(series("AirPassengers")), [12, 1], Orders(q=1, Q=1, season=12)),
        ("USAccDeaths_011_011", series("USAccDeaths"), [12, 1], Orders(q=1, Q=1, season=12)),
        ("Nile_011", series("Nile"), [1], Orders(q=1)),
        ("LakeHuron_112", series("LakeHuron"), [1], Orders(p=1, q=2)),
    ],
)
def test_means_and_errors_are_those_of_an_exact_diffuse_kalman_filter(name, y, lags, orders):
    known = reference("statsmodels_0_15_check")[name]
    mean, se = known["exact_diffuse_at_fixed"]["mean"], known["exact_diffuse_at_fixed"]["se"]
    w, _ = difference(y, lags)
    found = process(*orders.polynomials(np.array(known["fixed_params"]["coef"])), len(w) + len(mean))
    np.testing.assert_allclose(extend(y, found.forecast(w, len(mean)), lags), mean, rtol=1e-9)
    shocks = undo_shocks(found.shocks(len(w), len(mean)), lags) * known["fixed_params"]["sigma2_used"] ** 0.5
    np.testing.assert_allclose(np.sqrt((shocks**2).sum(axis=1)), se, rtol=1e-8)
