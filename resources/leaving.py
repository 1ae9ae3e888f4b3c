"""Connections that are answered and closed by us, until the other side has heard the end of what was told."""

from __future__ import annotations

import socket
from functools import partial
from selectors import EVENT_READ, BaseSelector
from time import monotonic

SECONDS = 2.0  # for the other side to close too
MOST = 500  # connections; the one that has waited longest is then closed at once
DRAINED = 1 << 20  # bytes of a body that are read and forgotten: to close with something unread would lose the answer
CHUNK = 1 << 16


class Leaving:
    """Half-closed connections (RFC 9112, section 9.6), watched by the selector that watches all the others.

    gunicorn waits for each of them in its main thread, where one slow client holds up everybody else for two seconds.
    """

    def __init__(self, selector: BaseSelector) -> None:
        self._selector = selector
        self._until: dict[socket.socket, tuple[float, int]] = {}  # when to give up, and how many bytes it may still send

    def __len__(self) -> int:
        return len(self._until)

    def see_off(self, connection: socket.socket) -> None:
        """Tell the other side that nothing more comes, and close when it has closed."""
        try:
            connection.shutdown(socket.SHUT_WR)
            connection.setblocking(False)
        except OSError:  # it has gone already
            connection.close()
            return
        self._until[connection] = (monotonic() + SECONDS, DRAINED)
        self._selector.register(connection, EVENT_READ, partial(self._drain, connection))
        if len(self._until) > MOST:
            self._close(next(iter(self._until)))

    def sweep(self) -> None:
        """Close those that have had their time."""
        now = monotonic()
        for connection in [each for each, (until, _) in self._until.items() if until <= now]:
            self._close(connection)

    def _drain(self, connection: socket.socket, _: object) -> None:
        if connection not in self._until:  # closed since the selector woke: it was one too many
            return
        until, left = self._until[connection]
        try:
            left -= len(connection.recv(CHUNK)) or left
        except BlockingIOError:
            return
        except OSError:
            left = 0
        if left <= 0:
            self._close(connection)
        else:
            self._until[connection] = (until, left)

    def _close(self, connection: socket.socket) -> None:
        del self._until[connection]
        self._selector.unregister(connection)
        connection.close()
