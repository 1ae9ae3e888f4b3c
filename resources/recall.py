"""Which bytes asked which question: lets a repeated request find its stored answer without being read again."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

from science.recent import Recent

QUESTIONS = 10_000  # about 2 MB in a process

# Digest of the bytes sent → id of the result; neither data nor answers. Right for ever, because an id depends on the
# bytes alone; whether the answer is still stored, the store says.
Recall = Recent[bytes, str]


def question_of(parts: Iterable[bytes]) -> bytes:
    """Digest the parts of a request that decide its answer, each with its length."""
    digest = blake2b(digest_size=16)
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.digest()
