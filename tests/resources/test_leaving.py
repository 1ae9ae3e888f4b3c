"""Half-closed connections: the other side hears the end, and no number of them harms the one who watches."""

from __future__ import annotations

import socket
from selectors import DefaultSelector

import pytest

from resources import leaving
from resources.leaving import Leaving


@pytest.fixture
def selector():
    with DefaultSelector() as selector:
        yield selector


@pytest.fixture
def pairs():
    made = [socket.socketpair() for _ in range(3)]
    yield made
    for pair in made:
        for end in pair:
            end.close()


def dispatch(events) -> None:
    for key, _ in events:
        key.data(key.fileobj)


def test_a_connection_is_closed_when_the_other_side_closes(selector, pairs):
    ours, theirs = pairs[0]
    going = Leaving(selector)
    going.see_off(ours)
    assert theirs.recv(1) == b""
    theirs.sendall(b"the rest of a body")
    dispatch(selector.select(1))
    assert len(going) == 1
    theirs.close()
    dispatch(selector.select(1))
    assert (len(going), ours.fileno()) == (0, -1)


def test_one_that_was_closed_as_one_too_many_may_still_be_called(selector, pairs, monkeypatch):
    monkeypatch.setattr(leaving, "MOST", 1)
    going = Leaving(selector)
    going.see_off(pairs[0][0])
    pairs[0][1].sendall(b"more")
    woken = selector.select(1)
    going.see_off(pairs[1][0])
    dispatch(woken)
    assert (len(going), pairs[0][0].fileno()) == (1, -1)


def test_one_that_never_closes_has_its_time(selector, pairs, monkeypatch):
    monkeypatch.setattr(leaving, "SECONDS", 0.0)
    going = Leaving(selector)
    going.see_off(pairs[0][0])
    going.sweep()
    assert (len(going), pairs[0][0].fileno()) == (0, -1)


def test_no_more_is_drained_than_is_promised(selector, pairs, monkeypatch):
    monkeypatch.setattr(leaving, "DRAINED", 4)
    going = Leaving(selector)
    going.see_off(pairs[0][0])
    pairs[0][1].sendall(b"12345")
    dispatch(selector.select(1))
    assert len(going) == 0
