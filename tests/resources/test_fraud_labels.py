"""Labels over HTTP: posted, told by week, tried against thresholds, and of one site alone."""

from __future__ import annotations

import pytest

from store import models
from store.engine import reading, writing_once
from tests.jobs.refits import decided
from tests.resources.conftest import engine_of, new_site
from tests.resources.test_fraud import BODY, LEGITIMATE, STOLEN, payment

MODEL = "cards"


@pytest.fixture(scope="module")
def trained(application):
    """A site with a detector."""
    site = new_site(application)
    response = application.test_client().put(f"/models/{MODEL}", json=BODY, headers=site.headers)
    assert response.status_code == 201
    assert decided(engine_of(application), model_of(application, site)).state == "promoted"
    return site


@pytest.fixture
def shop(application, client, trained):
    """The site, whose detector has scored four payments: two alerts, a miss and a usual one."""
    with writing_once(engine_of(application)) as connection:
        connection.exec_driver_sql(f"DELETE FROM payments WHERE model_id = {model_of(application, trained).id}")
    sent = [
        payment(place, id=id) for id, place in {"caught": STOLEN, "false": STOLEN, "missed": LEGITIMATE, 4: LEGITIMATE}.items()
    ]
    response = client.post("/fraud", json={"model": MODEL, "transactions": sent}, headers=trained.headers)
    assert [each["alert"] for each in response.json["results"]] == [True, True, False, False]
    return trained


def model_of(application, site):
    with reading(engine_of(application)) as connection:
        return models.find(connection, site.id, MODEL)


def say(client, site, **labels):
    sent = [{"id": id, "label": label} for id, label in labels.items()]
    return client.post("/fraud/labels", json={"model": MODEL, "labels": sent}, headers=site.headers)


def test_labels_tell_precision_and_recall_by_week(client, shop):  # by hand: one of two alerts was fraud, one of two frauds caught
    answer = say(client, shop, caught="fraud", false="legitimate", missed="fraud", never="fraud").json
    assert [each["state"] for each in answer["labels"]] == ["noted", "noted", "noted", "unknown"]
    assert (answer["noted"], answer["unknown"]) == (3, 1)
    told = client.get("/fraud/labels", query_string={"model": MODEL}, headers=shop.headers).json
    assert (told["version"], told["all"]["payments"], told["all"]["labelled"]) == (1, 4, 3)
    assert (told["all"]["precision"], told["all"]["recall"]) == (0.5, 0.5)
    assert (told["all"]["alert_rate"], told["all"]["planned"]) == (0.5, pytest.approx(0.01))
    assert [week["payments"] for week in told["weeks"]] == [4]


def test_a_label_said_twice_is_noted_once_and_one_that_changes_is_history(client, shop):
    states = [say(client, shop, caught=label).json["labels"][0]["state"] for label in ("fraud", "fraud", "legitimate")]
    assert states == ["noted", "unchanged", "changed"]
    told = client.get("/fraud/labels", query_string={"model": MODEL, "id": "caught"}, headers=shop.headers).json
    assert [said["label"] for said in told["history"]] == ["legitimate", "fraud"]
    unknown = client.get("/fraud/labels", query_string={"model": MODEL, "id": "never"}, headers=shop.headers)
    assert unknown.status_code == 404


def test_an_id_that_is_a_number_is_the_same_written_as_a_text(client, shop):
    assert say(client, shop, **{"4": "legitimate"}).json["noted"] == 1


def test_a_payment_scored_again_is_remembered_as_it_was(client, shop):
    again = {"model": MODEL, "transactions": [payment(LEGITIMATE, id="caught")]}
    assert client.post("/fraud", json=again, headers=shop.headers).json["results"][0]["alert"] is False
    told = client.get("/fraud/labels", query_string={"model": MODEL}, headers=shop.headers).json["all"]
    assert (told["payments"], told["alerts"]) == (4, 2)


def test_two_payments_of_one_request_with_one_id_are_one(client, shop):
    sent = [payment(LEGITIMATE, id="twin"), payment(STOLEN, id="twin")]
    response = client.post("/fraud", json={"model": MODEL, "transactions": sent}, headers=shop.headers)
    assert (response.status_code, len(response.json["results"])) == (200, 2)
    told = client.get("/fraud/labels", query_string={"model": MODEL}, headers=shop.headers).json["all"]
    assert told["payments"] == 5


def test_a_strangers_labels_reach_nothing(application, client, shop):
    stranger = new_site(application)
    assert say(client, stranger, caught="fraud").status_code == 404
    page = client.post(
        "/fraud/labels", json={"model": MODEL, "labels": [{"id": "caught", "label": "fraud"}]}, headers=shop.page_headers
    )
    assert page.status_code == 403
    told = client.get("/fraud/labels", query_string={"model": MODEL}, headers=shop.headers).json["all"]
    assert told["labelled"] == 0


WRONG = [
    ({"labels": []}, "/labels"),
    ({"labels": [{"id": "a", "label": "stolen"}]}, "/labels/0/label"),
    ({"labels": [{"id": "", "label": "fraud"}]}, "/labels/0/id"),
    ({"labels": [{"id": "a", "label": "fraud"}, {"id": "a", "label": "legitimate"}]}, "/labels/1/id"),
]


@pytest.mark.parametrize(("changed", "pointer"), WRONG)
def test_labels_that_make_no_sense_are_refused_with_the_place(ask, changed, pointer):
    response = ask("POST", "/fraud/labels", json={"model": MODEL, **changed})
    assert (response.status_code, response.json["errors"][0]["pointer"]) == (422, pointer)


def simulate(client, site, **asked):
    return client.post("/fraud/simulate", json={"model": MODEL, **asked}, headers=site.headers)


def test_a_higher_threshold_has_fewer_alerts_and_less_recall(client, shop):
    told = simulate(client, shop, of="holdout").json
    alerts = [each["alerts"] for each in told["thresholds"]]
    assert [each["threshold"] for each in told["thresholds"]] == [5.0 * place for place in range(21)]
    assert alerts == sorted(alerts, reverse=True)
    assert told["thresholds"][0]["recall"] == 1
    assert told["holdout"]["fraud"] > 20


def test_the_labels_alone_give_what_counting_gives(client, shop):  # by hand: at 50 two alerts, one of two frauds
    say(client, shop, caught="fraud", false="legitimate", missed="fraud")
    told = simulate(client, shop, of="labels", thresholds=[50], costs={"false_alarm": 3, "missed": 100}).json
    assert told["labels"] == {"legitimate": 1, "fraud": 2}
    assert told["thresholds"] == [
        {"threshold": 50, "alerts": 2, "alert_rate": pytest.approx(2 / 3), "recall": 0.5, "precision": 0.5, "cost": 103}
    ]
    assert told["cheapest"] == 50


def test_holdout_and_labels_add_up(client, shop):
    say(client, shop, caught="fraud", missed="legitimate")
    parts = {
        of: simulate(client, shop, of=of, thresholds=[0]).json["thresholds"][0]["alerts"] for of in ("all", "holdout", "labels")
    }
    assert parts["all"] == pytest.approx(parts["holdout"] + parts["labels"])


def test_without_labels_nothing_can_be_simulated(client, shop):
    assert simulate(client, shop, of="labels").status_code == 409


@pytest.mark.parametrize(
    ("asked", "pointer"),
    [
        ({"thresholds": []}, "/thresholds"),
        ({"thresholds": [101]}, "/thresholds/0"),
        ({"costs": {"false_alarm": 1}}, "/costs/missed"),
        ({"of": "yesterday"}, "/of"),
    ],
)
def test_a_simulation_that_makes_no_sense_is_refused_with_the_place(ask, asked, pointer):
    response = ask("POST", "/fraud/simulate", json={"model": MODEL, **asked})
    assert (response.status_code, response.json["errors"][0]["pointer"]) == (422, pointer)


def test_labels_are_kept_without_ids(application, client, shop):
    say(client, shop, caught="fraud")
    with writing_once(engine_of(application)) as connection:
        kept = connection.exec_driver_sql("SELECT (payments.*)::text || (labels.*)::text FROM payments, labels").all()
    assert "caught" not in str(kept)


def test_a_payment_that_was_scored_by_a_number_is_labelled_by_it(client, shop):
    sent = {"model": MODEL, "labels": [{"id": 4, "label": "fraud"}]}
    assert client.post("/fraud/labels", json=sent, headers=shop.headers).json["labels"] == [{"id": "4", "state": "noted"}]


def test_numbers_of_too_many_digits_are_no_ids(client, shop):
    """A double holds neither of them: both would be the same payment."""
    long = '{"id": 1000000000000000000000%d, "label": "fraud"}'
    sent = f'{{"model": "{MODEL}", "labels": [{long % 1}, {long % 2}]}}'
    told = client.post("/fraud/labels", data=sent, content_type="application/json", headers=shop.headers)
    assert (told.status_code, told.json["errors"][0]["pointer"]) == (422, "/labels/0/id")
    scored = client.post("/fraud", json={"model": MODEL, "transactions": [payment(LEGITIMATE, id=1e22)]}, headers=shop.headers)
    assert (scored.status_code, scored.json["errors"][0]["pointer"]) == (422, "/transactions/0/id")
