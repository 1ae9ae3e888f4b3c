"""POST and GET /forecast, in production mode, on a real database."""

import numpy as np
import pytest

from kinds.forecast_answer import ForecastAnswer
from tests.science.forecast.asked import MONTHS
from tests.science.forecast.saved import reference, series

PASSENGERS = series("AirPassengers").tolist()
AIRLINE = {"model": {"q": 1, "Q": 1}, "differences": [12, 1], "season": 12}


def forecast(ask, status=201, **body):
    response = ask("POST", "/forecast", json=body)
    assert response.status_code == status, response.text
    return response.json


def column(answer, name):
    return [row[name] for row in answer["forecast"]]


def test_the_smallest_question_is_answered(ask):
    answer = forecast(ask, y=PASSENGERS, h=6)
    ForecastAnswer.model_validate(answer)
    assert column(answer, "ds") == [145, 146, 147, 148, 149, 150]
    assert answer["differences"]["applied"] == [12, 1]
    assert answer["fitted"][:13] == [None] * 13
    assert None not in answer["fitted"][13:]


def test_air_passengers_in_logs_gives_the_numbers_of_forecast_arima(ask):
    """forecast 8.20: Arima(AirPassengers, c(0,1,1), c(0,1,1), lambda = 0)."""
    options = {"transform": "log", "interval": "model", "likelihood": "r"}
    answer = forecast(ask, y=PASSENGERS, ds=MONTHS, h=24, **AIRLINE, **options)
    known = reference("AirPassengers_lambda0")["h24"]
    np.testing.assert_allclose(column(answer, "median"), known["mean"], rtol=1e-4)
    np.testing.assert_allclose([row["lo"]["95"] for row in answer["forecast"]], known["lower95"], rtol=2e-4)
    assert answer["model"]["coefficients"] == {"ma1": pytest.approx(-0.4018, abs=2e-4), "sma1": pytest.approx(-0.5569, abs=2e-4)}
    assert answer["model"]["name"] == "ARIMA(0,1,1)(0,1,1)[12]"


def test_each_step_tells_its_anchors_by_their_timestamps(ask):
    answer = forecast(ask, y=PASSENGERS, ds=MONTHS, h=13, **AIRLINE)
    first, last = answer["forecast"][0]["stack"], answer["forecast"][12]["stack"]
    assert first["levels"] == [
        {"lag": 1, "of": "diff[12]", "anchor": "1960-12", "real": True, "depth": 0},
        {"lag": 12, "of": "y", "anchor": "1960-01", "real": True, "depth": 0},
    ]
    assert (first["all_real"], last["all_real"]) == (True, False)
    assert last["levels"][1] == {"lag": 12, "of": "y", "anchor": "1961-01", "real": False, "depth": 1}
    assert last["depth"] == 13


def test_get_answers_about_stored_data_and_finds_the_columns(ask):
    query = {"dataset": "AirPassengers", "h": 12, "differences": "12,1"}
    response = ask("GET", "/forecast", query_string=query)
    assert response.status_code == 200, response.text
    assert response.json["columns"] == {"y": "y", "ds": "t", "unique_id": None}
    named = ask("GET", "/forecast", query_string=query | {"y": "y", "ds": "t"})
    assert named.json["forecast"] == response.json["forecast"]
    assert response.json["forecast"][0]["ds"] == pytest.approx(1961, abs=1e-3)
    assert "max-age" in response.headers["Cache-Control"] or "no-cache" in response.headers["Cache-Control"]
    again = ask("GET", "/forecast", query_string=query, headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304


CSV = "month,sold\n" + "".join(f"{month},{value:g}\n" for month, value in zip(MONTHS, PASSENGERS, strict=True))
SENT = [
    {"data": CSV, "content_type": "text/csv", "query_string": {"h": 3, "level": "95"}},
    {"data": {"data": CSV, "h": "3", "level": "95"}},
    {"data": {"data": CSV, "h": "3", "level": "95"}, "content_type": "multipart/form-data"},
    {"data": {"y": str(PASSENGERS), "ds": str(list(MONTHS)).replace("'", '"'), "h": "3", "level": "95"}},
    {"json": {"data": [{"month": m, "sold": v} for m, v in zip(MONTHS, PASSENGERS, strict=True)], "h": 3, "level": [95]}},
    {"json": {"data": {"month": MONTHS, "sold": PASSENGERS}, "h": 3, "level": [95], "y": "sold", "ds": "month"}},
    {"json": {"y": PASSENGERS, "ds": MONTHS, "h": 3, "level": [95]}},
]


@pytest.mark.parametrize("sent", SENT)
def test_the_same_series_gives_the_same_forecast_however_it_is_sent(ask, sent):
    response = ask("POST", "/forecast", **sent)
    assert response.status_code in (200, 201), response.text
    assert column(response.json, "ds") == ["1961-01", "1961-02", "1961-03"]
    assert list(response.json["forecast"][0]["lo"]) == ["95"]
    assert column(response.json, "median") == pytest.approx([447.5, 424, 480], rel=0.03)
