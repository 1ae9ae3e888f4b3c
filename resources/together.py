"""A socket that sends the head of an answer together with what follows it."""

from __future__ import annotations

import socket
from typing import Any

JOINED = 1 << 16  # bytes that are copied to be sent with the head; what is longer fills packets of its own


class Together:
    """Hold back the first piece that is written until the second comes, or until `flush`.

    Linux's TCP_CORK does the same, but Python keeps the interpreter to itself while the cork is drawn and the packet goes out.
    """

    def __init__(self, plain: socket.socket) -> None:
        self._plain = plain
        self._held: bytes | None = None
        self._begun = False

    def sendall(self, data: bytes) -> None:
        if not self._begun:
            self._held, self._begun = data, True
        elif self._held:
            held, self._held = self._held, None
            self._plain.sendall(held + data[:JOINED])
            if len(data) > JOINED:
                self._plain.sendall(memoryview(data)[JOINED:])
        else:
            self._plain.sendall(data)

    def sendfile(self, *arguments: Any, **named: Any) -> int:
        self.flush()
        return self._plain.sendfile(*arguments, **named)

    def flush(self) -> None:
        """Send what is held back."""
        if self._held:
            held, self._held = self._held, None
            self._plain.sendall(held)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._plain, name)
