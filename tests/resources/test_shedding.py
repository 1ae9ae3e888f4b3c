"""A refusal is written from the bytes that came: in the shape of all errors, and keeping a connection only without doubt."""

from __future__ import annotations

import json

import pytest

from resources.security import CONTENT_POLICY, SECURITY_HEADERS
from resources.shedding import refusal_of, watches

POST = b"POST /models/m/predict HTTP/1.1\r\nHost: x\r\n"


def told(sent: bytes) -> tuple[str, dict[str, str], bytes]:
    head, _, body = refusal_of(sent).answer.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    return status, dict(line.split(": ", 1) for line in lines), body


def test_one_too_many_is_told_to_come_back():
    status, headers, body = told(POST + b"Content-Length: 2\r\n\r\n{}")
    assert status == "HTTP/1.1 503 Service Unavailable"
    assert (headers["Retry-After"], headers["Content-Type"]) == ("1", "application/problem+json")
    assert int(headers["Content-Length"]) == len(body)
    problem = json.loads(body)
    assert (problem["status"], problem["type"]) == (503, "urn:lamplight:problem:busy")
    assert problem["request_id"] == headers["X-Request-Id"]


def test_a_refusal_has_the_headers_of_every_answer():
    _, headers, _ = told(POST + b"X-Forwarded-Proto: https\r\nOrigin: https://a.example\r\n\r\n")
    assert dict((*SECURITY_HEADERS, CONTENT_POLICY)).items() <= headers.items()
    assert headers["Strict-Transport-Security"]
    assert headers["Vary"] == "Origin"


@pytest.mark.parametrize(("asked", "kept"), [(b"my-id.7", True), (b"bad id", False), (b"x" * 101, False), (b"a\x7fb", False)])
def test_an_id_that_the_caller_gave_is_kept_when_it_is_one(asked, kept):
    _, headers, body = told(POST + b"X-Request-Id: " + asked + b"\r\n\r\n")
    assert (headers["X-Request-Id"] == asked.decode("latin-1")) is kept
    assert json.loads(body)["request_id"] == headers["X-Request-Id"]


def test_head_is_told_without_a_body():
    status, headers, body = told(b"HEAD /results HTTP/1.1\r\nHost: x\r\n\r\n")
    assert status.endswith("503 Service Unavailable")
    assert int(headers["Content-Length"]) > 0
    assert body == b""


@pytest.mark.parametrize(
    ("sent", "whole", "keeps"),
    [
        (POST + b"Content-Length: 2\r\n\r\n{}", True, True),
        (b"GET /results HTTP/1.1\r\nHost: x\r\n\r\n", True, True),
        (POST + b"Content-Length: 2\r\nConnection: close\r\n\r\n{}", True, False),
        (POST + b"Content-Length: 2\r\nConnection: Keep-Alive\r\n\r\n{}", True, True),
        (POST + b"Content-Length: 9\r\n\r\n{}", False, False),  # more is to come
        (POST + b"Content-Length: 0\r\n\r\n{}", False, False),  # the next request has begun
        (POST + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", False, False),
        (POST + b"Content-Length: 2\r\ncontent-length: 40\r\n\r\n{}", False, False),
        (POST + b"Content-Length : 2\r\n\r\n", False, False),  # no name of a header ends with a blank
        (POST + b"Content-Length: +2\r\n\r\n{}", False, False),
        (POST + b"Content-Length: 02\r\n\r\n{}", False, False),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n", False, False),
        (POST + b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n{}", False, False),
        (POST + b"Expect: 100-continue\r\nContent-Length: 0\r\n\r\n", False, False),
        (POST + b"A: b\r\n folded: c\r\n\r\n", False, False),
        (POST + b"A: b\nContent-Length: 2\r\n\r\n", False, False),
        (POST + b"A: \x00\r\n\r\n", False, False),
        (b"GET /results HTTP/1.0\r\nHost: x\r\n\r\n", False, False),
        (b"GET /results HTTP/1.1\r\nHost: x\r\n", False, False),  # the head is not whole
        (b"", False, False),
        (b"\x16\x03\x01\x02\x00", False, False),
    ],
)
def test_where_a_request_ends_is_only_believed_without_doubt(sent, whole, keeps):
    refusal = refusal_of(sent)
    assert (refusal.whole, refusal.keeps) == (whole, keeps)
    assert (b"\r\nConnection: close\r\n" in refusal.answer) is not keeps


def test_a_connection_that_will_not_be_heard_again_is_said_to_end():
    refusal = refusal_of(POST + b"Content-Length: 2\r\n\r\n{}", may_keep=False)
    assert (refusal.whole, refusal.keeps) == (True, False)
    assert b"\r\nConnection: close\r\n" in refusal.answer


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/", "/?x=1", "/static/page.js", "/docs", "/openapi.json"])
def test_who_watches_and_the_pages_are_never_refused(path):
    assert watches(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())


@pytest.mark.parametrize(
    "line", [b"GET /regress?x=/health/ HTTP/1.1", b"POST /health/live HTTP/1.1", b"GET /he", b"", b"GET //health/"]
)
def test_others_are(line):
    assert not watches(line)
