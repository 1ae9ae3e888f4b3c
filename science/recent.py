"""What was found last, kept by the question that found it: for things that are right for ever and dear to find again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import Generic, TypeVar

Question = TypeVar("Question", bound=Hashable)
Found = TypeVar("Found")


class Recent(Generic[Question, Found]):
    """At most so many; the one that nobody has asked for the longest goes first. Threads may share it."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._found: OrderedDict[Question, Found] = OrderedDict()
        self._lock = Lock()

    def find(self, question: Question) -> Found | None:
        with self._lock:
            found = self._found.get(question)
            if found is not None:
                self._found.move_to_end(question)
            return found

    def note(self, question: Question, found: Found) -> None:
        with self._lock:
            self._found[question] = found
            if len(self._found) > self._most:
                self._found.popitem(last=False)

    def forget(self, question: Question) -> None:
        with self._lock:
            self._found.pop(question, None)
