"""`python -m jobs.nursery FD MODULE...`: a warm process without threads that forks a child for each job it is told to begin.

Importing what a fit needs takes a second or more, forking a process that has it takes milliseconds. The worker talks to it
over a socket in JSON lines: {"begin": order, "id": n}, with the writing end of a pipe, and {"kill": n}; it answers {"ended": n}
with the wait status of the child and what it used. When the worker goes away, so do this process and its children.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from shutil import rmtree
from typing import Any

from config import Settings
from errors import StoreUnavailable
from jobs.child import Order, attempt
from jobs.logs import log_to_stderr
from jobs.machine import is_small
from jobs.scratch import Scratch
from jobs.task import Task
from store.engine import engine_of, reading

REQUEST_BYTES = 4096
DESCRIPTORS = 16  # that one read may bring along
OPINIONATED = (  # what second opinions need: 2 s and 75 MB, which a small machine spends when one is asked for
    "statsmodels.regression.linear_model",
    "statsmodels.regression.mixed_linear_model",
    "statsmodels.tsa.statespace.sarimax",
)
REAPING_SECONDS = 1.0  # how long a child that ended may wait at most, should a signal be lost


@dataclass(frozen=True)
class Child:
    """A process, and its folder for the files that it leaves behind."""

    process: int
    scratch: str | None


class Nursery:
    """The children that run, by the worker's number for them."""

    def __init__(self, control: socket.socket, settings: Settings, tasks: Mapping[str, Task]) -> None:
        self._control, self._settings, self._tasks = control, settings, tasks
        self._engine = engine_of(settings, pool_size=1)
        self._children: dict[int, Child] = {}
        self._scratch = Scratch()
        self._pipes: list[int] = []
        self._unread = b""
        self._later = [] if is_small() else list(OPINIONATED)

    def serve(self, woken: int) -> None:
        """Begin and end children until the worker hangs up."""
        self._acquaint()
        while True:
            ready, _, _ = select.select([self._control.fileno(), woken], [], [], REAPING_SECONDS)
            if woken in ready:
                os.read(woken, REQUEST_BYTES)
            self._reap()
            if not ready and not self._children:
                self._warm_up()
            if self._control.fileno() in ready and not self._read():
                break
        for number in list(self._children):
            self._kill(number)
            self._forget(number)
        self._scratch.remove()

    def _warm_up(self) -> None:
        """Import a little more while nobody waits for anything."""
        if self._later:
            importlib.import_module(self._later.pop(0))
            _set_aside()

    def _acquaint(self) -> None:
        """Let the engine ask a server what it asks of one that it has never met, so that no child does; nothing stays open."""
        with suppress(StoreUnavailable), reading(self._engine):
            pass
        self._engine.dispose()

    def _read(self) -> bool:
        try:
            received, pipes, _, _ = socket.recv_fds(self._control, REQUEST_BYTES, DESCRIPTORS)
        except ConnectionResetError:  # the worker was killed
            return False
        self._pipes += pipes
        *lines, self._unread = (self._unread + received).split(b"\n")
        for line in lines:
            self._obey(json.loads(line))
        return bool(received)

    def _obey(self, told: dict[str, Any]) -> None:
        if "kill" in told:
            self._kill(told["kill"])
        else:
            self._begin(told["id"], Order(**told["begin"]), self._pipes.pop(0))

    def _begin(self, number: int, order: Order, pipe: int) -> None:
        parent, scratch = os.getpid(), self._scratch.folder()
        process = os.fork()
        if process == 0:
            self._be_a_child(parent, order, pipe, scratch)
        os.close(pipe)
        self._children[number] = Child(process, scratch)

    def _be_a_child(self, parent: int, order: Order, pipe: int, scratch: str | None) -> None:
        status = 1
        try:
            if scratch:
                tempfile.tempdir = os.environ["TMPDIR"] = scratch
            signal.set_wakeup_fd(-1)
            self._control.close()
            os.setpgid(0, 0)  # so that whatever it starts goes with it
            attempt(order, pipe, parent, self._settings, self._engine, self._tasks)
            status = 0
        finally:
            os._exit(status)

    def _kill(self, number: int) -> None:
        if child := self._children.get(number):  # not reaped yet, so the process's number is still its own
            for kill in (os.killpg, os.kill):  # it may not have its group yet
                with suppress(ProcessLookupError, PermissionError):
                    kill(child.process, signal.SIGKILL)

    def _forget(self, number: int) -> None:
        child = self._children.pop(number)
        if child.scratch:
            rmtree(child.scratch, ignore_errors=True)

    def _reap(self) -> None:
        for number, child in list(self._children.items()):
            ended, status, used = os.wait4(child.process, os.WNOHANG)
            if ended:
                self._forget(number)
                kilobytes = used.ru_maxrss // (1 if sys.platform == "linux" else 1024)
                told = {"ended": number, "status": status, "kilobytes": kilobytes, "cpu": used.ru_utime + used.ru_stime}
                with suppress(BrokenPipeError):
                    self._control.sendall(json.dumps(told).encode() + b"\n")


def _set_aside() -> None:
    """Keep what is loaded by now out of the children's garbage collection, which would copy the shared pages."""
    gc.collect()
    gc.freeze()


def main() -> None:
    """Warm up, and serve the worker at the other end of the socket."""
    log_to_stderr()
    settings = Settings.from_env(os.environ)
    tasks: dict[str, Task] = {}
    for module in sys.argv[2:]:
        tasks |= importlib.import_module(module).TASKS
    _set_aside()
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    Nursery(socket.socket(fileno=int(sys.argv[1])), settings, tasks).serve(woken)


if __name__ == "__main__":
    main()
