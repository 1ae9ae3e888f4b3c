"""A connection on which nobody waits without end: no thread for the rest of a request, nor the main thread for its close."""

from __future__ import annotations

import socket
import struct
from contextlib import suppress
from time import monotonic
from typing import Any

from gunicorn.http.unreader import SocketUnreader
from gunicorn.workers.gthread import TConn

from resources.leaving import Leaving

SILENT_SECONDS = 30  # in the middle of a request: a thread waits no longer for its rest, nor does the router for an answer
SLOWEST = 1_000  # bytes a second, after those seconds: else a byte now and then would hold a thread for hours


class Reading(SocketUnreader):
    """What comes on a connection; a long silence in the middle of a request is its end, as if the caller had gone.

    So is a request that trickles in.
    """

    silent = False

    def begin(self) -> None:
        """Start to count, with another request."""
        self._began, self._come = monotonic(), 0

    def chunk(self, size_hint: int | None = None) -> bytes:
        if self.silent:  # what comes now is the rest of a request that was given up, and not another one
            return b""
        try:
            came = bytes(super().chunk(size_hint))
        except BlockingIOError:
            self.silent = True
            return b""
        self._come += len(came)
        self.silent = monotonic() - self._began > SILENT_SECONDS + self._come / SLOWEST
        return b"" if self.silent else came


class Connection(TConn):
    """gunicorn's, but that the main thread does not wait for its end, and no other for a caller that has gone silent."""

    watching = False  # it was let in although there was no room, for what it asked

    def __init__(self, leaving: Leaving, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._leaving = leaving
        self._reading: Reading | None = None
        # Python's own timeout would limit how long an answer may take to be sent, too.
        with suppress(OSError):  # some systems refuse when the caller has gone already
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("@ll", SILENT_SECONDS, 0))

    def init(self) -> None:
        super().init()
        if self._reading is None:
            self._reading = self.parser.unreader = Reading(self.sock)
        self._reading.begin()

    @property
    def silent(self) -> bool:
        """Whether a request on it was given up."""
        return self._reading is not None and self._reading.silent

    def close(self, graceful: bool = False) -> None:
        if graceful:
            self._leaving.see_off(self.sock)
        else:
            super().close()
