"""The card of a detector: how it was learned, how it does since, and its pictures."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from app import create_app
from store import models
from store.engine import reading, writing
from tests.conftest import settings_for
from tests.jobs.refits import append, decided, store
from tests.kinds.samples import sample
from tests.resources.conftest import engine_of, new_site
from tests.resources.test_fraud import BODY, FRAUDS, payment

VIEWS = ("scores", "precision", "reasons", "drift")
NAME = "cards"


def rows(start, stop):
    table = sample("payments")
    return {name: table[name].values[start:stop].tolist() for name in table.names}


def model_of(application, site):
    with reading(engine_of(application)) as connection:
        return models.find(connection, site.id, NAME)


@pytest.fixture(scope="module")
def shop(application):
    """A site whose detector was trained on two nights, and has scored 400 payments, of which 50 frauds were labelled."""
    site, client, engine = new_site(application), application.test_client(), engine_of(application)
    store(engine, site.id, "paid", rows(0, 4_300))
    assert client.put(f"/models/{NAME}", json=BODY | {"dataset": "paid"}, headers=site.headers).status_code == 201
    assert decided(engine, model_of(application, site)).state == "promoted"
    append(engine, site.id, "paid", rows(4_300, 4_399))
    with writing(engine) as connection:
        connection.exec_driver_sql(f"UPDATE runs SET date = date - 1 WHERE site_id = {site.id}")
    assert decided(engine, model_of(application, site)).state == "promoted"
    sent = [payment(place, id=f"l{place}") for place in range(350)] + [
        payment(int(place), id=f"f{place}") for place in FRAUDS[:50]
    ]
    assert client.post("/fraud", json={"model": NAME, "transactions": sent}, headers=site.headers).status_code == 200
    labels = [{"id": f"f{place}", "label": "fraud"} for place in FRAUDS[:50]]
    assert client.post("/fraud/labels", json={"model": NAME, "labels": labels}, headers=site.headers).json["noted"] == 50
    return site


@pytest.fixture
def card(client, shop):
    return client.get(f"/models/{NAME}", headers=shop.headers).json["card"]


def test_the_card_tells_how_the_detector_was_learned_and_did(card):
    assert (card["detector"], card["judged_by"]) == ("mahalanobis", "labels")
    assert card["metrics"] == card["baseline"]  # it is the baseline
    assert 0.9 < card["metrics"]["roc_auc"] < 1
    assert sum(each["share"] for each in card["reasons"]) == pytest.approx(1)


def test_the_card_tells_alerts_against_the_plan_and_recall(card):
    assert (card["payments"]["payments"], card["payments"]["labelled"], card["payments"]["frauds"]) == (400, 50, 50)
    assert card["payments"]["planned"] == pytest.approx(0.01)
    assert card["alerts"] == "more"  # one payment in eight is a fraud
    assert card["payments"]["recall"] == card["payments"]["caught"] / 50
    assert card["weeks"][0]["payments"] == 400


def test_the_card_tells_the_drift_of_the_payments_seen(card):
    drift = card["drift"]
    assert (drift["payments"], len(drift["columns"])) == (400, 29)
    assert drift["score"] > 0
    assert [each["psi"] for each in drift["columns"]] == sorted((each["psi"] for each in drift["columns"]), reverse=True)


def test_the_card_tells_the_nights_and_the_drift_between_them(card):
    assert [night["version"] for night in card["nights"]] == [2, 1]
    assert card["nights"][1]["worst"] is None
    assert card["nights"][0]["worst"]["psi"] > 0
    assert card["nights"][0]["score"] > 0


@pytest.mark.parametrize("view", VIEWS)
def test_each_picture_is_drawn_in_both_formats(client, shop, view):
    png = client.get(f"/models/{NAME}/card.png?view={view}", headers=shop.headers)
    svg = client.get(f"/models/{NAME}/card.svg?view={view}", headers=shop.headers)
    assert (png.mimetype, svg.mimetype) == ("image/png", "image/svg+xml")
    with Image.open(BytesIO(png.data)) as image:
        assert image.size == (1200, 600)
    assert svg.text.startswith("<svg")
    assert "sandbox" in svg.headers["Content-Security-Policy"]


def test_a_picture_that_there_is_not_is_refused(client, shop):
    assert client.get(f"/models/{NAME}/card.svg?view=roc", headers=shop.headers).status_code == 422
    assert client.get("/models/nobody/card.svg", headers=shop.headers).status_code == 404
    assert client.get(f"/models/{NAME}/card.svg", headers=shop.page_headers).status_code == 403


def test_another_kind_of_model_has_no_card(client, shop):
    client.put(
        "/models/line",
        json={"kind": "regress", "spec": {"formula": "Sepal_Length ~ Sepal_Width"}, "dataset": "iris"},
        headers=shop.headers,
    )
    assert client.get("/models/line", headers=shop.headers).json["card"] is None
    refused = client.get("/models/line/card.svg", headers=shop.headers)
    assert (refused.status_code, refused.json["detail"]) == (
        404,
        "the model is of kind regress; only detectors, of kind fraud, have a card",
    )


def test_a_detector_without_a_version_has_no_card_yet(client, shop):
    client.put("/models/new", json=BODY, headers=shop.headers)
    assert client.get("/models/new", headers=shop.headers).json["card"] is None
    assert client.get("/models/new/card.png", headers=shop.headers).status_code == 409


def test_a_detector_without_labels_and_payments_has_reasons_and_no_scores(application, client, shop):
    """What the page asks for, and what it does not."""
    unlabelled = BODY["spec"] | {"label": None}
    client.put("/models/plain", json=BODY | {"spec": unlabelled, "dataset": "paid"}, headers=shop.headers)
    with reading(engine_of(application)) as connection:
        plain = models.find(connection, shop.id, "plain")
    assert decided(engine_of(application), plain).state == "promoted"
    found = {view: client.get(f"/models/plain/card.svg?view={view}", headers=shop.headers).status_code for view in VIEWS}
    assert found == {"scores": 404, "precision": 404, "reasons": 200, "drift": 404}


def test_a_version_of_an_older_release_is_told_of_without_its_drift(application, shop):
    """So that it can be refitted where it is looked at. A fresh process: one that knows the fit would not read it again."""
    engine = engine_of(application)
    fresh = create_app(settings_for(engine.url.render_as_string(hide_password=False)))
    formats = "UPDATE versions SET format = {} FROM models WHERE model_id = models.id AND site_id = {}"
    with writing(engine) as connection:
        connection.exec_driver_sql(formats.format(99, shop.id))
    told = fresh.test_client().get(f"/models/{NAME}", headers=shop.headers)
    with writing(engine) as connection:
        connection.exec_driver_sql(formats.format(1, shop.id))
    engine_of(fresh).dispose()
    assert told.status_code == 200
    assert told.json["card"]["drift"] == {"payments": 0, "score": None, "verdict": None, "columns": []}
    assert told.json["card"]["payments"]["payments"] == 400
