"""Which bytes asked which question: lets a repeated request find its stored answer without being read again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from hashlib import blake2b
from threading import Lock

QUESTIONS = 10_000  # about 2 MB in a process


class Recall:
    """The last questions of this process: digest of the bytes sent → id of the result. Holds neither data nor answers.

    Right for ever, because an id depends on the bytes alone; whether the answer is still stored, the store says.
    """

    def __init__(self) -> None:
        self._ids: OrderedDict[bytes, str] = OrderedDict()
        self._lock = Lock()

    def find(self, question: bytes) -> str | None:
        with self._lock:
            result_id = self._ids.get(question)
            if result_id is not None:
                self._ids.move_to_end(question)
            return result_id

    def note(self, question: bytes, result_id: str) -> None:
        with self._lock:
            self._ids[question] = result_id
            if len(self._ids) > QUESTIONS:
                self._ids.popitem(last=False)


def question_of(parts: Iterable[bytes]) -> bytes:
    """Digest the parts of a request that decide its answer, each with its length."""
    digest = blake2b(digest_size=16)
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.digest()
