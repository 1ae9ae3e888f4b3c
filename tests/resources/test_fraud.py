"""Payments over HTTP: scored with their reasons, each row by itself, by the site's own detector or the sample one."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys

import numpy as np
import pytest

from resources.fraud_scoring import sample
from resources.service import EXTENSION
from science.fraud.fit import score, shares
from store import keys, models, payments, sample_detector
from store.engine import reading, writing
from tests.jobs.refits import decided
from tests.kinds.samples import sample as sample_data
from tests.resources.conftest import engine_of, new_site
from tests.serving import ROOT

MEGABYTES = 20  # that the web process may gain
COLUMNS = [*(f"V{number}" for number in range(1, 29)), "Amount"]
SPEC = {"columns": COLUMNS, "label": "Class", "time": "Time", "weight": "weight", "detector": "mahalanobis"}
BODY = {"kind": "fraud", "dataset": "payments", "spec": SPEC, "refit": "manual"}
LEGITIMATE = 0
FRAUDS = np.flatnonzero(sample_data("payments")["Class"].values)
STOLEN = int(FRAUDS[np.argmin(sample_data("payments")["V14"].values[FRAUDS])])  # the most unusual of V14


def payment(place, **changed):
    table = sample_data("payments")
    return {name: table[name].values[place] for name in COLUMNS} | changed


@pytest.fixture(scope="module")
def shop(application):
    """A site with a detector that has a version, and one that has none."""
    site = new_site(application)
    client = application.test_client()
    for name in ("cards", "untrained"):
        assert client.put(f"/models/{name}", json=BODY, headers=site.headers).status_code == 201
    public = client.put("/models/public", json=BODY | {"public": True}, headers=site.headers)
    assert public.status_code == 201
    for name in ("cards", "public"):
        assert decided(engine_of(application), model_of(application, site, name)).state == "promoted"
    return site


def model_of(application, site, name="cards"):
    with reading(engine_of(application)) as connection:
        return models.find(connection, site.id, name)


@pytest.fixture
def score_of(client, shop):
    """Score with the shop's key: a status and an answer."""

    def send(body, path="/fraud", headers=None, **given):
        given = given or {"json": {"model": "cards", **body} if path == "/fraud" else body}
        response = client.post(path, headers=headers or shop.headers, **given)
        return response.status_code, response.json

    return send


def test_a_stolen_card_is_told_from_a_legitimate_payment_with_reasons(score_of):
    status, told = score_of({"transactions": [payment(LEGITIMATE, id="a"), payment(STOLEN, id="b")]})
    assert status == 200
    usual, stolen = told["results"]
    assert [usual["id"], stolen["id"]] == ["a", "b"]
    assert (usual["risk_level"], usual["alert"]) == ("low", False)
    assert (stolen["risk_level"], stolen["alert"]) == ("high", True)
    assert len(stolen["reasons"]) == 3
    assert stolen["probability"] is None
    assert told["summary"] == {"rows": 2, "scored": 2, "alerts": 1}


def test_a_reason_tells_what_was_seen_and_expected(score_of):
    _, told = score_of({"transactions": [payment(STOLEN)], "reasons": 20})
    for reason in told["results"][0]["reasons"]:
        assert reason["observed"] == payment(STOLEN)[reason["column"]]
        assert reason["direction"] == ("high" if reason["observed"] > reason["expected"] else "low")
    shares = [reason["share"] for reason in told["results"][0]["reasons"]]
    assert shares == sorted(shares, reverse=True)


def test_a_score_over_http_is_the_sciences_own(application, shop, score_of):
    _, told = score_of({"transactions": [payment(place) for place in range(50)], "reasons": 0})
    model = model_of(application, shop)
    kept = application.extensions[EXTENSION].fits.get(model.live, "fraud", engine_of(application))
    X = np.array([list(payment(place).values()) for place in range(50)])
    assert [each["risk_score"] for each in told["results"]] == score(kept.fit, X).risk.round(2).tolist()


def test_alerts_follow_from_the_score_that_is_read(score_of):
    rows = [payment(place) for place in range(200)]
    _, told = score_of({"transactions": rows, "reasons": 0})
    for at in sorted({each["risk_score"] for each in told["results"]})[::40]:  # thresholds that some rows just reach
        _, again = score_of({"transactions": rows, "reasons": 0, "threshold": {"mode": "score", "value": at}})
        assert [each["alert"] for each in again["results"]] == [each["risk_score"] >= at for each in told["results"]]


def test_columns_rows_csv_and_the_models_own_address_give_the_same_scores(score_of):
    rows = [payment(place) for place in range(20)]
    columns = {name: [row[name] for row in rows] for name in COLUMNS}
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerows(row.values() for row in rows)
    csv_body = {"data": out.getvalue(), "content_type": "text/csv"}
    form = {"data": {"model": "cards", "data": (io.BytesIO(out.getvalue().encode()), "p.csv")}}
    answers = [
        score_of({"transactions": rows}),
        score_of({"data": rows}),
        score_of({"data": columns}),
        score_of({}, **csv_body, query_string={"model": "cards"}),
        score_of({}, **form),
        score_of({"data": columns}, path="/models/cards/predict"),
        score_of({"transactions": rows}, path="/models/cards/predict"),
        score_of({}, path="/models/cards/predict", **csv_body),
    ]
    assert [status for status, _ in answers] == [200] * 8
    assert all(told["results"] == answers[0][1]["results"] for _, told in answers)


THRESHOLDS = [
    ({"mode": "score", "value": 75}, 75, 1e-3),
    ({"mode": "alert_rate", "value": 0.02}, 42.474250108400466, 0.02),  # -25 log10 0.02
    ({"mode": "alert_rate"}, 50, 0.01),
    (None, 50, 0.01),
]


@pytest.mark.parametrize(("asked", "at", "rate"), THRESHOLDS)
def test_a_threshold_is_echoed_with_its_expected_alert_rate(score_of, asked, at, rate):
    _, told = score_of({"transactions": [payment(STOLEN)], "threshold": asked})
    assert told["threshold"]["score"] == pytest.approx(at)
    assert told["threshold"]["expected_alert_rate"] == pytest.approx(rate)


def test_dear_frauds_lower_the_threshold(score_of):
    at = []
    for missed in (1.0, 1e6):
        threshold = {"mode": "cost", "false_alarm": 10.0, "missed": missed}
        at.append(score_of({"transactions": [payment(0)], "threshold": threshold})[1]["threshold"]["score"])
    assert at[0] > at[1]


ROWS = [
    ({"V3": None}, "missing", ["V3"]),
    ({"V3": ...}, "missing", ["V3"]),  # not sent
    ({"Amount": "12.50 EUR"}, "text", ["Amount"]),
    ({"Amount": True}, "text", ["Amount"]),
    ({"Amount": 10**400}, "infinite", ["Amount"]),
    ({"Amuont": 1.0}, "unknown_column", ["Amuont"]),
    ({"V1": {"a": 1}}, "text", ["V1"]),
]


@pytest.mark.parametrize(("changed", "code", "columns"), ROWS)
def test_a_row_that_cannot_be_scored_is_told_why_and_fails_no_other(score_of, changed, code, columns):
    bad = {name: value for name, value in payment(1, **changed).items() if value is not ...}
    body = json.dumps({"model": "cards", "transactions": [payment(0), bad, payment(2)]})
    status, told = score_of({}, data=body, content_type="application/json")
    if code == "infinite":
        assert status in (200, 400)  # such a number may be refused as JSON
        if status == 400:
            return
    assert status == 200
    assert [each["error"] is None for each in told["results"]] == [True, False, True]
    error = told["results"][1]["error"]
    assert (error["code"], error["columns"]) == (code, columns)
    assert told["results"][1]["risk_score"] is None
    assert told["summary"] == {"rows": 3, "scored": 2, "alerts": told["summary"]["alerts"]}


def test_a_text_in_a_column_or_a_csv_fails_its_row_alone(score_of):
    columns = {name: [payment(place)[name] for place in range(3)] for name in COLUMNS}
    columns["Amount"][1] = "a lot"
    lines = [",".join(COLUMNS), *(",".join(map(str, row)) for row in zip(*columns.values(), strict=True))]
    for _, told in (
        score_of({"data": columns}),
        score_of({}, data="\n".join(lines), content_type="text/csv", query_string={"model": "cards"}),
    ):
        assert [each["error"] and each["error"]["code"] for each in told["results"]] == [None, "text", None]


def test_an_infinite_number_of_a_csv_fails_its_row_alone(score_of):
    lines = [",".join(COLUMNS), ",".join("1" for _ in COLUMNS), ",".join("inf" for _ in COLUMNS)]
    _, told = score_of({}, data="\n".join(lines), content_type="text/csv", query_string={"model": "cards"})
    assert [each["error"] and each["error"]["code"] for each in told["results"]] == [None, "infinite"]


def test_columns_that_the_model_does_not_know_are_told_once(score_of):
    columns = {name: [payment(0)[name]] for name in COLUMNS} | {"Colour": ["red"]}
    status, told = score_of({"data": columns})
    assert (status, [each["code"] for each in told["warnings"]]) == (200, ["unknown_columns"])


def test_what_the_data_say_of_a_payment_may_come_along(score_of):
    _, told = score_of({"transactions": [payment(0, Time=0, Class=None, weight=1.0)]})
    assert told["results"][0]["error"] is None


REFUSED = [
    ({"transactions": []}, 422, "/transactions"),
    ({}, 422, "/transactions"),
    ({"transactions": [payment(0)], "data": {"V1": [1]}}, 422, "/transactions"),
    ({"transactions": {"V1": 1}}, 422, "/transactions"),
    ({"transactions": [1]}, 422, "/transactions/0"),
    ({"data": {"V1": [1.0]}}, 422, "/data/V2"),
    ({"data": {name: [1.0] * (1 + (name == "V2")) for name in COLUMNS}}, 422, "/data"),
    ({"data": dict.fromkeys(COLUMNS, 3)}, 422, "/data"),
    ({"data": {name: [] for name in COLUMNS}}, 422, "/data"),
    ({"transactions": [payment(0)], "reasons": -1}, 422, "/reasons"),
    ({"transactions": [payment(0)], "threshold": {"mode": "score"}}, 422, "/threshold/value"),
    ({"transactions": [payment(0)], "threshold": {"mode": "alert_rate", "value": 2}}, 422, "/threshold/value"),
    ({"transactions": [payment(0)], "threshold": {"mode": "cost", "false_alarm": 1}}, 422, "/threshold/missed"),
    ({"transactions": [payment(0)], "threshold": {"mode": "luck"}}, 422, "/threshold/mode"),
    ({"transactions": [payment(0, id={"x": 1})]}, 422, "/transactions/0/id"),
    ({"transactions": [payment(0, id="x" * 201)]}, 422, "/transactions/0/id"),
    ({"transactions": [payment(0, id=1.5)]}, 422, "/transactions/0/id"),
    ({"model": 7, "transactions": [payment(0)]}, 422, "/model"),
]


@pytest.mark.parametrize(("body", "status", "pointer"), REFUSED)
def test_a_request_that_makes_no_sense_is_refused_with_the_place(score_of, body, status, pointer):
    answered, told = score_of(body)
    assert (answered, told["errors"][0]["pointer"]) == (status, pointer)


def test_a_million_rows_are_refused(score_of):
    body = b'{"model": "cards", "transactions": [' + b",".join([b"{}"] * 1_000_000) + b"]}"
    status, told = score_of({}, data=body, content_type="application/json")
    assert (status, told["type"].rpartition(":")[2]) == (422, "limit-exceeded")
    large = b"V1\n" + b"1.2345678\n" * 1_000_000
    assert score_of({}, data=large, content_type="text/csv", query_string={"model": "cards"})[0] == 413


def test_nan_is_no_json(score_of):
    body = json.dumps({"model": "cards", "transactions": [payment(0, V1=float("nan"))]})
    assert score_of({}, data=body, content_type="application/json")[0] == 400


def test_a_model_that_is_not_trained_yet_says_what_to_do(score_of):
    for path, body in (("/fraud", {"model": "untrained"}), ("/models/untrained/predict", {})):
        status, told = score_of({**body, "transactions": [payment(0)]}, path=path)
        assert status == 409
        assert "POST /models/<name>/refit" in told["detail"]


def test_a_foreign_model_is_as_missing(application, client, shop):
    stranger = new_site(application)
    told = []
    for name in ("untrained", "nobody_has_this"):
        response = client.post("/fraud", json={"model": name, "transactions": [payment(0)]}, headers=stranger.headers)
        answer = response.json
        del answer["request_id"]
        told.append((response.status_code, answer))
    assert told[0] == told[1]
    assert told[0][0] == 404


def test_a_model_of_another_kind_is_no_detector(client, shop):
    spec = {"kind": "regress", "spec": {"formula": "Sepal_Length ~ Sepal_Width"}, "dataset": "iris"}
    client.put("/models/line", json=spec, headers=shop.headers)
    response = client.post("/fraud", json={"model": "line", "transactions": [payment(0)]}, headers=shop.headers)
    assert (response.status_code, response.json["errors"][0]["pointer"]) == (422, "/model")


def test_a_page_may_ask_a_public_detector_and_no_other(client, shop):
    for name, status in (("public", 200), ("cards", 404)):
        body = {"model": name, "transactions": [payment(0, id="from a page")]}
        response = client.post("/fraud", json=body, headers=shop.page_headers)
        own = response.status_code == 200 and response.json["version"] == 1
        assert response.status_code == status or not own  # the sample stands in for a name that a page may not ask


def test_payments_of_a_page_are_not_remembered(application, client, shop):
    body = {"model": "public", "transactions": [payment(0, id="from a page")]}
    client.post("/fraud", json=body, headers=shop.page_headers)
    with reading(engine_of(application)) as connection:
        assert payments.tally(connection, model_of(application, shop, "public").id, 1).payments == 0


def test_a_revoked_key_scores_nothing(application, client):
    site = new_site(application)
    body = {"model": "nobody", "transactions": [payment(0)]}
    assert client.post("/fraud", json=body, headers=site.headers).status_code == 404
    with writing(engine_of(application)) as connection:
        for key in keys.list_(connection, site.id):
            keys.revoke(connection, key.id)
    assert client.post("/fraud", json=body, headers=site.headers).status_code == 401


WRONG_SPECS = [
    ({"columns": []}, "/spec/columns"),
    ({"columns": ["V1", "V1"]}, "/spec/columns/1"),
    ({"columns": ["V1", "Class"]}, "/spec/columns/1"),
    ({"label": None, "supervised": True}, "/spec/label"),
    ({"amounts": ["Nothing"]}, "/spec/amounts/0"),
    ({"trim": [0.9]}, "/spec/trim/0"),
    ({"epochs": 10_000}, "/spec/epochs"),
    ({"optimizer": "adam"}, "/spec/optimizer"),
]


@pytest.mark.parametrize(("changed", "pointer"), WRONG_SPECS)
def test_a_detector_that_makes_no_sense_is_refused_with_the_place(ask, changed, pointer):
    response = ask("PUT", "/models/wrong", json=BODY | {"spec": SPEC | changed})
    assert (response.status_code, response.json["errors"][0]["pointer"]) == (422, pointer)


def test_payments_and_reasons_never_reach_the_logs(score_of, capfd):
    score_of({"transactions": [payment(STOLEN, id="card-4711", Amount=98765.25), payment(0, Secret="4929-1234")]})
    logged = "".join(capfd.readouterr())
    assert "/fraud" in logged
    for text in ("4711", "98765", "4929", "Secret", "V14", "reasons", str(payment(STOLEN)["V1"])):
        assert text not in logged


def test_without_a_key_the_sample_detector_tells_a_stolen_card_and_its_probability(client):
    body = {"model": "cards", "transactions": [payment(LEGITIMATE), payment(STOLEN)]}
    usual, stolen = client.post("/fraud", json=body).json["results"]
    assert (usual["alert"], stolen["alert"]) == (False, True)
    assert usual["probability"] < 0.5 < stolen["probability"]


def test_the_sample_detector_remembers_nothing(application, client):
    site = new_site(application)
    body = {"model": "cards", "transactions": [payment(STOLEN, id="t1")]}
    assert client.post("/fraud", json=body, headers=site.headers).status_code == 200
    labels = {"model": "cards", "labels": [{"id": "t1", "label": "fraud"}]}
    assert client.post("/fraud/labels", json=labels, headers=site.headers).status_code == 404


def test_the_shares_of_all_columns_add_up_to_one(client):
    columns = sample_detector.sample_detector().told["spec"]["columns"]
    body = {"model": "cards", "transactions": [payment(STOLEN)], "reasons": 20}
    told = client.post("/fraud", json=body).json["results"][0]["reasons"]
    whole = shares(sample().fit, np.array([list(payment(STOLEN).values())]))
    assert whole.sum() == pytest.approx(1)
    assert [each["share"] for each in told] == sorted(whole[0].tolist(), reverse=True)[:20]
    assert len(columns) == whole.shape[1]


def test_nothing_of_tensorflow_is_loaded_by_scoring_a_payment():
    program = (
        "import sys, config, app\n"
        "from resources.fraud_scoring import sample\n"
        "from science.fraud.fit import explain, score\n"
        "fit = sample().fit\n"
        "score(fit, fit.golden.X)\n"
        "explain(fit, fit.golden.X)\n"
        "print(*({name.partition('.')[0] for name in sys.modules} & {'tensorflow', 'keras', 'h5py'}), 'nothing')"
    )
    told = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["nothing"]


def test_a_detector_adds_little_to_the_web_process():
    program = (
        "import resource, app, resources.fraud\n"
        "from resources.fraud_scoring import sample\n"
        "from science.fraud.fit import explain\n"
        "def used(): return int(open('/proc/self/statm').read().split()[1]) * resource.getpagesize()\n"
        "before = used()\n"
        "fit = sample().fit\n"
        "explain(fit, fit.golden.X)\n"
        "print((used() - before) / 2**20)"
    )
    told = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert float(told.stdout) < MEGABYTES
