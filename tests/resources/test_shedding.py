"""Too much at once is refused before anything is done for it, in the shape of all errors."""

from __future__ import annotations

import io
import json
import threading
import time

import pytest

from resources.shedding import Shedding

MOST = 1 * 11 + 4 - 1


class Held:
    """An application whose requests stay until they are let go."""

    def __init__(self):
        self.go, self.inside = threading.Event(), threading.Semaphore(0)

    def __call__(self, environ, start_response):
        if environ["PATH_INFO"] == "/boom":
            raise RuntimeError
        if environ["PATH_INFO"].startswith("/models"):
            self.inside.release()
            self.go.wait(10)
        start_response("200 OK", [])
        return [b"done"]


def ask(application, path, body=b""):
    told = []
    environ = {"PATH_INFO": path, "CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body)}
    answer = b"".join(application(environ, lambda status, headers: told.append((status, dict(headers)))))
    return *told[0], answer, environ["wsgi.input"]


@pytest.fixture
def full():
    """An application that holds as many requests as it may."""
    held = Held()
    application = Shedding(held, turns=1)
    threads = [threading.Thread(target=ask, args=(application, "/models/m/predict")) for _ in range(MOST)]
    for thread in threads:
        thread.start()
    for _ in threads:
        assert held.inside.acquire(timeout=10)
    yield application, held
    held.go.set()
    for thread in threads:
        thread.join(10)


def test_one_too_many_is_told_to_come_back(full):
    application, _ = full
    status, headers, answer, body = ask(application, "/models/m/predict", b"x" * 1000)
    assert status.startswith("503")
    assert (headers["Retry-After"], headers["Content-Type"]) == ("1", "application/problem+json")
    problem = json.loads(answer)
    assert (problem["status"], problem["type"]) == (503, "urn:lamplight:problem:busy")
    assert problem["request_id"] == headers["X-Request-Id"]
    assert body.read() == b""


def test_a_large_body_is_not_read_for_a_refusal(full):
    application, _ = full
    _, headers, _, body = ask(application, "/regress", b"x" * (2 << 20))
    assert headers["Connection"] == "close"
    assert len(body.read()) == 2 << 20


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/", "/static/page.js", "/docs"])
def test_who_watches_and_the_pages_are_never_refused(full, path):
    assert ask(full[0], path)[0] == "200 OK"


def test_there_is_room_again_when_requests_have_ended(full):
    application, held = full
    held.go.set()
    give_up = time.monotonic() + 10
    while ask(application, "/models/m/predict")[0] != "200 OK":
        assert time.monotonic() < give_up


def test_a_crash_leaves_its_place_to_others():
    application = Shedding(Held(), turns=1)
    for _ in range(3 * MOST):
        with pytest.raises(RuntimeError):
            ask(application, "/boom")
    assert ask(application, "/results")[0] == "200 OK"
