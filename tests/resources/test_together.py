"""The head of an answer goes out with its body, whatever the body's size, and nothing is held back for good."""

from __future__ import annotations

import socket
from threading import Thread

import pytest

from resources.together import JOINED, Together

HEAD = b"HTTP/1.1 200 OK\r\n\r\n"


@pytest.fixture
def ends():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def heard(ours: socket.socket, theirs: socket.socket, pieces: list[bytes]) -> bytes:
    """Write pieces at one end, and read all at the other."""

    def write() -> None:
        together = Together(ours)
        for piece in pieces:
            together.sendall(piece)
        together.flush()
        ours.shutdown(socket.SHUT_WR)

    writer = Thread(target=write)
    writer.start()
    with theirs.makefile("rb") as reading:
        found = reading.read()
    writer.join()
    return found


@pytest.mark.parametrize("length", [0, 1, JOINED - 1, JOINED, JOINED + 1, 3 * JOINED])
def test_head_and_body_arrive_whole_and_in_order(ends, length):
    body = bytes(range(256)) * (length // 256) + b"x" * (length % 256)
    assert heard(*ends, [HEAD, body]) == HEAD + body


def test_what_follows_is_not_held_back(ends):
    assert heard(*ends, [HEAD, b"one", b"two", b"three"]) == HEAD + b"onetwothree"


def test_a_head_alone_leaves_with_flush(ends):
    assert heard(*ends, [HEAD]) == HEAD


def test_a_head_waits_for_its_body(ends):
    ours, theirs = ends
    together = Together(ours)
    together.sendall(HEAD)
    theirs.setblocking(False)
    with pytest.raises(BlockingIOError):
        theirs.recv(1)
    together.sendall(b"body")
    assert theirs.recv(100) == HEAD + b"body"
