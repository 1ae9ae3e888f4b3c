"""Every status in one shape, request ids, security headers, limits of rate, logs: in production mode."""

from datetime import datetime

import orjson
import pytest
from flask import Flask

from app import create_app
from resources.datasets import Datasets
from tests.resources.conftest import engine_of, settings_for

BODY = {"formula": "y ~ x", "data": {"y": [1, 2, 4, 7], "x": [1, 2, 3, 4]}}


def test_the_suite_runs_in_production_mode(application: Flask):
    assert not application.testing
    assert not application.debug


STATUSES = [
    ("GET", "/nowhere", {}, 404),
    ("GET", "/regress/", {}, 404),
    ("PUT", "/regress", {}, 405),
    ("POST", "/openapi.json", {}, 405),
    ("POST", "/", {}, 405),
    ("POST", "/regress", {"data": "{", "content_type": "application/json"}, 400),
    ("POST", "/regress", {"data": "x", "content_type": "text/html"}, 415),
    ("POST", "/regress", {"json": {}}, 422),
    ("GET", "/results/none", {}, 404),
    ("GET", "/datasets", {"headers": {"Accept": "image/gif"}}, 406),
    ("GET", "/static/../app.py", {}, 404),
]


@pytest.mark.parametrize(("method", "path", "given", "status"), STATUSES)
def test_every_refusal_is_a_problem(ask, method, path, given, status):
    response = ask(method, path, **given)
    assert response.status_code == status, response.text
    assert response.mimetype == "application/problem+json"
    assert response.json["status"] == status
    assert response.json["request_id"] == response.headers["X-Request-Id"]


def test_a_wrong_verb_is_told_the_right_ones(ask):
    response = ask("PUT", "/regress")
    assert {"GET", "POST"} <= set(response.headers["Allow"].split(", "))


@pytest.fixture
def crashing(monkeypatch):
    def crash(self):
        raise RuntimeError("SECRET 4.25")

    monkeypatch.setattr(Datasets, "get", crash)


@pytest.mark.usefixtures("crashing")
def test_a_crash_is_a_problem_that_tells_nothing(ask):
    response = ask("GET", "/datasets")
    assert (response.status_code, response.mimetype) == (500, "application/problem+json")
    assert "SECRET" not in response.text
    assert "Traceback" not in response.text


def logged(capfd: pytest.CaptureFixture[str], event: str) -> str:
    return next(line for line in capfd.readouterr().err.splitlines() if f'"event":"{event}"' in line)


@pytest.mark.usefixtures("crashing")
def test_a_crash_is_logged_with_its_place_and_without_its_words(ask, capfd):
    ask("GET", "/datasets", headers={"X-Request-Id": "find-me"})
    line = logged(capfd, "crash")
    fields = orjson.loads(line)
    assert (fields["level"], fields["request_id"]) == ("error", "find-me")
    assert "crash" in fields["frames"][-1]
    assert "SECRET" not in line


def test_a_request_is_one_json_line_without_data_key_or_formula(ask, site, capfd):
    ask("POST", "/regress", json=BODY, query_string={"ttl": "77m"})
    line = logged(capfd, "request")
    fields = orjson.loads(line)
    assert (fields["method"], fields["route"], fields["status"], fields["site"]) == ("POST", "/regress", 201, site.id)
    assert datetime.fromisoformat(fields["time"]).tzinfo is not None
    assert not any(secret in line for secret in ("y ~ x", site.secret, "77m", "[1"))


def test_a_request_id_is_taken_when_it_is_one(ask):
    assert ask("GET", "/health/live", headers={"X-Request-Id": "abc-1"}).headers["X-Request-Id"] == "abc-1"
    assert ask("GET", "/health/live", headers={"X-Request-Id": "a b\u00e9"}).headers["X-Request-Id"] != "a b\u00e9"


def test_every_answer_carries_the_security_headers(ask):
    for path in ("/", "/docs", "/openapi.json", "/datasets", "/nowhere"):
        response = ask("GET", path)
        response.close()
        headers = response.headers
        assert "default-src 'none'" in headers["Content-Security-Policy"], path
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"


def test_https_is_remembered_where_it_is_used(ask):
    assert "Strict-Transport-Security" not in ask("GET", "/health/live").headers
    assert "Strict-Transport-Security" in ask("GET", "/health/live", headers={"X-Forwarded-Proto": "https"}).headers


@pytest.fixture
def slow_client(application):
    """The same database under a quota of three requests a minute."""
    url = engine_of(application).url.render_as_string(hide_password=False)
    app = create_app(settings_for(url, rate_per_key=3, rate_per_address=3))
    yield app.test_client()
    engine_of(app).dispose()


def test_a_key_over_its_quota_is_told_when_to_come_back(slow_client, site):
    statuses = [slow_client.get("/datasets", headers=site.headers).status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    refused = slow_client.get("/datasets", headers=site.headers)
    assert 1 <= int(refused.headers["Retry-After"]) <= 20
    assert refused.headers["RateLimit-Policy"] == '"key";q=3;w=60'
    assert refused.json["type"] == "urn:lamplight:problem:rate-limited"


def forwarded_statuses(client, forwarded):
    return [client.get("/datasets", headers={"X-Forwarded-For": each}).status_code for each in forwarded]


FORGED = [f"{number}.1.1.1, 9.9.9.9" for number in range(4)]


def test_behind_a_proxy_an_address_is_the_one_it_vouches_for(application):
    url = engine_of(application).url.render_as_string(hide_password=False)
    app = create_app(settings_for(url, rate_per_address=3, behind_proxy=True))
    assert forwarded_statuses(app.test_client(), FORGED) == [200, 200, 200, 429]
    assert forwarded_statuses(app.test_client(), ["9.9.9.9, 8.8.8.8"]) == [200]
    engine_of(app).dispose()


def test_without_a_proxy_nobody_can_choose_an_address(slow_client):
    assert forwarded_statuses(slow_client, ["1.1.1.1", "2.2.2.2", "3.3.3.3", "4.4.4.4"]) == [200, 200, 200, 429]


def test_guessing_keys_is_counted(slow_client):
    headers = {"Authorization": "Bearer sk_" + "x" * 43}
    assert [slow_client.get("/datasets", headers=headers).status_code for _ in range(4)] == [401, 401, 401, 429]


def test_health_is_never_counted(slow_client):
    assert {slow_client.get("/health/live").status_code for _ in range(10)} == {200}
