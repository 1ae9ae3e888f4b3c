"""POST and GET /forecast, in production mode, on a real database."""

import re

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


BATCH = [
    {"unique_id": "a", "ds": ["2020", "2021", "2022", "2023", "2024"], "y": [1, 2, 4, 3, 5]},
    {"unique_id": "b", "ds": ["2020", "2021"], "y": [1, 2]},
    {"unique_id": "c", "ds": ["2020", "2021", "2022", "2023", "2022"], "y": [1, 2, 4, 3, 5]},
    {"unique_id": "d", "y": [1, "two", 4, 3, 5]},
    {"unique_id": "e", "y": [7, 6, 8, 9, 7]},
]


def test_of_many_series_one_bad_one_answers_its_own_error(ask):
    answer = forecast(ask, series=BATCH, h=2)
    ForecastAnswer.model_validate(answer)
    assert [one["unique_id"] for one in answer["series"]] == list("abcde")
    assert ["error" in one for one in answer["series"]] == [False, True, True, True, False]
    faults = [one["error"]["errors"][0]["pointer"] for one in answer["series"] if "error" in one]
    assert faults == ["/series/1/y", "/series/2/ds/4", "/series/3/y/1"]
    assert "needs at least 4" in answer["series"][1]["error"]["detail"]
    assert answer["refused"] == 3
    assert [row["ds"] for row in answer["series"][0]["forecast"]] == ["2025", "2026"]


def test_a_series_of_many_gives_the_numbers_that_it_gives_alone(ask):
    many = forecast(ask, series=BATCH, h=2)
    assert many["series"][0]["forecast"] == forecast(ask, y=BATCH[0]["y"], ds=BATCH[0]["ds"], h=2)["forecast"]


ROWS = "unique_id,ds,y\n" + "".join(
    f"{one['unique_id']},{ds},{y}\n" for one in BATCH[:3] for ds, y in zip(one["ds"], one["y"], strict=True)
)


def test_rows_of_many_series_are_told_apart_by_their_id(ask):
    response = ask("POST", "/forecast", data=ROWS, content_type="text/csv", query_string={"h": 2})
    assert response.status_code == 201, response.text
    by_id = {one["unique_id"]: one for one in response.json["series"]}
    assert by_id["a"]["forecast"][0]["median"] == forecast(ask, series=BATCH, h=2)["series"][0]["forecast"][0]["median"]
    assert by_id["b"]["error"]["errors"] == [{"pointer": "/data/y", "detail": by_id["b"]["error"]["detail"]}]
    assert by_id["c"]["error"]["errors"][0]["pointer"] == "/data/ds/11"


def test_a_thousand_series_are_one_answer(ask):
    one = [1.0, 3.0, 2.0, 4.0, 5.0, 4.0]
    answer = forecast(
        ask, series=[{"unique_id": str(i), "y": [i + value for value in one]} for i in range(1000)], h=2, model="naive"
    )
    assert len(answer["series"]) == 1000
    assert answer["refused"] == 0


def test_a_sum_over_steps_has_the_interval_of_its_shocks(ask):
    answer = forecast(ask, y=PASSENGERS, h=12, aggregate=[[1, 12]], **AIRLINE)
    (year,) = answer["sums"]
    assert year["median"] == pytest.approx(sum(column(answer, "median")))
    assert year["se"] < sum(column(answer, "se"))


def test_gaps_are_bridged_when_the_caller_says_so(ask):
    y = [*PASSENGERS[:100], None, *PASSENGERS[101:]]
    answer = forecast(ask, y=y, h=3, missing="kalman")
    assert answer["fitted"][100] is None
    assert any(warning["code"] == "gaps_bridged" for warning in answer["warnings"])


def test_regressors_over_the_series_and_the_horizon_give_r_s_numbers(ask):
    """R: arima(Nile, c(1, 0, 0), xreg = year >= 1899, method = "ML")."""
    dam = {"dam": [float(year >= 1899) for year in range(1871, 1971)]}
    answer = forecast(
        ask, y=series("Nile").tolist(), h=2, x=dam, x_future={"dam": [1, 1]}, model={"p": 1}, differences=[], season=1
    )
    assert answer["model"]["coefficients"] == pytest.approx({"ar1": 0.15963, "intercept": 1098.517, "dam": -249.075}, rel=2e-4)
    assert answer["model"]["std_errors"] == pytest.approx({"ar1": 0.098605, "intercept": 27.855, "dam": 32.804}, rel=2e-3)
    assert answer["model"]["log_lik"] == pytest.approx(-624.5389779, abs=1e-4)


def test_a_constant_series_is_answered_without_width_and_warned_of(ask):
    answer = forecast(ask, y=[4] * 10, h=3)
    assert [(row["median"], row["lo"]["95"], row["hi"]["95"]) for row in answer["forecast"]] == [(4, 4, 4)] * 3
    assert [warning["code"] for warning in answer["warnings"]] == ["constant"]
    assert answer["intervals"] == {"method": "model", "multiplier": 1, "last_multiplier": 1, "origins": 0, "df": None}


def test_the_text_says_how_much_wider_the_intervals_are_made(ask):
    widened = ask("POST", "/forecast", json={"y": GOOD, "h": 3}, headers={"Accept": "text/plain"}).text
    assert re.search(r"calibrated, standard errors 1\.\d+ to [12]\.\d+ times the model's own .*Student's t with 5 df", widened)
    own = ask("POST", "/forecast", json={"y": GOOD, "h": 3, "interval": "model"}, headers={"Accept": "text/plain"}).text
    assert "Intervals: model\n" in own


FORMATS = [
    (["2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30", "2024-05-31"], ["2024-06-30", "2024-07-31"]),
    (["2024-Q1", "2024-Q2", "2024-Q3", "2024-Q4", "2025-Q1"], ["2025-Q2", "2025-Q3"]),
    ([f"2024-03-{day} {hour}:00+02:00" for day, hour in (("09", 21), ("09", 22), ("09", 23), ("10", "00"), ("10", "01"))],
     ["2024-03-10 02:00+02:00", "2024-03-10 03:00+02:00"]),
    ([1999, 2000, 2001, 2002, 2003], [2004, 2005]),
    (["2024-02-25", "2024-02-26", "2024-02-27", "2024-02-28", "2024-02-29"], ["2024-03-01", "2024-03-02"]),
]  # fmt: skip


@pytest.mark.parametrize(("given", "continued"), FORMATS)
def test_timestamps_go_on_in_their_own_format(ask, given, continued):
    answer = forecast(ask, y=[3, 5, 4, 6, 5], ds=given, h=2)
    assert column(answer, "ds") == continued
    assert answer["last"] == given[-1]


GOOD = [3, 5, 4, 6, 5, 7, 6, 8]
DAYS = [f"2024-02-{day:02d}" for day in range(1, 9)]
BAD = [
    # what is sent, where the fault is, a part of what is told
    ({"y": [1, 2, 3], "differences": [3, 1]}, "/y", "needs at least 6"),
    ({"y": GOOD, "differences": [9]}, "/y", "needs at least 11"),
    ({"y": [1, 2]}, "/y", "needs at least 4"),
    ({"y": []}, "/y", "no values"),
    ({"y": [1, 2, None, 4, 5]}, "/y/2", "missing"),
    ({"y": [1, 2, "3", 4, 5]}, "/y/2", "not a number"),
    ({"y": [1, 2, True, 4, 5]}, "/y/2", "not a number"),
    ({"y": [1, 2, [3], 4, 5]}, "/y/2", "not a number"),
    ({"y": [1, 2, 1e101, 4, 5]}, "/y/2", "larger unit"),
    ({"y": [None] * 5, "missing": "kalman"}, "/y", "every value is missing"),
    ({"y": [0, 1, 2, 3, 4], "transform": "log"}, "/y/0", "above zero"),
    ({"y": "sold"}, "/y", "one place"),
    ({"h": 0}, "/h", "greater than or equal to 1"),
    ({"h": -1}, "/h", "greater than or equal to 1"),
    ({"h": 10**9}, "/h", "less than or equal to 1000"),
    ({"h": "6"}, "/h", "integer"),
    ({"h": None}, "/h", "integer"),
    ({"differences": [0]}, "/differences", "greater than or equal to 1"),
    ({"differences": [1, -3]}, "/differences", "greater than or equal to 1"),
    ({"differences": [1] * 7}, "/differences", "at most 6"),
    ({"differences": "some"}, "/differences", "auto"),
    ({"level": [95, 101]}, "/level/1", "less than or equal to 99.9"),
    ({"level": []}, "/level", "at least 1"),
    ({"level": [90.12345]}, "/level/0", "at most 3 decimals"),
    ({"season": 0}, "/season", "greater than or equal to 1"),
    ({"season": 1.5}, "/season", "or a whole number"),
    ({"differences": 5}, "/differences", "or a list"),
    ({"model": {"x": 1}}, "/model/x", "known are p, q, P, Q"),
    ({"model": "magic"}, "/model", "'naive'"),
    ({"model": {"p": 9}}, "/model", "less than or equal to 5"),
    ({"model": {"P": 1}, "season": 1}, "/season", "need a season"),
    ({"model": "snaive", "season": 1}, "/season", "needs a season"),
    ({"transform": {"boxcox": 9}}, "/transform", "less than or equal to 5"),
    ({"interval": "wide"}, "/interval", "'bootstrap'"),
    ({"aggregate": [[2, 4]]}, "/aggregate/0", "between 1 and h"),
    ({"aggregate": [[2]]}, "/aggregate/0", "at least 2"),
    ({"backtest": {"origins": 0}}, "/backtest/origins", "greater than or equal to 1"),
    ({"ds": DAYS[:-1]}, "/ds", "7 timestamps for 8 values"),
    ({"ds": [*DAYS[:6], "2024-02-30", "2024-02-31"]}, "/ds/6", "does not exist"),
    ({"ds": [*DAYS[:3], DAYS[2], *DAYS[4:]]}, "/ds/3", "the same as the one before"),
    ({"ds": DAYS[::-1]}, "/ds/1", "sort them"),
    ({"ds": [*DAYS[:7], "2024-03-09"]}, "/ds/7", "timestamps are missing"),
    ({"ds": [*DAYS[:7], "tomorrow"]}, "/ds/7", "must be a number"),
    ({"ds": [*DAYS[:7], None]}, "/ds/7", "must be a number"),
    ({"ds": [f"2024-02-01T0{i}:00{'+01:00' if i < 5 else 'Z'}" for i in range(8)]}, "/ds/5", "time zone"),
    ({"ds": [f"{9995 + i}" for i in range(5)], "y": GOOD[:5]}, "/h", "beyond the year 9999"),
    ({"x": {"price": [1] * 8}}, "/x_future", "same columns"),
    ({"x": {"price": [1] * 7}, "x_future": {"price": [1, 2]}}, "/x/price", "7 values; 8 are needed"),
    ({"x": {"price": [1] * 8}, "x_future": {"price": [1]}}, "/x_future/price", "1 values; 2 are needed"),
    ({"x": {"price": [1] * 8}, "x_future": {"price": [1, 2]}, "model": "theta"}, "/model", "need the model"),
    ({"x": {"price": [1] * 8}, "x_future": {"price": [1, 1]}, "model": "arma", "differences": [1]}, "/x", "depend on each other"),
    ({"series": [{"y": GOOD}]}, "/y", "one place"),
    ({"data": {"y": GOOD}}, "/y", "one place"),
    ({"y": None}, "/y", "one place"),
    ({"y": None, "series": []}, "/series", "1 to 1000"),
    ({"y": None, "series": [3]}, "/series/0", "object"),
    ({"y": None, "series": [{"unique_id": 3, "y": GOOD}]}, "/series/0/unique_id", "text"),
    ({"y": None, "series": [{"unique_id": "a", "y": GOOD}] * 2}, "/series/1/unique_id", "same unique_id"),
    ({"y": None, "series": [{"unique_id": str(i), "y": GOOD} for i in range(100)], "h": 1000}, "/h", "at most 50000"),
    ({"y": None, "data": {"a": GOOD, "b": GOOD}}, "/y", "name the column"),
    ({"y": "c", "data": {"a": GOOD}}, "/y", "there are a"),
    ({"y": "a", "data": {"a": ["x"] * 8}}, "/y", "texts"),
    ({"y": "a", "data": {"a": [*GOOD[:7], None]}}, "/data/a/7", "missing"),
    ({"y": "a", "ds": "when", "data": {"a": GOOD, "when": [*DAYS[:7], "2024-02-30"]}}, "/data/when/7", "does not exist"),
    ({"dataset": "AirPassengers", "data": {"y": GOOD}, "y": None}, "/data", "either data or dataset"),
    ({"unique_id": "shop"}, "/unique_id", "column of data"),
    ({"horizon": 3}, "/horizon", "no such field"),
    ({"differences": [0]}, "/differences/0", "greater than or equal to 1"),
    ({"differences": [1] * 20}, "/differences", "at most 6"),
    ({"differences": [5, 5]}, "/y", "needs at least 12"),
    ({"model": {"p": 99}}, "/model/p", "less than or equal to 5"),
    ({"levels": [95]}, "/levels", "did you mean level?"),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "pointer", "told"), BAD)
def test_what_is_wrong_is_named(ask, wrong, pointer, told):
    response = ask("POST", "/forecast", json={"y": GOOD, "h": 2} | wrong)
    assert response.status_code == 422, response.text
    assert response.mimetype == "application/problem+json"
    faults = response.json["errors"]
    assert any(fault["pointer"].startswith(pointer) for fault in faults), faults
    assert all("[" not in fault["pointer"] and "-" not in fault["pointer"] for fault in faults), (
        faults
    )  # a field, no way to read it
    assert told in response.json["detail"]


def test_a_million_values_are_refused_before_anything_is_built(ask):
    body = b'{"h": 1, "y": [' + b",".join([b"1"] * 10**6) + b"]}"
    response = ask("POST", "/forecast", data=body, content_type="application/json")
    assert response.status_code == 422
    assert ("max_rows" in response.json["detail"], response.json["errors"][0]["pointer"]) == (True, "/y")


def test_more_than_a_thousand_series_are_refused(ask):
    response = ask("POST", "/forecast", json={"h": 1, "series": [{"unique_id": str(i), "y": [1, 2]} for i in range(1001)]})
    assert (response.status_code, response.json["errors"][0]["pointer"]) == (422, "/series")


def test_timestamps_may_be_more_than_a_factor_s_levels(ask):
    stamps = np.datetime_as_string(np.datetime64("2020-01-01T00:00") + 60 * np.arange(10_500), unit="m").tolist()
    data = {"when": stamps, "load": np.sin(np.arange(10_500) / 24 * 2 * np.pi).round(3).tolist()}
    answer = forecast(ask, data=data, y="load", ds="when", h=2, model="snaive")
    assert column(answer, "ds") == ["2021-03-13T12:00", "2021-03-13T13:00"]


def test_no_value_is_echoed(ask):
    response = ask("POST", "/forecast", json={"y": [1, "SECRET"], "ds": ["SECRET", "x"], "h": "SECRET", "model": "SECRET"})
    assert response.status_code == 422
    assert b"SECRET" not in response.data


QUERIES = [
    ({"h": "12", "differences": "12,1", "level": "80,95", "model": '{"q":1,"Q":1}', "season": "12"}, 200),
    ({"h": "12", "model": "theta", "transform": "log", "aggregate": "[[1,12]]", "backtest": '{"origins":4}'}, 200),
    ({"h": "12", "differences": "0"}, 422),
    ({"h": "12", "model": "{"}, 422),
    ({"h": "many"}, 422),
    ({}, 422),
    ({"h": "12", "y": "nothing"}, 422),
]


@pytest.mark.parametrize(("query", "status"), QUERIES)
def test_a_query_string_says_it_too(ask, query, status):
    response = ask("GET", "/forecast", query_string={"dataset": "AirPassengers"} | query)
    assert response.status_code == status, response.text


def test_every_format_of_a_kept_forecast(ask):
    url = forecast(ask, y=PASSENGERS, ds=MONTHS, h=3, **AIRLINE)["url"]
    text = ask("GET", url + ".txt").text
    assert "Point Forecast" in text
    assert "ARIMA(0,1,1)(0,1,1)[12]" in text
    lines = ask("GET", url + ".csv").text.splitlines()
    assert lines[0] == "ds,median,mean,lo_80,hi_80,lo_95,hi_95,depth,all_real"
    assert len(lines) == 4
    assert "<table>" in ask("GET", url + ".html").text
    assert ask("GET", url + ".svg").text.startswith("<svg")
    assert ask("GET", url + ".png").data[:4] == b"\x89PNG"


def test_the_csv_of_many_has_the_rows_of_all(ask):
    response = ask("POST", "/forecast", json={"series": BATCH, "h": 2}, headers={"Accept": "text/csv"})
    assert [line.split(",")[0] for line in response.text.splitlines()] == ["unique_id", "a", "a", "e", "e"]


def test_the_same_question_is_answered_from_the_store(ask):
    first = ask("POST", "/forecast", json={"y": GOOD, "h": 2})
    again = ask("POST", "/forecast", json={"h": 2, "y": GOOD})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json == again.json


def test_a_seed_matters_only_to_the_bootstrap(ask):
    def told(**more):
        return forecast(ask, status=201, y=GOOD, h=2, **more)

    assert told(interval="bootstrap", seed=1)["forecast"] != told(interval="bootstrap", seed=2)["forecast"]
    assert forecast(ask, y=GOOD, h=2, seed=1)["id"] == forecast(ask, status=200, y=GOOD, h=2, seed=2)["id"]
