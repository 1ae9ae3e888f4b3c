"""Work is refused before it is done, looks at the deadline while it is, and takes no more memory than it may."""

import tracemalloc

import numpy as np
import pytest

from errors import DeadlineExceeded, InvalidInput
from science.deadline import Deadline, no_deadline
from science.forecast import likelihood
from science.forecast.arma import Data, carried, fit, search
from science.forecast.autoregression import autoregress
from science.forecast.banded import process
from science.forecast.differences import difference
from science.forecast.estimate import standard_errors
from science.forecast.kalman import filtered
from science.forecast.likelihood import FEW, Sample, profile
from science.forecast.orders import Orders
from science.forecast.outlook import Origins
from science.forecast.pool import outlooks
from science.forecast.transform import LOG, NONE

OVER = Deadline(0.0, lambda: 1.0)
WALK = 100 + np.cumsum(np.random.default_rng(7).normal(size=10_000))
NONE_GIVEN = np.zeros(0)


def _data(y, h=1):
    return Data(y, np.zeros((len(y) + h, 0)), (), h)


def _with_gaps(n, gaps, season=1):
    y = WALK[:n] + np.sin(2 * np.pi * np.arange(n) / season)
    y[np.random.default_rng(1).choice(n - 2, gaps, replace=False) + 1] = np.nan
    return y


def _refused(field, asked):
    with pytest.raises(InvalidInput) as refused:
        asked()
    assert refused.value.field == field


@pytest.mark.parametrize(("n", "lags", "orders"), [(10_000, (3_000,), Orders(1, 1)), (1_500, (1_000,), Orders(1, 1))])
def test_a_filter_with_too_large_a_state_is_refused(n, lags, orders):
    data = _data(WALK[:n], 1_000)
    _refused("likelihood", lambda: fit(data, lags, orders, no_deadline(), constant=False, by_r=True))
    _refused("likelihood", lambda: search(data, lags, 1, no_deadline(), by_r=True))
    _refused("likelihood", lambda: carried(data, lags, orders, np.zeros(2), 1.0, by_r=True))


@pytest.mark.parametrize(
    ("n", "orders"),
    [
        (10_000, Orders(2, 2, 2, 2, 168)),
        (10_000, Orders(p=5, q=5, P=5, Q=5, season=24)),
        (9, Orders(P=1, season=2_000)),  # few values, but as many equations as the coefficients reach back
    ],
)
def test_coefficients_that_take_too_long_are_refused(n, orders):
    _refused("model", lambda: fit(_data(WALK[:n]), (), orders, no_deadline(), constant=False))


def test_gaps_that_take_too_long_are_refused():
    y = _with_gaps(10_000, 310)
    _refused("y", lambda: search(_data(y), (365, 1), 365, no_deadline()))
    _refused("y", lambda: search(_data(_with_gaps(10_000, 317)), (1,), 1, no_deadline()))


def test_the_filter_looks_at_the_deadline():
    with pytest.raises(DeadlineExceeded):
        filtered(WALK, NONE_GIVEN, NONE_GIVEN, [1], 1, OVER)


def test_standard_errors_look_at_the_deadline():
    found = fit(_data(WALK[:100]), (1,), Orders(q=1), no_deadline(), constant=False)
    sample = Sample(np.diff(WALK[:100]), np.zeros((99, 0)), np.zeros((99, 0)))
    with pytest.raises(DeadlineExceeded):
        standard_errors(found, sample, OVER)


def test_autoregressions_look_at_the_deadline():
    with pytest.raises(DeadlineExceeded):
        autoregress(WALK[None], [(10_000, 0)], [1], 3, False, 1, OVER)


@pytest.mark.parametrize("lags", [(), (3,), (7, 1), (12, 5, 1)])
def test_a_filter_moves_its_state_as_the_product_of_matrices_does(lags):
    phi, theta, y = np.array([0.5, 0.2]), np.array([0.4, 0.0, 0.3]), WALK[:60]
    found = filtered(y, phi, theta, lags, 5, no_deadline())
    mean, variance = _by_products(y, phi, theta, lags, 5)
    np.testing.assert_allclose(found.mean, mean, rtol=1e-7)
    np.testing.assert_allclose(found.std_error**2, variance, rtol=1e-6)


def _by_products(y, phi, theta, lags, h):
    """R's filter with its matrices written out."""
    D = np.ones(1)
    for lag in lags:
        D = np.convolve(D, np.r_[1.0, np.zeros(lag - 1), -1.0])
    r, d = max(len(phi), len(theta) + 1), len(D) - 1
    T = np.eye(r + d, k=1) * (np.arange(r + d)[:, None] < r - 1) + np.eye(r + d, k=-1) * (np.arange(r + d)[:, None] > r)
    T[: len(phi), 0] = phi
    Z = np.r_[1.0, np.zeros(r - 1), -D[1:]]
    if d:
        T[r] = Z
    R = np.r_[1.0, theta, np.zeros(r + d - 1 - len(theta))]
    stationary = np.linalg.solve(np.eye(r * r) - np.kron(T[:r, :r], T[:r, :r]), np.outer(R[:r], R[:r]).reshape(-1))
    a, P = np.zeros(r + d), np.eye(r + d) * 1e6
    P[:r, :r] = stationary.reshape(r, r)
    told = []
    for t in range(len(y) + h):
        if t:
            a, P = T @ a, T @ P @ T.T + np.outer(R, R)
        if t < len(y):
            M = P @ Z
            a, P = a + M * (y[t] - Z @ a) / (Z @ M), P - np.outer(M, M) / (Z @ M)
        else:
            told.append((Z @ a, Z @ P @ Z))
    return np.array(told).T


@pytest.mark.parametrize(
    ("lags", "orders"),
    [
        ((), Orders()),
        ((1,), Orders(1, 1)),
        ((2, 1), Orders(p=2)),
        ((1, 1), Orders(q=2)),
        ((7, 1), Orders(1, 1, 1, 1, 7)),
        ((8,), Orders(0, 1)),
    ],
)
@pytest.mark.parametrize("places", [np.r_[0:5, 20:220:3], np.r_[100:170]], ids=["scattered", "a block"])
def test_many_gaps_are_solved_for_as_few_are(lags, orders, places, monkeypatch):
    y = WALK[:300].copy()
    unit = np.zeros((300, len(places)))
    unit[places, np.arange(len(places))] = 1.0
    for lag in lags:
        unit = unit[lag:] - unit[:-lag]
    X = np.column_stack([np.ones(len(unit)), np.sin(np.arange(len(unit)))])
    sample = Sample(difference(y, lags)[0], unit, X)
    at = process(*orders.polynomials(np.full(orders.count, 0.3)), len(unit))
    locally = profile(at, sample)
    monkeypatch.setattr(likelihood, "FEW", len(places))
    columns = profile(at, sample)
    assert locally.log_likelihood == pytest.approx(columns.log_likelihood, rel=1e-9)
    np.testing.assert_allclose(locally.missing, columns.missing, atol=1e-7)
    np.testing.assert_allclose(locally.beta, columns.beta, atol=1e-9)
    np.testing.assert_allclose(locally.z, columns.z, atol=1e-9)


def test_gaps_that_nothing_tells_are_refused():
    y = WALK[:700].copy()
    y[3::7] = np.nan  # every Thursday
    with pytest.raises(InvalidInput):
        fit(_data(y), (7,), Orders(0, 1), no_deadline(), constant=False)


def test_many_gaps_take_few_evaluations_of_columns(monkeypatch):
    widths = []
    monkeypatch.setattr(likelihood, "_least_squares", _counted(likelihood._least_squares, widths))
    found = search(_data(_with_gaps(3_000, 150)), (1,), 1, no_deadline())
    assert np.isfinite(found.y).all()
    assert max(widths) <= FEW


def _counted(least_squares, widths):
    def counted(z):
        widths.append(z.shape[1] - 1)
        return least_squares(z)

    return counted


def test_a_dear_sample_is_shortened_to_its_last_part():
    generator = np.random.default_rng(2)
    shocks = generator.normal(size=4_100)
    w = shocks[101:] - 0.5 * shocks[100:-1] - 0.6 * shocks[1:-100] + 0.3 * shocks[:-101]
    sample = Sample(w, np.zeros((len(w), 0)), np.zeros((len(w), 0)))
    short = sample.shortened(101)
    assert len(short.w) < len(w)
    np.testing.assert_array_equal(short.w, w[-len(short.w) :])


def test_a_sample_that_is_quick_is_not_shortened():
    sample = Sample(WALK, np.zeros((len(WALK), 0)), np.zeros((len(WALK), 0)))
    assert sample.shortened(5) is sample


@pytest.mark.parametrize("season", [365, 2_000])
def test_a_long_season_takes_no_more_memory_than_that_of_a_week_of_hours(season):
    y = 200 + WALK - WALK.min() + 10 * np.sin(2 * np.pi * np.arange(10_000) / season)
    tracemalloc.start()
    found = outlooks(y, [season], [NONE, LOG], Origins(tuple(range(10_000, 9_939, -1)), 24), no_deadline())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 120e6
    assert max(len(outlook.parameters) for outlook in found) <= 170
