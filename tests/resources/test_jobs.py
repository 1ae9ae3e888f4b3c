"""Dear questions over HTTP: they become jobs that a real worker does, and a request waits for its own a while."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from store import jobs
from store.engine import reading
from tests.jobs.working import wait_until, working
from tests.resources.conftest import engine_of, new_site

SLEEP = {"dataset": "sleepstudy", "formula": "Reaction ~ Days + (Days | Subject)"}
BOOTSTRAP = SLEEP | {"intervals": "bootstrap", "samples": 2000}
BODY = {"formula": "y ~ x", "data": {"y": [1, 2, 4, 7], "x": [1, 2, 3, 4]}}
ASYNC, PATIENT = {"Prefer": "respond-async"}, {"Prefer": "wait=25"}
LARGE = {f"x{i}": [((i + 1) * j * j) % 97 for j in range(5000)] for i in range(150)}


@pytest.fixture(scope="module")
def worker(shared_database_url: str) -> Iterator[None]:
    with working(shared_database_url):
        yield


@pytest.fixture
def answered(ask):
    """Ask with patience, for a machine that has much to do, until the answer is there."""

    def send(method: str, path: str, **given: object):
        for _ in range(4):
            told = ask(method, path, headers=PATIENT, **given)
            if told.status_code != 202:
                break
        return told

    return send


@pytest.fixture
def ended(ask):
    """Ask for a job until it has ended."""

    def wait(url: str) -> dict[str, object]:
        wait_until(lambda: ask("GET", url).json["finished_at"])
        return ask("GET", url).json

    return wait


def test_a_dear_question_is_answered_by_a_worker_while_the_request_waits(ask, answered, worker):
    answered("POST", "/mixed", json=BOOTSTRAP | {"seed": 10})  # the first of all may find the worker still warming up
    told = answered("POST", "/mixed", json=BOOTSTRAP | {"seed": 11})
    assert (told.status_code, told.headers["Location"]) == (201, told.json["url"])
    assert told.json["intervals"]["method"] == "bootstrap"
    assert ask("GET", "/jobs?limit=1").json["jobs"][0]["result"] == told.json["url"]


def test_asked_again_it_is_answered_from_the_store(ask, answered, worker):
    first = answered("POST", "/mixed", json=BOOTSTRAP | {"seed": 12})
    second = ask("POST", "/mixed", json=BOOTSTRAP | {"seed": 12})
    assert (second.status_code, second.data) == (200, first.data)
    assert len(ask("GET", "/jobs").json["jobs"]) == 1


def test_a_job_answers_to_the_digit_what_a_request_answers(ask, client, application, worker):
    inline, other = ask("POST", "/regress", json=BODY), new_site(application)
    url = client.post("/regress", json=BODY, headers=other.headers | ASYNC).json["url"]
    wait_until(lambda: client.get(url, headers=other.headers).json["result"])
    answer = client.get(client.get(url, headers=other.headers).json["result"], headers=other.headers).json
    assert {name: answer[name] for name in answer if name not in ("id", "url")} == {
        name: inline.json[name] for name in answer if name not in ("id", "url")
    }


def test_a_cheap_question_never_becomes_a_job(ask, worker):
    assert ask("POST", "/regress", json=BODY).status_code == 201
    assert ask("GET", "/jobs").json["jobs"] == []


@pytest.mark.parametrize(
    ("prefer", "applied"),
    [
        ("respond-async", "respond-async"),
        ("Respond-Async, wait=0", "respond-async, wait=0"),
        ('respond-async;foo=bar, wait="0"', "respond-async, wait=0"),
    ],
)
def test_respond_async_is_answered_202_at_once(ask, ended, worker, prefer, applied):
    told = ask("POST", "/regress", json=BODY, headers={"Prefer": prefer})
    assert (told.status_code, told.headers["Preference-Applied"]) == (202, applied)
    assert told.headers["Location"] == told.json["url"]
    assert (told.headers["Retry-After"], told.headers["Cache-Control"]) == ("1", "no-store")
    assert ended(told.json["url"])["state"] == "succeeded"


@pytest.mark.parametrize("prefer", ["handling=lenient", "wait=soon", "wait=-1", ",,", "return=minimal"])
def test_a_preference_that_is_not_known_is_ignored(ask, prefer):
    assert ask("POST", "/regress", json=BODY, headers={"Prefer": prefer}).status_code == 201


def test_a_short_wait_is_kept_to(ask, ended, worker):
    began = time.monotonic()
    told = ask("POST", "/mixed", json=BOOTSTRAP | {"seed": 13}, headers={"Prefer": "wait=1"})
    assert (told.status_code, told.headers["Preference-Applied"]) == (202, "wait=1")
    assert time.monotonic() - began < 2.5
    assert ended(told.json["url"])["state"] == "succeeded"


def test_the_same_question_asked_meanwhile_joins_the_job(ask, ended, worker):
    urls = {ask("POST", "/mixed", json=BOOTSTRAP | {"seed": 14}, headers=ASYNC).json["url"] for _ in range(3)}
    assert len(urls) == 1
    ended(urls.pop())


def test_an_answer_that_is_stored_is_told_whatever_is_preferred(ask, worker):
    ask("POST", "/regress", json=BODY)
    assert ask("POST", "/regress", json=BODY, headers=ASYNC).status_code == 200


def test_data_sent_along_reach_the_worker_and_are_deleted_with_the_job(application, ask, worker):
    told = ask("POST", "/regress", json={"formula": "x0 ~ .", "data": LARGE}, headers=ASYNC)
    wait_until(lambda: ask("GET", told.json["url"]).json["state"] == "succeeded")
    assert ask("GET", ask("GET", told.json["url"]).json["result"]).json["nobs"] == 5000
    with reading(engine_of(application)) as connection:
        assert connection.exec_driver_sql(f"SELECT data FROM jobs WHERE id = '{told.json['id']}'").scalar() is None


def test_what_is_wrong_with_a_question_is_told_as_if_the_request_had_computed_it(ask, ended, worker):
    wrong = {"formula": "y ~ z", "data": BODY["data"]}
    inline, url = ask("POST", "/regress", json=wrong), ask("POST", "/regress", json=wrong, headers=ASYNC).json["url"]
    job = ended(url)
    assert (job["state"], job["result"], job["reason"]["type"]) == ("failed", None, inline.json["type"])
    waited = ask("POST", "/regress", json=wrong, headers={"Prefer": "respond-async, wait=20"})
    assert {name: waited.json[name] for name in ("status", "type", "title", "detail", "errors")} == {
        name: inline.json[name] for name in ("status", "type", "title", "detail", "errors")
    }


def test_a_get_about_stored_data_waits_too_and_is_then_cacheable(answered, worker):
    query = {"dataset": "sleepstudy", "formula": SLEEP["formula"], "intervals": "bootstrap", "samples": 2000, "seed": 3}
    told = answered("GET", "/mixed", query_string=query)
    assert (told.status_code, "ETag" in told.headers) == (200, True)


def test_a_forecast_goes_this_road_as_well(ask, ended, worker):
    told = ask("POST", "/forecast", json={"y": [float(i % 12 + i) for i in range(48)], "season": 12, "h": 6}, headers=ASYNC)
    result = ended(told.json["url"])["result"]
    assert len(ask("GET", result).json["forecast"]) == 6


def test_a_job_that_runs_is_cancelled_and_twice_is_as_good_as_once(ask, worker):
    many = {"dataset": "ChickWeight", "formula": "weight ~ Time + (Time | Chick)", "intervals": "bootstrap", "samples": 2000}
    url = ask("POST", "/mixed", json=many, headers=ASYNC).json["url"]
    assert [ask("DELETE", url).status_code for _ in range(2)] == [204, 204]
    told = ask("GET", url).json
    assert (told["state"], told["finished_at"] is not None, told["result"]) == ("cancelled", True, None)


def test_a_foreign_job_is_answered_exactly_like_a_missing_one(client, application, ask, worker):
    foreign = ask("POST", "/regress", json=BODY, headers=ASYNC).json["url"]
    theirs = new_site(application)
    for method in ("GET", "DELETE"):
        answers = [client.open(url, method=method, headers=theirs.headers) for url in (foreign, "/jobs/job_" + "0" * 32)]
        assert {answer.status_code for answer in answers} == {404}
        assert len({answer.json["detail"] for answer in answers}) == 1


def test_a_stranger_may_read_the_job_that_was_given_and_neither_list_nor_cancel(client, worker):
    url = client.post("/regress", json=BODY | {"level": 0.9}, headers=ASYNC).json["url"]
    assert client.get(url).status_code == 200
    assert (client.delete(url).status_code, client.get("/jobs").status_code) == (401, 401)


def test_a_page_may_read_the_job_that_it_was_given_and_neither_list_nor_cancel(client, site, worker):
    query = {"dataset": "sleepstudy", "formula": SLEEP["formula"], "intervals": "profile"}
    url = client.get("/mixed", query_string=query, headers=site.page_headers | ASYNC).json["url"]
    assert client.get(url, headers=site.page_headers).status_code == 200
    assert (
        client.delete(url, headers=site.page_headers).status_code,
        client.get("/jobs", headers=site.page_headers).status_code,
    ) == (
        403,
        403,
    )


@pytest.mark.parametrize("name", ["job_1", "job_" + "g" * 32, "job_" + "0" * 33, "a%00b", "res_" + "0" * 32])
def test_what_is_no_id_is_not_found(ask, name):
    assert ask("GET", f"/jobs/{name}").status_code == 404


def test_pages_of_jobs_follow_one_another(ask, worker):
    urls = [ask("POST", "/regress", json=BODY | {"level": 0.5 + n / 100}, headers=ASYNC).json["url"] for n in range(5)]
    first = ask("GET", "/jobs?limit=3").json
    second = ask("GET", f"/jobs?limit=3&before={first['next']}").json
    assert [job["url"] for job in first["jobs"] + second["jobs"]] == urls[::-1]
    assert second["next"] is None


def test_readiness_tells_the_workers(client, worker):
    wait_until(lambda: client.get("/health/ready").json["workers"] > 0)


def test_without_a_worker_the_request_does_not_wait(database_url):
    from app import create_app
    from tests.resources.conftest import settings_for

    app = create_app(settings_for(database_url, max_jobs=2))
    client, began = app.test_client(), time.monotonic()
    told = [client.post("/mixed", json=BOOTSTRAP | {"seed": seed}) for seed in range(3)]
    assert [each.status_code for each in told] == [202, 202, 503]
    assert [each.json["position"] for each in told[:2]] == [0, 1]
    assert (client.get("/health/ready").json["workers"], time.monotonic() - began < 5) == (0, True)
    with reading(engine_of(app)) as connection:
        assert jobs.waiting(connection, 2) == 2
    engine_of(app).dispose()
