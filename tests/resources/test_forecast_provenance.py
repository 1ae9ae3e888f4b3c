"""GET /forecast/provenance: the worked example and the saved stacks, over the wire."""

import numpy as np
import pytest

from resources.forecast_provenance import Provenance
from tests.science.forecast.saved import stacking


def told(ask, **query):
    response = ask("GET", "/forecast/provenance", query_string=query)
    assert response.status_code == 200, response.text
    Provenance.model_validate(response.json)
    return response.json


def test_the_worked_example(ask):
    """Lags 3 then 1 after four values: t = 5 alone is real at both levels, 5..7 at lag 3, t = 8 stands on a forecast."""
    steps = told(ask, n=4, lags="3,1", h=6)["steps"]
    assert [step["t"] for step in steps] == [5, 6, 7, 8, 9, 10]
    assert [step["all_real"] for step in steps] == [True] + [False] * 5
    assert [step["levels"][1]["real"] for step in steps] == [True] * 3 + [False] * 3
    assert [step["depth"] for step in steps] == [0, 1, 2, 4, 5, 6]
    np.testing.assert_allclose([step["se"] for step in steps], np.sqrt([1, 2, 3, 7, 11, 15]))
    assert steps[3]["levels"][1] == {"lag": 3, "of": "y", "anchor": 5, "real": False, "depth": 1, "base": 2}


@pytest.mark.parametrize("case", stacking()["cases"], ids=lambda case: case["name"])
def test_the_saved_stacks(ask, case):
    steps = told(ask, n=case["n"], lags=",".join(map(str, case["lags"])), h=len(case["provenance"]))["steps"]
    assert [(step["t"], step["depth"], step["all_real"]) for step in steps] == [
        (known["t"], known["depth_total"], known["all_real"]) for known in case["provenance"]
    ]
    assert [[level["base"] for level in step["levels"][::-1]] for step in steps] == [
        [level["real_base_t"] for level in known["levels"]] for known in case["provenance"]
    ]
    np.testing.assert_allclose([step["se"] for step in steps], np.sqrt(np.cumsum(np.square(case["c"])))[: len(steps)])


def test_it_needs_no_key_and_may_be_kept(client):
    response = client.get("/forecast/provenance?n=4&lags=3,1&h=6")
    assert response.status_code == 200
    assert "public" in response.headers["Cache-Control"]


BAD = [
    ({"n": 3, "lags": "3,1", "h": 6}, "?n", "needs at least 4"),
    ({"n": 0, "lags": "1", "h": 6}, "?n", "greater than or equal to 1"),
    ({"n": 10, "lags": "1", "h": 0}, "?h", "greater than or equal to 1"),
    ({"n": 10, "lags": "1", "h": 10**9}, "?h", "less than or equal to 1000"),
    ({"n": 1000, "lags": "1,2", "h": 1000}, "?h", "at most"),
    ({"n": 10, "lags": "0", "h": 6}, "?lags/0", "greater than or equal to 1"),
    ({"n": 10, "lags": "1,,2", "h": 6}, "?lags/1", "integer"),
    ({"n": 10, "lags": "1,1,1,1,1,1,1", "h": 6}, "?lags", "at most 6"),
    ({"n": 10, "h": 6}, "?lags", "required"),
    ({"n": 10, "lags": "1", "h": 6, "y": 1}, "?y", "no such field"),
]


@pytest.mark.parametrize(("query", "pointer", "detail"), BAD)
def test_what_is_wrong_is_named(ask, query, pointer, detail):
    response = ask("GET", "/forecast/provenance", query_string=query)
    assert response.status_code == 422, response.text
    assert pointer in {fault["pointer"] for fault in response.json["errors"]}
    assert detail in response.json["detail"]
