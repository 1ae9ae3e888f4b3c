"""Models over HTTP: kept, refitted, asked for predictions, watched for drift, rolled back; and to whom they answer."""

from __future__ import annotations

import csv
import hashlib
import io

import pytest

from app import create_app
from store import models, registered
from store.engine import reading, writing
from tests.jobs.refits import append, decided, iris, store
from tests.resources.conftest import engine_of, new_site, settings_for

FORMULA = "Sepal_Length ~ Sepal_Width + Petal_Length"
BODY = {"kind": "regress", "spec": {"formula": FORMULA}, "dataset": "iris"}
NEW = {"data": {"Sepal_Width": [3.0, 3.5, None], "Petal_Length": [4.0, 1.5, 2.0]}}


def refitted(application, site, name):
    engine = engine_of(application)
    with reading(engine) as connection:
        model = models.find(connection, site.id, name)
    return decided(engine, model)


@pytest.fixture
def model(ask, application, site):
    """A public model that has a version."""
    assert ask("PUT", "/models/sepals", json=BODY | {"public": True}).status_code == 201
    refitted(application, site, "sepals")
    return "/models/sepals"


def test_a_model_is_kept_changed_listed_and_deleted(ask):
    first = ask("PUT", "/models/m", json=BODY)
    assert (first.status_code, first.headers["Location"]) == (201, "/models/m")
    assert first.json["guard"] == {"tolerance": 0.02, "confidence": 0.95}
    changed = ask("PUT", "/models/m", json=BODY | {"refit": "weekly", "guard": {"tolerance": 0.1}})
    assert (changed.status_code, changed.json["refit"], changed.json["guard"]["tolerance"]) == (200, "weekly", 0.1)
    assert [each["name"] for each in ask("GET", "/models").json["models"]] == ["m"]
    assert ask("DELETE", "/models/m").status_code == 204
    assert ask("DELETE", "/models/m").status_code == 404
    assert ask("GET", "/models/m").status_code == 404


WRONG = [
    ({"kind": "regres"}, "/kind"),
    ({"dataset": "nowhere"}, "/dataset"),
    ({"spec": {"formula": ""}}, "/spec/formula"),
    ({"spec": {"formula": FORMULA, "levle": 0.9}}, "/spec/levle"),
    ({"spec": {"formula": FORMULA, "data": {"x": [1]}}}, "/spec/data"),
    ({"refit": "hourly"}, "/refit"),
    ({"holdout": 0.9}, "/holdout"),
    ({"guard": {"tolerance": -1}}, "/guard/tolerance"),
    ({"spec": "y ~ x"}, "/spec"),
]


@pytest.mark.parametrize(("changed", "pointer"), WRONG, ids=lambda value: str(value)[:40])
def test_what_cannot_be_a_model_is_refused_where_it_is_wrong(ask, changed, pointer):
    told = ask("PUT", "/models/m", json=BODY | changed)
    assert told.status_code == 422
    assert [fault["pointer"] for fault in told.json["errors"]] == [pointer]


MISFITS = [
    ("regress", "iris", {"formula": "Sepal_Length ~ Sepal_Widht"}, "/spec/formula", "did you mean Sepal_Width"),
    (
        "regress",
        "iris",
        {"formula": "Sepal_Length ~ log(Species)"},
        "/spec/formula",
        "Species is a factor where numbers are needed",
    ),
    ("regress", "iris", {"formula": "Species ~ Sepal_Width"}, "/spec/formula", "the response must be numeric"),
    ("regress", "iris", {"formula": FORMULA, "weights": "w"}, "/spec/weights", "there is no column w"),
    ("regress", "iris", {"formula": FORMULA, "weights": "Species"}, "/spec/weights", "weights must be numbers"),
    ("regress", "sleepstudy", {"formula": "Reaction ~ Days + (1 | Subject)"}, "/spec/formula", "/mixed"),
    ("mixed", "sleepstudy", {"formula": "Reaction ~ Days + (Days | Subjetc)"}, "/spec/formula", "did you mean Subject"),
    ("mixed", "sleepstudy", {"formula": "Reaction ~ Days + (Dais | Subject)"}, "/spec/formula", "did you mean Days"),
    ("mixed", "sleepstudy", {"formula": "Reaction ~ Days"}, "/spec/formula", "a random effect such as (1 | group)"),
    ("mixed", "sleepstudy", {"formula": "Subject ~ Days + (1 | Subject)"}, "/spec/formula", "the response must be numeric"),
    ("forecast", "Nile", {"y": "flow", "h": 3}, "/spec/y", "there are"),
    ("forecast", "Nile", {"ds": "when", "h": 3}, "/spec/ds", "there are"),
    ("forecast", "iris", {"y": "Species", "h": 3}, "/spec/y", "holds no numbers"),
    ("forecast", "iris", {"h": 3}, "/spec/y", "name the column to forecast"),
    ("forecast", "Nile", {"y": "y", "x": ["y"], "h": 3}, "/spec/x", "leave x out"),
    ("fraud", "iris", {"columns": ["Sepal_Length", "Species"]}, "/spec/columns/1", "holds text"),
    ("fraud", "iris", {"columns": ["Sepal_Length"], "label": "Class"}, "/spec/label", "no column Class"),
]


@pytest.mark.parametrize(("kind", "dataset", "spec", "pointer", "word"), MISFITS)
def test_what_does_not_fit_the_columns_of_its_dataset_is_refused_at_once(ask, kind, dataset, spec, pointer, word):
    refused = ask("PUT", "/models/m", json={"kind": kind, "spec": spec, "dataset": dataset})
    assert refused.status_code == 422
    assert [fault["pointer"] for fault in refused.json["errors"]] == [pointer]
    assert word in refused.json["detail"]
    assert ask("GET", "/models/m").status_code == 404


FITTING = [
    ("regress", "iris", {"formula": "log(Sepal_Length) ~ . + poly(Petal_Width, 2):Species", "weights": "Petal_Length"}),
    ("mixed", "sleepstudy", {"formula": "Reaction ~ Days + I(Days^2) + (1 + Days || Subject)"}),
    ("mixed", "mtcars", {"formula": "cbind(am, gear - am) ~ wt + (1 | cyl)", "family": "binomial"}),
    ("forecast", "Nile", {"h": 3}),
    ("forecast", "AirPassengers", {"h": 3}),
    ("fraud", "iris", {"columns": ["Sepal_Length", "Petal_Width"]}),
]


@pytest.mark.parametrize(("kind", "dataset", "spec"), FITTING)
def test_what_fits_the_columns_of_its_dataset_is_kept(ask, kind, dataset, spec):
    told = ask("PUT", "/models/m", json={"kind": kind, "spec": spec, "dataset": dataset})
    assert told.status_code == 201, told.json


@pytest.mark.parametrize("name", ["1st", "a b", "x" * 64, "a.b", "m~1", "_m"])
def test_a_name_is_a_datasets_name(ask, name):
    assert ask("PUT", f"/models/{name}", json=BODY).status_code == 422


def test_a_model_tells_its_version_its_age_its_figures_and_its_runs(ask, model):
    told = ask("GET", model).json
    assert (told["version"], told["stale"], told["live"]["number"], told["live"]["live"]) == (1, False, 1, True)
    assert 0 <= told["age_seconds"] < 60
    assert {c["term"] for c in told["live"]["summary"]["coefficients"]} == {"(Intercept)", "Sepal_Width", "Petal_Length"}
    assert told["live"]["metrics"]["rmse"] == pytest.approx(0.33, abs=0.08)
    assert told["drift"] == {"verdict": "stable", "worst": None, "psi": 0.0}
    assert [(run["state"], run["version"]) for run in told["runs"]] == [("promoted", 1)]


def test_predictions_are_rs_in_the_order_of_the_rows(ask, model):
    told = ask("POST", f"{model}/predict", json=NEW)
    assert told.status_code == 200, told.text
    assert (told.json["model"], told.json["version"], told.json["stale"]) == ("sepals", 1, False)
    fits = [row["fit"] for row in told.json["predictions"]]
    assert fits[2] is None
    # R 4.2.2: coef(lm(Sepal.Length ~ Sepal.Width + Petal.Length, iris))
    by_hand = [2.249140160383231 + 0.595524748743591 * w + 0.471920039327133 * p for w, p in ((3.0, 4.0), (3.5, 1.5))]
    assert fits[:2] == pytest.approx(by_hand, rel=1e-12)
    first = told.json["predictions"][0]
    assert first["pred_low"] < first["conf_low"] < first["fit"] < first["conf_high"] < first["pred_high"]


def test_a_prediction_is_the_one_that_a_request_of_the_kind_gives(ask, model):
    directly = ask("POST", "/regress", json={"dataset": "iris", "formula": FORMULA, "predict": NEW["data"]}).json
    assert ask("POST", f"{model}/predict", json=NEW).json["predictions"] == directly["predictions"]


def test_rows_may_come_as_csv_and_go_as_csv(ask, model):
    text = "Sepal_Width,Petal_Length\n3.0,4.0\n3.5,1.5\n"
    told = ask("POST", f"{model}/predict", data=text, headers={"Content-Type": "text/csv", "Accept": "text/csv"})
    assert told.mimetype == "text/csv"
    rows = list(csv.DictReader(io.StringIO(told.text)))
    plain = ask("POST", f"{model}/predict", json=NEW).json["predictions"]
    assert [float(row["fit"]) for row in rows] == [row["fit"] for row in plain[:2]]
    assert ask("POST", f"{model}/predict", json=NEW, headers={"Accept": "image/png"}).status_code == 406


@pytest.mark.parametrize(
    ("body", "status"),
    [({}, 422), ({"data": {"Sepal_Width": [3.0]}}, 422), ({"data": []}, 422), ({"data": {"a": [1]}, "h": 3}, 422)],
    ids=str,
)
def test_what_cannot_be_predicted_is_refused_in_words(ask, model, body, status):
    told = ask("POST", f"{model}/predict", json=body)
    assert told.status_code == status
    assert told.json["detail"]


def test_a_model_without_a_version_says_so(ask):
    ask("PUT", "/models/m", json=BODY)
    for verb, path in (("POST", "predict"), ("GET", "drift"), ("POST", "rollback")):
        told = ask(verb, f"/models/m/{path}", json=NEW if path == "predict" else None)
        assert (told.status_code, told.json["type"]) == (409, "urn:lamplight:problem:conflict"), path


def test_a_refit_is_a_job_and_asked_twice_the_same_one(ask):
    ask("PUT", "/models/m", json=BODY)
    first, second = (ask("POST", "/models/m/refit") for _ in range(2))
    assert (first.status_code, first.json["state"]) == (202, "queued")
    assert first.headers["Location"] == first.json["url"] == second.json["url"]
    assert ask("GET", first.json["url"]).json["state"] == "queued"
    run = ask("GET", "/runs?model=m").json["runs"][0]
    assert (run["job"], run["trigger"], run["state"]) == (first.json["id"], "asked", "queued")
    assert ask("DELETE", first.json["url"]).status_code == 204
    run = ask("GET", "/runs?model=m").json["runs"][0]
    assert (run["state"], run["reason"]) == ("failed", "the job was cancelled")


def test_a_new_version_is_seen_by_the_next_request_of_every_process(ask, application, site):
    flowers = iris()
    store(engine_of(application), site.id, "flowers", {name: values[:100] for name, values in flowers.items()})
    ask("PUT", "/models/m", json=BODY | {"dataset": "flowers"})
    refitted(application, site, "m")
    other = create_app(settings_for(engine_of(application).url.render_as_string(hide_password=False)))
    clients = [application.test_client(), other.test_client()]

    def versions_told():
        return [c.post("/models/m/predict", json=NEW, headers=site.headers).json["version"] for c in clients]

    assert versions_told() == [1, 1]
    append(engine_of(application), site.id, "flowers", {name: values[100:] for name, values in flowers.items()})
    refitted(application, site, "m")
    assert versions_told() == [2, 2]
    assert clients[1].post("/models/m/rollback", headers=site.headers).json["number"] == 1
    assert versions_told() == [1, 1]
    assert clients[0].post("/models/m/rollback", json={"version": 2}, headers=site.headers).json["live"]
    assert versions_told() == [2, 2]
    told = clients[0].get("/models/m/versions", headers=site.headers).json["versions"]
    assert [(version["number"], version["live"]) for version in told] == [(2, True), (1, False)]
    for body, status in (({"version": 7}, 404), ({"version": 0}, 422), ({"versoin": 1}, 422)):
        assert clients[0].post("/models/m/rollback", json=body, headers=site.headers).status_code == status
    for wrong, status in (
        ({"query_string": {"version": 7}}, 404),
        ({"data": "{}", "content_type": "text/csv"}, 422),
        ({"environ_overrides": {"HTTP_TRANSFER_ENCODING": "chunked"}}, 411),
    ):
        assert clients[0].post("/models/m/rollback", headers=site.headers, **wrong).status_code == status
    assert versions_told() == [2, 2]
    clients[0].post("/models/m/rollback", json={"version": 1}, headers=site.headers)
    assert clients[0].post("/models/m/rollback", headers=site.headers).status_code == 409
    engine_of(other).dispose()


def test_a_rollback_stays_with_the_kind_that_the_model_is_now(ask, application, model, site):
    mixed = {"kind": "mixed", "spec": {"formula": "Reaction ~ Days + (1 | Subject)"}, "dataset": "sleepstudy"}
    assert ask("PUT", model, json=mixed).status_code == 200
    refitted(application, site, "sepals")
    new = {"data": {"Days": [1], "Subject": ["308"]}}
    for body in (None, {"version": 1}):
        refused = ask("POST", f"{model}/rollback", json=body)
        assert (refused.status_code, refused.json["type"]) == (409, "urn:lamplight:problem:conflict")
    assert ask("POST", f"{model}/predict", json=new).json["version"] == 2
    ask("PUT", model, json=BODY)
    refitted(application, site, "sepals")
    assert ask("POST", f"{model}/rollback").json["number"] == 1
    assert ask("POST", f"{model}/predict", json=NEW).status_code == 200


@pytest.mark.parametrize("damage", ["arrays = 'x'", "document = '{}'", "format = 99"])
def test_a_damaged_version_says_that_a_refit_is_needed_and_nothing_else_breaks(ask, application, model, site, damage):
    engine = engine_of(application)
    with writing(engine) as connection:
        connection.exec_driver_sql(
            f"UPDATE versions SET {damage} WHERE model_id = (SELECT id FROM models WHERE site_id = {site.id})"
        )
    fresh = create_app(settings_for(engine.url.render_as_string(hide_password=False)))
    client = fresh.test_client()
    told = client.post(f"{model}/predict", json=NEW, headers=site.headers)
    assert (told.status_code, told.json["type"]) == (409, "urn:lamplight:problem:refit-needed")
    assert client.get(model, headers=site.headers).status_code == 200
    engine_of(fresh).dispose()


def test_bytes_with_the_right_digest_that_are_no_fit_are_refused(ask, application, model, site):
    engine = engine_of(application)
    digest = hashlib.sha256(b"2:{}x").hexdigest()
    with writing(engine) as connection:
        connection.exec_driver_sql(
            f"UPDATE versions SET document = '{{}}', arrays = 'x', digest = '{digest}' "
            f"WHERE model_id = (SELECT id FROM models WHERE site_id = {site.id})"
        )
    told = ask("POST", f"{model}/predict", json=NEW)
    assert (told.status_code, told.json["type"]) == (409, "urn:lamplight:problem:refit-needed")


def test_a_public_model_answers_pages_and_a_private_one_is_missing_to_them(ask, client, model, site, application):
    assert client.post(f"{model}/predict", json=NEW, headers=site.page_headers).status_code == 200
    ask("PUT", model, json=BODY | {"public": False})
    missing = client.post("/models/nothing/predict", json=NEW, headers=site.page_headers)
    private = client.post(f"{model}/predict", json=NEW, headers=site.page_headers)
    assert private.status_code == missing.status_code == 404
    assert private.json["detail"] == missing.json["detail"]
    for verb, path in (("GET", ""), ("PUT", ""), ("DELETE", ""), ("POST", "/refit"), ("POST", "/rollback"), ("GET", "/drift")):
        assert client.open(model + path, method=verb, headers=site.page_headers).status_code == 403


def test_another_sites_model_is_answered_like_a_missing_one(application, client, model):
    theirs = new_site(application)
    for verb, path in (("GET", ""), ("DELETE", ""), ("POST", "/refit"), ("POST", "/rollback"), ("POST", "/predict"),
                       ("GET", "/versions"), ("GET", "/drift"), ("POST", "/drift")):  # fmt: skip
        for headers in (theirs.headers, theirs.page_headers, {}):
            told = client.open(model + path, method=verb, json=NEW if verb == "POST" else None, headers=headers)
            assert told.status_code in (401, 403, 404), (verb, path)
    assert client.get("/runs", headers=theirs.headers).json["runs"] == []
    assert client.get("/models", headers=theirs.headers).json["models"] == []


def test_a_dead_key_is_told_that_and_nothing_of_the_model(client, model, site, application):
    client.post(f"{model}/predict", json=NEW, headers=site.headers)  # the key is known to the process now
    with writing(engine_of(application)) as connection:
        connection.exec_driver_sql(f"UPDATE keys SET revoked_at = now() WHERE site_id = {site.id}")
    assert client.post(f"{model}/predict", json=NEW, headers=site.headers).status_code == 401
    assert client.post(f"{model}/predict", data="{", headers=site.headers).status_code == 401


def test_drift_is_none_on_the_same_data_and_large_on_shifted_ones(ask, model):
    told = ask("GET", f"{model}/drift").json
    assert (told["rows"], told["rows_before"], told["missing_columns"]) == (150, 150, [])
    assert [(c["psi"], c["verdict"]) for c in told["columns"]] == [(0.0, "stable")] * 3
    assert told["score"]["psi"] == 0.0
    shifted = {name: [value + 2.0 for value in values] for name, values in iris().items() if name != "Species"}
    told = ask("POST", f"{model}/drift", json={"data": shifted}).json
    assert told["columns"][0]["verdict"] == told["score"]["verdict"] == "large"
    assert sum(bin_["now"] for bin_ in told["columns"][0]["bins"]) == pytest.approx(1.0)
    told = ask("POST", f"{model}/drift", json={"data": {"Sepal_Width": [3.0]}}).json
    assert set(told["missing_columns"]) == {"Sepal_Length", "Petal_Length"}
    assert told["score"] is None


def test_the_drift_of_changed_data_is_told_with_the_model(ask, application, site):
    store(engine_of(application), site.id, "flowers", iris())
    ask("PUT", "/models/m", json=BODY | {"dataset": "flowers"})
    refitted(application, site, "m")
    shifted = {n: [v + 3.0 for v in values] if n == "Petal_Length" else values for n, values in iris().items()}
    append(engine_of(application), site.id, "flowers", shifted)
    drift = ask("GET", "/models/m").json["drift"]
    assert (drift["worst"], drift["verdict"]) == ("Petal_Length", "large")


@pytest.mark.parametrize(("more", "verdict"), [(0, "stable"), (3, "large")])
def test_the_drift_of_a_registered_table_is_told_by_its_rows_as_they_are_now(ask, application, site, more, verdict):
    shop = f"shop{site.id}"
    with writing(engine_of(application)) as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {shop}")
        connection.exec_driver_sql(
            f"CREATE TABLE {shop}.sizes AS"
            " SELECT i AS id, mod(i, 7)::float8 AS width, mod(i, 7) + mod(i * 37, 11) / 10.0 AS length"
            " FROM generate_series(1, 200) AS i"
        )
        registered.register(connection, site.id, "sizes", shop, "sizes", ("id",))
    assert ask("PUT", "/models/m", json=BODY | {"spec": {"formula": "length ~ width"}, "dataset": "sizes"}).status_code == 201
    refitted(application, site, "m")
    with writing(engine_of(application)) as connection:
        connection.exec_driver_sql(f"UPDATE {shop}.sizes SET width = width + {more}")
    drift = ask("GET", "/models/m").json["drift"]
    assert drift["verdict"] == verdict
    assert ask("GET", "/models/m/drift").json["columns"][0]["psi"] == drift["psi"]


def test_runs_come_in_pages(ask, application, site):
    ask("PUT", "/models/m", json=BODY)
    for _ in range(3):
        refitted(application, site, "m")
    first = ask("GET", "/runs?limit=2").json
    second = ask("GET", f"/runs?limit=2&before={first['next']}").json
    assert [run["state"] for run in first["runs"] + second["runs"]] == ["unchanged", "unchanged", "promoted"]
    assert second["next"] is None
    assert ask("GET", "/runs?model=m&limit=1").json["runs"][0]["reason"] == "the data are those of version 1"
    for query in ("limit=0", "before=x", "model=a%20b", "modle=m"):
        assert ask("GET", f"/runs?{query}").status_code == 422


def test_readiness_tells_of_the_newest_fit(ask, model):
    told = ask("GET", "/health/ready").json
    assert told["fitted_at"] is not None
    assert told["stale"] in (True, False)


def test_other_kinds_predict_as_their_body_says(ask, application, site):
    ask(
        "PUT",
        "/models/mixed",
        json={"kind": "mixed", "spec": {"formula": "Reaction ~ Days + (Days | Subject)"}, "dataset": "sleepstudy"},
    )
    assert refitted(application, site, "mixed").state == "promoted"
    body = {"data": {"Days": [0, 10], "Subject": ["308", "new"]}}
    told = ask("POST", "/models/mixed/predict", json=body).json
    # R, lme4 1.1-31: predict(lmer(Reaction ~ Days + (Days | Subject), sleepstudy), list(Days = 0, Subject = "308")): 253.6637
    assert told["predictions"][0]["fit"] == pytest.approx(253.6637, abs=2e-3)
    assert told["warnings"][0]["code"] == "new_levels"
    ask("PUT", "/models/ahead", json={"kind": "forecast", "spec": {"y": "y", "h": 6, "season": 12}, "dataset": "AirPassengers"})
    assert refitted(application, site, "ahead").state == "promoted"
    told = ask("POST", "/models/ahead/predict", json={"h": 3}).json
    assert [row["h"] for row in told["predictions"]] == [1, 2, 3]
    assert ask("GET", "/models/ahead/drift").status_code == 200
