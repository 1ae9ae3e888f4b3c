"""The keys that this process has seen alive: whose they are, never whether they still live, which the database says each time."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from store.keys import Key

KEYS = 1_000  # about 500 kB in a process


class KnownKeys:
    """Secret keys by their digest: lets a question get its name before the database confirms who asks, in one round trip."""

    def __init__(self) -> None:
        self._keys: OrderedDict[bytes, Key] = OrderedDict()
        self._lock = Lock()

    def find(self, digest: bytes) -> Key | None:
        with self._lock:
            key = self._keys.get(digest)
            if key is not None:
                self._keys.move_to_end(digest)
            return key

    def note(self, digest: bytes, key: Key) -> None:
        with self._lock:
            self._keys[digest] = key
            if len(self._keys) > KEYS:
                self._keys.popitem(last=False)

    def forget(self, digest: bytes) -> None:
        with self._lock:
            self._keys.pop(digest, None)
