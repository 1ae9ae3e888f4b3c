"""POST and GET /regress, in production mode, on a real database."""

import csv
import io
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import orjson
import pytest

from kinds.regress import RegressAnswer, picture_of
from science.deadline import no_deadline
from science.limits import Limits
from science.regress import Spec, fit
from science.table import table_of_columns

IRIS_CSV = Path(__file__).parents[2].joinpath("store/samples/iris.csv").read_bytes()
ROWS = list(csv.DictReader(io.StringIO(IRIS_CSV.decode())))
IRIS = {name: [row[name] if name == "Species" else float(row[name]) for row in ROWS] for name in ROWS[0]}
RECORDS = [dict(zip(IRIS, row, strict=True)) for row in zip(*IRIS.values(), strict=True)]
FORMULA = "Sepal_Length ~ Sepal_Width + Petal_Length"

# R 4.2.2: summary(lm(Sepal.Length ~ Sepal.Width + Petal.Length, iris))
ESTIMATE = [2.24914016038323, 0.595524748743591, 0.471920039327133]
STD_ERROR = [0.247969626756195, 0.0693281623349654, 0.0171176790352501]
STATISTIC = [9.07022440532442, 8.58993991310859, 27.5691604191968]
# R 4.2.2: predict(fit, data.frame(Sepal.Width = 3, Petal.Length = 4), se.fit = TRUE, interval = ...)
PREDICTED = {
    "fit": 5.92339456392253,
    "std_error": 0.0275569187062185,
    "conf_low": 5.86893566328478,
    "conf_high": 5.97785346456028,
    "pred_low": 5.26249471447905,
    "pred_high": 6.58429441336601,
}


def column(answer, name):
    return [row[name] for row in answer["coefficients"]]


def post(ask, **body):
    return send(ask, {"formula": FORMULA, "data": IRIS} | body)


def send(ask, body, **given):
    """Send JSON with its columns in order: Flask's own test client sorts them."""
    return ask("POST", "/regress", data=orjson.dumps(body), content_type="application/json", **given)


def test_iris_gives_the_numbers_of_r(ask):
    answer = post(ask).json
    assert column(answer, "term") == ["(Intercept)", "Sepal_Width", "Petal_Length"]
    assert column(answer, "estimate") == pytest.approx(ESTIMATE, rel=1e-10)
    assert column(answer, "std_error") == pytest.approx(STD_ERROR, rel=1e-10)
    assert column(answer, "statistic") == pytest.approx(STATISTIC, rel=1e-10)
    assert answer["fit"]["aic"] == pytest.approx(101.025499819592, rel=1e-10)


def test_a_computed_answer_is_created_under_its_url(ask):
    response = post(ask)
    assert response.status_code == 201
    assert response.headers["Location"] == response.json["url"] == f"/results/{response.json['id']}"
    assert ask("GET", response.json["url"]).data == response.data


def test_an_answer_is_what_the_documents_say(ask):
    RegressAnswer.model_validate(post(ask, predict={"Sepal_Width": [3], "Petal_Length": [None]}).json)


def test_asking_again_answers_the_same_from_the_store(ask):
    first, second = post(ask), post(ask)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.data == second.data


SAME_QUESTION = [
    {"data": orjson.dumps({"data": IRIS, "formula": FORMULA}), "content_type": "application/json"},
    {"data": orjson.dumps({"data": RECORDS, "formula": FORMULA}), "content_type": "application/json"},
    {"data": IRIS_CSV, "content_type": "text/csv", "query_string": {"formula": FORMULA}},
    {"data": {"formula": FORMULA, "data": IRIS_CSV.decode()}, "content_type": "application/x-www-form-urlencoded"},
    {"data": {"formula": FORMULA, "data": orjson.dumps(IRIS).decode()}, "content_type": "multipart/form-data"},
]


@pytest.mark.parametrize("request_", SAME_QUESTION)
def test_the_same_question_has_the_same_id_however_it_is_sent(ask, request_):
    first = post(ask).json["id"]
    response = ask("POST", "/regress", **request_)
    assert response.json["id"] == first


def test_a_file_is_read(ask):
    form = {"formula": FORMULA, "data": (io.BytesIO(IRIS_CSV), "iris.csv")}
    assert ask("POST", "/regress", data=form, content_type="multipart/form-data").json["id"] == post(ask).json["id"]


def test_get_fits_stored_data_with_an_etag(ask):
    query = {"dataset": "iris", "formula": FORMULA}
    response = ask("GET", "/regress", query_string=query)
    assert response.status_code == 200
    assert column(response.json, "estimate") == pytest.approx(ESTIMATE, rel=1e-10)
    again = ask("GET", "/regress", query_string=query, headers={"If-None-Match": response.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_a_caching_proxy_may_keep_what_a_page_asked(client, site):
    response = client.get("/regress", query_string={"dataset": "iris", "formula": FORMULA}, headers=site.page_headers)
    assert response.headers["Cache-Control"] == "public, max-age=60"


def test_predictions_come_with_both_intervals(ask):
    answer = post(ask, predict={"Sepal_Width": [3], "Petal_Length": [4]}).json
    assert answer["predictions"] == [pytest.approx(PREDICTED, rel=1e-10)]


def test_a_prediction_that_lacks_a_value_is_null_and_keeps_its_place(ask):
    answer = post(ask, predict=[{"Sepal_Width": None, "Petal_Length": 4}, {"Sepal_Width": 3, "Petal_Length": 4}]).json
    assert [row["fit"] is None for row in answer["predictions"]] == [True, False]


def test_level_is_that_of_every_interval(ask):
    wide, narrow = post(ask, level=0.99).json, post(ask, level=0.5).json
    assert wide["coefficients"][1]["conf_low"] < narrow["coefficients"][1]["conf_low"]


def test_dropped_rows_are_told(ask):
    answer = post(ask, data={"y": [1, 2, None, 4, 6], "x": [1, 2, 3, None, 4]}, formula="y ~ x").json
    assert (answer["rows"], answer["nobs"], answer["rows_dropped"]) == (5, 3, 2)


def test_missing_values_can_be_refused(ask):
    response = post(ask, data={"y": [1, 2, 5], "x": [1, None, 3]}, formula="y ~ x", missing="refuse")
    assert response.status_code == 422
    assert "x" in response.json["detail"]


def test_an_aliased_column_is_null_and_named(ask):
    answer = post(ask, formula="Sepal_Length ~ Sepal_Width + I(2 * Sepal_Width)").json
    assert answer["coefficients"][2] == {
        "term": "I(2 * Sepal_Width)",
        **dict.fromkeys(("estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high")),
    }
    assert any(warning["code"] == "aliased" and "I(2 * Sepal_Width)" in warning["detail"] for warning in answer["warnings"])


def test_exact_arithmetic_is_another_question(ask):
    assert post(ask, precision="exact").json["id"] != post(ask).json["id"]


def test_accept_gives_the_answer_in_another_format_at_once(ask):
    response = send(ask, {"formula": FORMULA, "data": IRIS}, headers={"Accept": "text/plain"})
    assert response.status_code == 201
    assert "Residual standard error: 0.33329 on 147 degrees of freedom" in response.text


def test_an_unknown_format_is_refused(ask):
    response = send(ask, {"formula": FORMULA, "data": IRIS}, headers={"Accept": "application/pdf"})
    assert response.status_code == 406


def test_ttl_sets_an_expiry_that_asking_for_ever_takes_back(ask):
    answer = send(ask, {"formula": FORMULA, "data": IRIS}, query_string={"ttl": "1h"}).json
    assert ask("GET", "/results").json["results"][0]["expires_at"] is not None
    assert post(ask).json == answer
    assert ask("GET", "/results").json["results"][0]["expires_at"] is None


def test_strangers_may_compute_on_data_they_send_and_their_answers_expire(client):
    data = {"y": [1, 2, 4, 7.5], "x": [1, 2, 3, 4]}
    response = client.post("/regress", json={"formula": "y ~ x", "data": data})
    assert response.status_code == 201
    assert client.get(response.json["url"]).status_code == 200


def test_a_publishable_key_may_not_compute_on_data_it_sends(client, site):
    response = client.post("/regress", json={"formula": FORMULA, "data": IRIS}, headers=site.page_headers)
    assert response.status_code == 403


def test_a_model_of_groups_only_is_thinned_and_drawn(ask):
    """Many rows with few fitted values: what a picture keeps of them is written all the same."""
    many = {"y": [float(i % 7) for i in range(5000)], "g": ["a", "b"] * 2500}
    response = ask("POST", "/regress", json={"formula": "y ~ 1", "data": many})
    assert response.status_code == 201
    assert ask("GET", response.json["url"] + ".svg").status_code == 200


def test_head_tells_what_get_tells(ask):
    query = {"dataset": "iris", "formula": "Sepal_Length ~ Sepal_Width"}
    answers = [ask(method, "/regress", query_string=query) for method in ("HEAD", "GET")]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].headers["ETag"] == answers[1].headers["ETag"]


def test_an_expiry_is_moved_as_far_as_the_longest_asks(ask):
    body = {"formula": FORMULA, "data": IRIS}
    send(ask, body, query_string={"ttl": "2s"})
    send(ask, body, query_string={"ttl": "12h"})
    listed = ask("GET", "/results").json["results"][0]
    kept = datetime.fromisoformat(listed["expires_at"]) - datetime.fromisoformat(listed["created_at"])
    assert kept > timedelta(hours=11)


def test_a_publishable_keys_answers_expire(client, site):
    client.get("/regress", query_string={"dataset": "iris", "formula": "Sepal_Length ~ 1"}, headers=site.page_headers)
    assert client.get("/results", headers=site.headers).json["results"][0]["expires_at"] is not None


def test_a_query_beside_a_json_body_is_not_ignored(ask):
    response = send(ask, {"formula": FORMULA, "data": IRIS}, query_string={"level": "0.5", "foo": "1"})
    assert response.status_code == 422


def test_the_same_question_at_once_is_computed_once(application, site):
    """A dear one: the second waits for the first and answers from the store."""
    body = orjson.dumps({"formula": "y ~ poly(x, 9)", "data": {"y": list(range(20_000)), "x": [i % 97 for i in range(20_000)]}})

    def post(_: int) -> int:
        given = {"data": body, "content_type": "application/json", "headers": site.headers}
        return application.test_client().post("/regress", **given).status_code

    with ThreadPoolExecutor(3) as threads:
        assert sorted(threads.map(post, range(3))) == [200, 200, 201]


@pytest.mark.parametrize("accept", ["application/json; charset=utf-8", "text/csv;header=present", "application/*"])
def test_parameters_of_accept_are_no_obstacle(ask, accept):
    assert send(ask, {"formula": FORMULA, "data": IRIS}, headers={"Accept": accept}).status_code in (200, 201)
    assert ask("GET", "/datasets", headers={"Accept": "application/json; charset=utf-8"}).status_code == 200


CURVES = [("y ~ x", True), ("y ~ poly(x, 2)", True), ("y ~ factor(g)", False), ("y ~ lag(x, 1)", False), ("y ~ x + z", False)]


@pytest.mark.parametrize(("formula", "drawn"), CURVES)
def test_a_curve_is_drawn_only_over_one_number(formula, drawn):
    numbers = {"y": [1.0, 2.5, 2.9, 4.2, 5.1, 7.0], "x": [1, 2, 3, 4, 5, 6], "z": [1, 0, 2, 1, 0, 4], "g": [1, 2, 1, 2, 1, 2]}
    table = table_of_columns(numbers, Limits())
    picture = picture_of(fit(Spec(formula), table, Limits(), no_deadline()), table)
    assert ("x" in picture) == drawn
