"""Missing values: bridged, doubted in the intervals of every form, and scored by nobody."""

import numpy as np
import pytest

from science.deadline import no_deadline
from science.forecast.engine import fit
from science.forecast.spec import ArmaOrders, Series, Spec
from science.limits import Limits
from tests.science.forecast.asked import ask


def test_gaps_of_a_positive_series_are_bridged_above_zero():
    walk = np.cumsum(np.cumsum(np.random.default_rng(0).normal(size=60)))
    y = walk - walk.min() + 0.001
    least = int(y.argmin())
    y[[least - 2, least - 1, least + 1, least + 2]] = np.nan
    found = fit(Spec(h=3, season=1, missing="kalman"), Series(y), Limits(), no_deadline())
    assert found.y.min() > 0


def _told_after_gaps(place, model, seed):
    """Whether the 95% interval holds the next step of a walk of unit shocks that was seen in part, and its standard error."""
    walk = 100 + np.cumsum(np.random.default_rng(seed).normal(size=101))
    y = walk[:100].copy()
    y[place] = np.nan
    told = ask(y, h=1, model=model, season=1, missing="kalman", transform="none").forecast[0]
    return told.lo[95.0] <= walk[100] <= told.hi[95.0], told.se


@pytest.mark.parametrize("model", ["auto", "naive", "ses", "theta"])
@pytest.mark.parametrize(("place", "least"), [(slice(-6, None), 2.2), (slice(0, 99, 2), 0.85)], ids=["the last", "every second"])
def test_gaps_widen_the_intervals_of_every_form(model, place, least):
    """A walk that was last seen seven steps earlier has a standard error of root 7; what was filled is not data."""
    told = np.array([_told_after_gaps(place, model, seed) for seed in range(8)])
    assert told[:, 0].mean() >= 0.75
    assert told[:, 1].mean() > least


def test_many_gaps_are_bridged_by_an_arma():
    y = np.cumsum(np.random.default_rng(0).normal(size=60)) + 50
    y[5:40:3] = np.nan
    assert ask(y, h=2, season=1, missing="kalman").model.log_lik is not None
    y[5:35:3] = 50
    assert ask(y, h=2, season=1, missing="kalman").model.name == "average"


def test_nothing_is_scored_where_nothing_is_known():
    y = 100 + np.cumsum(np.random.default_rng(1).normal(size=60))
    y[-8:] = np.nan
    model = ArmaOrders()
    found = ask(y, h=4, model=model, differences=(1,), season=1, missing="kalman", origins=8)
    assert found.backtest is None
    assert found.intervals.origins == 0
    some = ask(np.r_[y[:-3], 100.0, np.nan, 101.0], h=4, model=model, differences=(1,), season=1, missing="kalman", origins=8)
    assert some.backtest.forecasts < 4 * some.backtest.origins
    assert some.backtest.mase > 0


@pytest.mark.parametrize("after", [20.0, 30.0])
@pytest.mark.parametrize("model", [ArmaOrders(), ArmaOrders(1, 1), "naive", "ses", "auto"])
def test_no_fitted_value_looks_ahead_over_a_gap(model, after):
    y = np.r_[np.tile([10.0, 12, 11, 14, 13], 4), np.nan, after, 19, 22, 21, 23, 25]
    found = ask(y, h=2, model=model, differences=(1,), season=1, missing="kalman", interval="model")
    assert np.isnan(found.fitted[20])
    if isinstance(model, ArmaOrders) and not model.p:
        assert found.fitted[21] == pytest.approx(13, abs=1e-4)
    elif not isinstance(model, ArmaOrders):
        assert np.isnan(found.fitted[21])
    assert np.isfinite(found.fitted[22])


def test_a_model_near_the_unit_circle_is_no_reason_to_refuse_gaps():
    """R's Arima fits these too; a trial of the search where the gaps cannot be told is passed by."""
    z = np.cumsum(np.random.default_rng(5).normal(size=120)) + 200
    s = np.full(120, np.nan)
    s[::3] = z[::3]
    auto, named = (ask(s, h=1, season=1, missing="kalman", model=model, differences=(1,)) for model in ("auto", ArmaOrders(2, 1)))
    assert np.isfinite(auto.forecast[0].se)
    assert named.model.log_lik > -65.86093 - 1e-4  # that of R 4.5: arima(s, c(2, 1, 1)), which has other peaks below
