"""A fitted series travels as JSON and arrays, and its forecast comes back to the last bit."""

import json

import numpy as np
import pytest

from errors import InvalidInput, RefitNeeded
from science.deadline import no_deadline
from science.forecast.engine import fit, forecast
from science.forecast.fitted import tell
from science.forecast.spec import ArmaOrders, BoxCox, Series, Spec
from science.forecast.stored import CODEC, from_parameters, to_parameters
from science.limits import Limits
from tests.science.forecast.asked import MONTHS
from tests.science.forecast.saved import series

PASSENGERS = Series(series("AirPassengers"), MONTHS, "planes")
GAP = Series(np.where(np.arange(144) % 50 == 9, np.nan, series("AirPassengers")), MONTHS)
FITS = [
    (PASSENGERS, Spec(h=12, aggregate=((1, 12),))),
    (PASSENGERS, Spec(h=7, model=ArmaOrders(q=1, Q=1), differences=(12, 1), transform="log", interval="model")),
    (PASSENGERS, Spec(h=7, model="theta", transform=BoxCox(0.3), interval="bootstrap", seed=3)),
    (GAP, Spec(h=5, missing="kalman")),
    (Series(series("Nile")), Spec(h=5, model="drift")),
    (Series(np.full(9, 4.0)), Spec(h=3)),
]


def fitted(asked, spec):
    return fit(spec, asked, Limits(), no_deadline())


@pytest.mark.parametrize(("asked", "spec"), FITS)
def test_a_restored_fit_tells_the_fresh_forecast(asked, spec):
    document, arrays = to_parameters(fitted(asked, spec))
    back = tell(from_parameters(json.loads(json.dumps(document, allow_nan=False)), arrays))
    fresh = forecast(spec, asked, Limits(), no_deadline())
    assert (back.forecast, back.sums, back.stamps) == (fresh.forecast, fresh.sums, fresh.stamps)
    np.testing.assert_array_equal(back.fitted, fresh.fitted)
    assert (back.warnings, back.differences, back.intervals) == (fresh.warnings, fresh.differences, fresh.intervals)


@pytest.mark.parametrize(("asked", "spec"), FITS)
def test_fewer_steps_are_the_first_of_them(asked, spec):
    whole = fitted(asked, spec)
    assert tell(whole, h=2).forecast == tell(whole).forecast[:2]


def test_other_levels_can_be_told_of_the_same_fit():
    known = fitted(PASSENGERS, Spec(h=3, level=(80.0, 95.0)))
    one = tell(known, level=(95.0,)).forecast
    assert [row.lo[95.0] for row in one] == [row.lo[95.0] for row in tell(known).forecast]


def test_more_steps_than_the_fit_is_for_are_refused():
    with pytest.raises(InvalidInput, match="fitted for 3 steps"):
        tell(fitted(PASSENGERS, Spec(h=3)), h=4)


def test_the_arrays_need_no_pickle():
    _, arrays = to_parameters(fitted(PASSENGERS, Spec(h=3)))
    assert all(array.dtype != object for array in arrays.values())


@pytest.mark.parametrize(
    "document",
    [
        {"format": 99, "fit": {}},
        {"format": 1, "fit": {}},
        {"format": CODEC.format, "fit": {"type": "Popen", "fields": {}}},
        {"format": CODEC.format, "fit": {"type": "Fitted", "fields": {"spec": 1}}},
        {"format": CODEC.format, "fit": [1]},
        {"format": CODEC.format},
    ],
)
def test_what_this_version_does_not_read_asks_for_a_new_fit(document):
    with pytest.raises(RefitNeeded):
        from_parameters(document, {})
