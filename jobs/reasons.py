"""Why a job failed: an error → what is kept of it, and whether another attempt may help."""

from __future__ import annotations

import signal
from http import HTTPStatus

from errors import TYPE_PREFIX, DeadlineExceeded, LamplightError, MemoryExceeded, StoreUnavailable
from store.jobs import Reason

DIED = "job-died"


def reason_of(error: BaseException, *, seconds: float, memory_mb: int) -> Reason:
    """Tell an error as problem+json does. What is not ours is told without details: its message may hold data."""
    if isinstance(error, DeadlineExceeded):
        return too_long(seconds)
    if isinstance(error, MemoryError):
        return too_large(memory_mb)
    if isinstance(error, LamplightError):
        return _told(error)
    return _told(LamplightError("the job met an error that was not foreseen; the worker's log has the place under the job's id"))


def passes(error: BaseException) -> bool:
    """Say whether another attempt may go better: not when it is the question that is wrong, or too large."""
    if isinstance(error, LamplightError):
        return isinstance(error, StoreUnavailable)
    return not isinstance(error, MemoryError)


def too_long(seconds: float) -> Reason:
    return _told(DeadlineExceeded(f"the job was stopped because it took longer than {seconds:g} s; ask for less"))


def too_large(memory_mb: int) -> Reason:
    detail = f"the job was stopped because it needed more than {memory_mb} MB of memory (setting LAMPLIGHT_JOB_MEMORY_MB)"
    return _told(MemoryExceeded(f"{detail}; ask for less"))


def dead(status: int) -> Reason:
    """Tell of a process that ended without a word. status: as waitpid gives it."""
    how = f"killed by {signal.Signals(status & 0x7F).name}" if status & 0x7F else f"it left with {status >> 8}"
    return {
        "type": TYPE_PREFIX + DIED,
        "title": "The process that did the job died",
        "status": HTTPStatus.INTERNAL_SERVER_ERROR,
        "detail": f"the process that did the job died before it was done ({how})",
    }


def worker_died() -> Reason:
    return {**dead(signal.SIGKILL), "detail": "the worker that did the job died before it was done"}


def _told(error: LamplightError) -> Reason:
    told: dict[str, object] = {
        "type": TYPE_PREFIX + error.type,
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
    }
    if error.faults:
        told["errors"] = [{"pointer": fault.pointer, "detail": fault.detail} for fault in error.faults]
    return told
