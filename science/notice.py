"""Something a caller should know about an answer that is right all the same."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Notice:
    """A warning of an answer: a stable `code` for programs and a sentence for people."""

    code: str
    detail: str
