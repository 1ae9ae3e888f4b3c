"""Folders for the files that jobs leave behind, as TensorFlow does; what a process that was killed left, the next one removes."""

from __future__ import annotations

import fcntl
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

PREFIX = "lamplight-jobs-"
YOUNG_SECONDS = 60.0  # a folder that was made just now may not be locked yet


class Scratch:
    """One folder for each job, in a folder that this process keeps locked as long as it lives."""

    def __init__(self) -> None:
        self._home: Path | None = None
        with suppress(OSError):  # the disk is full; most jobs write no file
            _sweep()
            home = Path(mkdtemp(prefix=PREFIX))
            fcntl.flock(os.open(home, os.O_RDONLY), fcntl.LOCK_EX)  # never closed: the lock is to end with the process
            self._home = home

    def folder(self) -> str | None:
        """Make a folder for a job; None where that cannot be."""
        with suppress(OSError):
            return mkdtemp(dir=self._home) if self._home else None
        return None

    def remove(self) -> None:
        """Remove all that is left."""
        if self._home:
            rmtree(self._home, ignore_errors=True)


def _sweep() -> None:
    """Remove the folders whose processes have gone without doing so."""
    for left in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError), _locked(left) as status:
            if time.time() - status.st_mtime > YOUNG_SECONDS:
                rmtree(left, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Iterator[os.stat_result]:
    """Lock a folder, and tell of it. Raises OSError when somebody has, or when it is not our own: root could lock any."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY)
    try:
        status = os.fstat(descriptor)
        if status.st_uid != os.geteuid():
            raise PermissionError(f"{folder} belongs to another user")
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield status
    finally:
        os.close(descriptor)
