"""Who may do what, and that two sites never see each other's things."""

import pytest

from app import create_app
from jobs.queue import enqueue
from resources.api import CONFIRMED_LATER
from resources.openapi import documented
from store import datasets, keys, results
from store.engine import reading, writing
from tests.resources.conftest import ORIGIN, engine_of, new_site, settings_for

BODY = {"formula": "y ~ x", "data": {"y": [1, 2, 4, 7], "x": [1, 2, 3, 4]}}
ARITHMETIC = "/forecast/provenance"  # of numbers in the address: no data, no database
OPEN = {"/health/live", "/health/ready", "/openapi.json", ARITHMETIC}
QUERIES = {ARITHMETIC: {"n": 4, "lags": "3,1", "h": 6}}


@pytest.fixture
def private(application):
    """The same database, closed to callers without a key."""
    app = create_app(settings_for(engine_of(application).url.render_as_string(hide_password=False), public=False))
    yield app.test_client()
    engine_of(app).dispose()


def walk(app):
    return [(path, verb.upper()) for path, _, verb, _ in documented(app)]


def test_two_sites_never_see_each_others_things(application, client):
    ours, theirs = new_site(application), new_site(application)
    result = client.post("/regress", json=BODY, headers=theirs.headers).json
    with writing(engine_of(application)) as connection:
        columns = [datasets.StoredColumn("y", "number", [1.0, 2.0])]
        datasets.save(connection, theirs.id, "private_data", columns, 2, fingerprint="f")
        job = enqueue(connection, theirs.id, "answer", {})
    named = {"{name}": [job, result["id"], result["id"] + ".csv", result["id"] + ".svg", "private_data"]}
    for path, verb in walk(application):
        for name in named["{name}"]:
            url = path.replace("{name}", name)
            query = {"dataset": "private_data", "formula": "y ~ 1"} if path == "/regress" and verb == "GET" else {}
            body = {"dataset": "private_data", "formula": "y ~ 1"} if verb == "POST" else None
            for headers in (ours.headers, ours.page_headers, {}):
                response = client.open(url, method=verb, headers=headers, query_string=query, json=body)
                assert result["id"] not in response.text, (verb, url)
                assert job not in response.text, (verb, url)
                if path not in OPEN and ("{name}" in path or path == "/regress"):
                    refusals = (401, 403, 411, 422) if verb == "PUT" else (401, 403, 404)  # a name is each site's own to put
                    assert response.status_code in refusals, (verb, url, response.text)
                if path not in OPEN:
                    assert "private_data" not in response.text, (verb, url)
    assert client.get(result["url"], headers=theirs.headers).json == result


def test_a_foreign_id_is_answered_exactly_like_a_missing_one(application, client):
    ours, theirs = new_site(application), new_site(application)
    foreign = client.post("/regress", json=BODY, headers=theirs.headers).json["url"]
    answers = [client.get(url, headers=ours.headers).json for url in (foreign, "/results/res_" + "0" * 40)]
    for answer in answers:
        del answer["request_id"]
    assert answers[0] == answers[1]


def test_two_sites_have_ids_of_their_own_for_the_same_question(application, client):
    ids = {client.post("/regress", json=BODY, headers=new_site(application).headers).json["id"] for _ in range(2)}
    assert len(ids) == 2


def test_without_a_key_a_closed_server_answers_only_what_is_open(application, private):
    for path, verb in walk(application):
        body = BODY if verb == "POST" else None
        response = private.open(path.replace("{name}", "iris"), method=verb, json=body, query_string=QUERIES.get(path))
        assert (response.status_code == 200) == (path in OPEN), (verb, path)
        if path not in OPEN:
            assert response.status_code == 401
            assert response.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_stranger_may_neither_list_nor_delete(client):
    assert client.get("/results").status_code == 401
    assert client.delete("/results/res_x").status_code == 401


WRONG_HEADERS = ["Bearer sk_" + "x" * 43, "Bearer", "Basic dTpw", "sk_" + "x" * 43, "Bearer pk_", "Bearer \x80"]


@pytest.mark.parametrize("header", WRONG_HEADERS)
def test_a_wrong_key_is_refused_even_where_strangers_may_come_in(client, header):
    response = client.post("/regress", json=BODY, headers={"Authorization": header})
    assert response.status_code == 401


def test_a_revoked_key_stops_working_at_once(application, client, site):
    assert client.get("/results", headers=site.headers).status_code == 200
    with writing(engine_of(application)) as connection:
        for key in keys.list_(connection, site.id):
            keys.revoke(connection, key.id)
    assert client.get("/results", headers=site.headers).status_code == 401


@pytest.mark.parametrize("path", [f"/{endpoint}" for endpoint in sorted(CONFIRMED_LATER)])
@pytest.mark.parametrize(
    "body",
    [
        {"json": {"formula": "y ~ x", "data": {"y": [1, 2, 4, 7], "x": [1, 2, 3, 4]}}},
        {"json": {"formula": "y ~ x + (1 | g)", "data": {"y": [1, 2, 4, 7], "x": [1, 2, 3, 4], "g": ["a", "b", "a", "b"]}}},
        {"json": {"formula": "y ~ nothing", "data": {"y": [1]}}},
        {"json": {"formula": "y ~ x", "dataset": "iris"}},
        {"json": {"formula": "y ~ x", "dataset": "nothing"}},
        {"data": "{", "content_type": "application/json"},
        {"data": "x", "content_type": "text/html"},
        {"json": {}, "headers": {"Accept": "application/pdf"}},
        {"json": {}, "query_string": {"ttl": "no"}},
    ],
)
def test_a_key_that_was_used_before_is_told_nothing_once_it_is_revoked(application, client, site, path, body):
    """Not the answer it had, not what is wrong with its question, not whether a dataset is there."""
    headers = site.headers | body.get("headers", {})
    before = client.post(path, **(body | {"headers": headers}))
    assert before.status_code != 401
    with writing(engine_of(application)) as connection:
        keys.revoke(connection, keys.find(connection, site.secret).id)
    after = client.post(path, **(body | {"headers": headers}))
    assert (after.status_code, after.json["type"]) == (401, "urn:lamplight:problem:unauthenticated")
    assert after.json.keys() == {"type", "title", "status", "detail", "request_id"}


def test_a_key_that_was_used_before_keeps_nothing_new_once_it_is_revoked(application, client, site):
    assert client.post("/regress", json=BODY, headers=site.headers).status_code == 201
    with writing(engine_of(application)) as connection:
        keys.revoke(connection, keys.find(connection, site.secret).id)
    other = BODY | {"level": 0.9}
    assert client.post("/regress", json=other, headers=site.headers).status_code == 401
    with reading(engine_of(application)) as connection:
        assert len(results.page(connection, site.id).items) == 1


def test_a_publishable_key_reads_only_from_its_origin(client, site):
    query = {"dataset": "iris", "formula": "Sepal_Length ~ Sepal_Width"}
    origins = {ORIGIN: 200, "https://evil.example": 403, ORIGIN + ".evil.example": 403, "null": 403, None: 403}
    for origin, status in origins.items():
        headers = {"Authorization": f"Bearer {site.publishable}"} | ({"Origin": origin} if origin else {})
        assert client.get("/regress", query_string=query, headers=headers).status_code == status, origin


def test_a_publishable_key_may_not_list_or_delete(client, site):
    assert client.get("/results", headers=site.page_headers).status_code == 403
    assert client.delete("/results/res_x", headers=site.page_headers).status_code == 403


def test_an_answer_is_shared_with_the_origin_of_its_key_and_no_other(client, site):
    query = {"dataset": "iris", "formula": "Sepal_Length ~ Sepal_Width"}
    shared = client.get("/regress", query_string=query, headers=site.page_headers)
    assert shared.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "Origin" in shared.headers["Vary"]
    for headers in ({"Origin": ORIGIN}, site.headers | {"Origin": ORIGIN}, {"Origin": "https://evil.example"}):
        response = client.get("/regress", query_string=query, headers=headers)
        assert "Access-Control-Allow-Origin" not in response.headers


def test_an_error_is_readable_by_the_page_that_caused_it(client, site):
    response = client.get("/regress", query_string={"dataset": "iris", "formula": "("}, headers=site.page_headers)
    assert response.status_code == 422
    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN


def test_a_preflight_is_granted_to_the_origin_of_a_living_key_only(client, site):
    asked = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}
    granted = client.options("/regress", headers={"Origin": ORIGIN, **asked})
    refused = client.options("/regress", headers={"Origin": "https://evil.example", **asked})
    assert granted.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "Authorization" in granted.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Origin" not in refused.headers


def test_a_page_may_send_json_to_the_model_that_it_asks(client):
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
    granted = client.options("/models/sepals/predict", headers={"Origin": ORIGIN, **asked})
    assert granted.headers["Access-Control-Allow-Methods"] == "GET, POST"
    assert {"Authorization", "Content-Type"} <= set(granted.headers["Access-Control-Allow-Headers"].split(", "))


@pytest.mark.parametrize("path", ["/regress", "/mixed", "/forecast", "/fraud/labels", "/datasets/d/rows", "/models/m/refit"])
def test_a_page_may_not_post_what_only_a_server_may(client, site, path):
    assert client.post(path, json={}, headers=site.page_headers).status_code == 403
