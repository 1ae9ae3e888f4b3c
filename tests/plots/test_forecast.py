"""The picture of a forecast: what is on it, and that any answer can be drawn."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import orjson
import pytest

from kinds.forecast import ForecastSpec, answer
from plots import draw
from plots.forecast import figure
from plots.forecast_time import ticks
from science.deadline import no_deadline
from science.limits import Limits
from tests.science.forecast.asked import MONTHS
from tests.science.forecast.saved import series

PASSENGERS = {"y": series("AirPassengers").tolist(), "ds": list(MONTHS)}
AIRLINE = PASSENGERS | {"h": 24, "model": {"q": 1, "Q": 1}, "differences": [12, 1], "season": 12}
PNG = b"\x89PNG\r\n\x1a\n"


def computed(**asked):
    found = answer(ForecastSpec.model_validate(asked), {}, Limits(), no_deadline())
    return tuple(orjson.loads(orjson.dumps(part, option=orjson.OPT_SERIALIZE_NUMPY)) for part in (found.answer, found.picture))


ASKED = [
    AIRLINE,
    {"y": [3, 4, 4.5, 6, 5.5, 7, 8, 8.2, 9.1, 10], "ds": [str(2001 + i) for i in range(10)], "h": 6},
    {"y": [4.0] * 12, "h": 5},
    {"y": [5, 7, 6, 8, 9], "h": 1, "differences": []},
    PASSENGERS | {"h": 100, "differences": [12, 1, 1], "model": "theta", "level": [50, 80, 95, 99.9]},
    {"series": [{"unique_id": f"<{i}>", "y": [1, 4, 2, 5, 3 + i]} for i in range(15)] + [{"unique_id": "bad", "y": [1]}], "h": 3},
    {"series": [{"y": [1]}], "h": 3},
    {"y": [-1e99, 1e99, -1e99, 1e99, 5], "h": 3},
    {"y": [10, 12, 15, 13, 11, 16, 18, 19, 22, 24, 23, 27], "h": 4, "model": "holt", "transform": {"boxcox": -2}},  # nulls
]


@pytest.mark.parametrize("asked", ASKED)
def test_any_answer_can_be_drawn(asked):
    told, picture = computed(**asked)
    svg = draw("forecast", told, picture, "svg")
    root = ElementTree.fromstring(svg)
    assert root.find("{http://www.w3.org/2000/svg}title") is not None
    assert b"style=" not in svg
    assert draw("forecast", told, picture, "svg") == svg
    assert draw("forecast", told, picture, "png")[:8] == PNG


@pytest.fixture(scope="module")
def axes():
    return figure(*computed(**AIRLINE)).figure.axes


def test_a_cell_is_filled_where_the_anchor_is_a_forecast(axes):
    """Lags 12 then 1, 24 steps: real at lag 1 for the first step alone, at lag 12 for the first twelve."""
    filled = np.array([patch.get_facecolor()[:3] != (1, 1, 1) for patch in axes[1].patches]).reshape(24, 2)
    np.testing.assert_array_equal(filled[:, 0], np.arange(1, 25) > 1)
    np.testing.assert_array_equal(filled[:, 1], np.arange(1, 25) > 12)


def test_a_filled_cell_says_how_many_forecasts_it_stands_on(axes):
    numbers = [int(text.get_text()) for text in axes[1].texts]
    assert sorted(numbers) == sorted([*range(1, 24), *[1] * 12])


def test_the_levels_are_named_in_the_order_in_which_they_are_undone(axes):
    assert [label.get_text() for label in axes[1].get_yticklabels()] == ["diff[12], 1 earlier", "y, 12 earlier"]


def test_the_forecast_begins_at_the_last_value(axes):
    history, forecast = axes[0].lines[1].get_ydata(), axes[0].lines[2].get_ydata()
    assert forecast[0] == pytest.approx(history[-1], rel=1e-4)
    assert len(forecast) == 25


def test_without_differences_there_is_no_stack():
    assert len(figure(*computed(y=[5, 7, 6, 8, 9], h=2, differences=[])).figure.axes) == 1


STAMPS = [
    ([f"{2000 + i // 12}-{i % 12 + 1:02d}" for i in range(48)], ["2000", "2001", "2002", "2003"]),
    ([f"{2000 + i // 4}-Q{i % 4 + 1}" for i in range(12)], ["2000", "2001", "2002"]),
    ([1949 + i / 12 for i in range(49)], ["1949", "1950", "1951", "1952", "1953"]),
    ([f"2024-0{1 + i // 48}-{1 + i % 48 // 24:02d}T{i % 24:02d}:00Z" for i in range(48)], None),
    ([1], ["1"]),
]


@pytest.mark.parametrize(("stamps", "labels"), STAMPS)
def test_time_is_marked_at_beginnings(stamps, labels):
    places, told = ticks(stamps, 7)
    assert labels is None or told == labels
    assert len(places) == len(told)
    assert all(0 <= place < len(stamps) for place in places)
