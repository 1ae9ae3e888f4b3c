"""Appending over HTTP: all or nothing, once for each Idempotency-Key, and nothing that drifts."""

import io
from concurrent.futures import ThreadPoolExecutor

import pytest

from store.engine import writing
from tests.resources.conftest import engine_of, new_site


@pytest.fixture
def append(ask):
    ask("PUT", "/datasets/d", json={"data": {"x": [1], "g": ["a"]}})

    def send(key=None, **given):
        given = given or {"json": {"data": {"x": [2], "g": ["b"]}}}
        return ask("POST", "/datasets/d/rows", headers={"Idempotency-Key": key} if key else {}, **given)

    return send


def rows(ask):
    return ask("GET", "/datasets/d", query_string={"rows": 100}).json["page"]


SENT = {
    "json": {"json": {"data": {"g": ["b", None], "x": [2, None]}}},
    "records": {"json": {"data": [{"x": 2, "g": "b"}, {"x": None, "g": None}]}},
    "csv": {"data": "g,x\nb,2\n,\n", "content_type": "text/csv"},
    "form": {"data": {"data": "x,g\n2,b\nNA,\n"}},
}


@pytest.mark.parametrize("how", SENT)
def test_rows_are_added_behind_those_there_are(ask, append, how):
    added = append(**SENT[how])
    assert added.status_code == 201, added.text
    assert added.headers["Location"] == "/datasets/d"
    assert (added.json["rows_sent"], added.json["rows_added"], added.json["rows"]) == (2, 2, 3)
    assert rows(ask) == [{"x": 1, "g": "a"}, {"x": 2, "g": "b"}, {"x": None, "g": None}]


def test_a_text_that_looks_like_a_number_stays_a_text(ask, append):
    assert append(data="x,g\n2,7\n", content_type="text/csv").status_code == 201
    assert rows(ask)[1] == {"x": 2, "g": "7"}


def test_new_texts_are_counted_again(ask, append):
    append()
    (g,) = (column for column in ask("GET", "/datasets/d").json["columns"] if column["name"] == "g")
    assert g["distinct"] == 2


def test_a_repeated_request_is_answered_again_and_not_done_again(ask, append):
    first, again = append("key-1"), append("key-1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.data == first.data
    assert again.headers["Location"] == first.headers["Location"]
    assert ("Idempotent-Replayed" in first.headers, again.headers.get("Idempotent-Replayed")) == (False, "true")
    assert len(rows(ask)) == 2
    assert append("key-2").json["rows"] == append().json["rows"] - 1 == 3


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_repeated_request_is_answered_again_whatever_became_of_the_dataset(ask, append, method):
    first = append("key")
    assert ask(method, "/datasets/d", json={"data": {"y": [1]}} if method == "PUT" else None).status_code in (200, 204)
    again = append("key")
    assert (again.status_code, again.data, again.headers["Idempotent-Replayed"]) == (201, first.data, "true")


def test_a_form_sent_again_with_another_boundary_is_the_same_request(ask, append):
    def form():
        return {"data": {"data": (io.BytesIO(b"x,g\n2,b\n"), "d.csv")}}  # werkzeug makes a new boundary each time

    assert append("key", **form()).status_code == append("key", **form()).status_code == 201
    assert len(rows(ask)) == 2


def test_a_key_stands_for_one_request(ask, append):
    append("key")
    other = append("key", json={"data": {"x": [3], "g": ["b"]}})
    assert (other.status_code, other.json["type"]) == (422, "urn:lamplight:problem:idempotency-key-reused")
    assert len(rows(ask)) == 2
    ask("PUT", "/datasets/e", json={"data": {"x": [1], "g": ["a"]}})
    elsewhere = ask("POST", "/datasets/e/rows", json={"data": {"x": [2], "g": ["b"]}}, headers={"Idempotency-Key": "key"})
    assert elsewhere.status_code == 422


def test_a_request_that_failed_can_be_mended_under_its_key(ask, append):
    assert append("key", json={"data": {"x": [2]}}).status_code == 422
    assert append("key").status_code == 201


def test_a_key_is_each_sites_own(application, client, ask, append):
    append("key")
    other = new_site(application)
    client.put("/datasets/d", json={"data": {"x": [1], "g": ["a"]}}, headers=other.headers)
    sent = client.post(
        "/datasets/d/rows", json={"data": {"x": [9], "g": ["z"]}}, headers=other.headers | {"Idempotency-Key": "key"}
    )
    assert sent.json["rows"] == 2


def test_a_key_is_forgotten_after_a_day(application, ask, append):
    append("key")
    with writing(engine_of(application)) as connection:
        connection.exec_driver_sql("UPDATE idempotency SET created_at = created_at - interval '25 hours'")
    assert "Idempotent-Replayed" not in append("key").headers
    assert len(rows(ask)) == 3


def test_twins_at_once_are_done_once(application, site, ask, append):
    def send(_):
        return application.test_client().post(
            "/datasets/d/rows",
            json={"data": {"x": [2], "g": ["b"]}},
            headers=site.headers | {"Idempotency-Key": "twin"},
        )

    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(send, range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.data for answer in answers}) == 1
    assert len(rows(ask)) == 2


@pytest.mark.parametrize("key", [" ", "a" * 256, "ä", "a\tb"])
def test_a_key_that_is_none_is_refused(ask, append, key):
    refused = append(key)
    assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, "/Idempotency-Key")
    assert len(rows(ask)) == 1


DRIFT = [
    ({"json": {"data": {"x": [2]}}}, "/data/g", "the column g of the dataset is missing"),
    ({"json": {"data": {"x": [2], "g": ["a"], "h": [1]}}}, "/data/h", "no column h"),
    ({"json": {"data": {"x": ["2"], "g": ["a"]}}}, "/data/x/0", "is a text; the column holds a number"),
    ({"json": {"data": {"x": [2], "g": [7]}}}, "/data/g/0", "is a number; the column holds a text"),
    ({"json": {"data": {"x": [2], "g": [True]}}}, "/data/g/0", "is a boolean; the column holds a text"),
    ({"data": "x,g\n2,a\nsecret,b\n", "content_type": "text/csv"}, "/data/x/1", "row 2 of column x is not a number"),
    ({"data": "x\n2\n", "content_type": "text/csv"}, "/data/g", "is missing"),
    ({"data": "x,g,h\n2,a,b\n", "content_type": "text/csv"}, "/data/h", "no column h"),
    ({"json": {"data": {"x": [2, 3], "g": ["a"]}}}, "/data/x", "one length"),
    ({"json": {"data": {"x": [2], "g": ["a"]}, "fill": {"x": 1}}}, "/fill", "no such field"),
    ({"json": {}}, "/data", "required"),
]


@pytest.mark.parametrize(("sent", "pointer", "told"), DRIFT)
def test_drift_is_refused_naming_the_column_and_nothing_is_added(ask, append, sent, pointer, told):
    refused = append(**sent)
    assert refused.status_code == 422, refused.text
    assert refused.json["errors"][0]["pointer"] == pointer
    assert told in refused.json["detail"]
    assert "secret" not in refused.text
    assert len(rows(ask)) == 1


def test_an_appended_dataset_gives_another_answer(ask, append):
    append(json={"data": {"x": [2, 4], "g": ["b", "a"]}})
    query = {"dataset": "d", "formula": "x ~ 1"}
    before = ask("GET", "/regress", query_string=query).json
    append(json={"data": {"x": [9], "g": ["b"]}})
    after = ask("GET", "/regress", query_string=query).json
    assert (before["nobs"], after["nobs"]) == (3, 4)
    assert before["id"] != after["id"]


def test_what_is_not_there_and_what_is_a_sample_is_not_found(ask):
    for name in ("nothing", "iris"):
        assert ask("POST", f"/datasets/{name}/rows", json={"data": {"x": [1]}}).status_code == 404
