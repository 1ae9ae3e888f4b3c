"""The worker's side of the nursery: begin a child, hear what it reports, stop it when its time is over."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from jobs.child import Order
from jobs.reasons import dead, too_large, too_long
from store.jobs import Reason

ROOT = Path(__file__).resolve().parent.parent
GRACE_SECONDS = 2.0  # beyond the deadline: a task that watches it tells so itself
NOTE_SECONDS = 0.5  # between two writings of progress
LONGEST_REPORT = 1 << 20  # bytes
NEARLY = 0.8  # of its memory: a child that dies there, without a word, died of it
SINGLE = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")  # a fork takes no threads along
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3"}  # what TensorFlow says as it is loaded is no news
FAREWELLS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

Note = Callable[[float, Sequence[str]], Awaitable[bool]]  # keeps progress and lines; False when nobody wants them any more


@dataclass(frozen=True)
class Ended:
    """How an attempt ended: done, or superseded, or failed for a reason that may pass (`again`) or not."""

    done: bool = False
    superseded: bool = False
    reason: Reason | None = None
    again: bool = False
    kilobytes: int = 0  # the most that was resident
    cpu: float = 0.0  # seconds


@dataclass
class _Child:
    """A child that runs: what it said last of all, and how it ended."""

    order: Order
    ended: asyncio.Future[dict[str, Any]]
    last: dict[str, Any] = field(default_factory=dict)
    progress: float = 0.0
    lines: list[str] = field(default_factory=list)


class Children:
    """The children of one nursery, which is started when it is needed, and again when it died."""

    def __init__(self, modules: Sequence[str], idle_seconds: float | None = None) -> None:
        self._modules, self._idle_seconds = modules, idle_seconds
        self._resting: asyncio.TimerHandle | None = None
        self._process: Process | None = None
        self._control: socket.socket | None = None
        self._listening: asyncio.Task[None] | None = None
        self._children: dict[int, _Child] = {}
        self._numbers = count(1)
        self._starting = asyncio.Lock()

    async def warm(self) -> None:
        """Start the nursery before anything is asked of it."""
        await self._make_sure_of_the_nursery()

    async def run(self, order: Order, note: Note) -> Ended:
        """Have a child attempt a job, and wait until it has ended. Cancelled, it is killed."""
        await self._make_sure_of_the_nursery()
        number = next(self._numbers)
        child = _Child(order, asyncio.get_running_loop().create_future())
        self._children[number] = child
        noting = asyncio.create_task(self._note_now_and_then(number, child, note))
        try:
            async with self._reports(number, child) as reports:
                over = await _until(child.ended, order.seconds + GRACE_SECONDS)
                if over:
                    self._tell({"kill": number})
                status = await child.ended
                await asyncio.wait((reports,), timeout=GRACE_SECONDS)  # its last words are in the pipe
            noting.cancel()
            if not child.last.get("done"):  # else all that it said was committed with its end
                await note(child.progress, child.lines)
        except asyncio.CancelledError:
            self._tell({"kill": number})
            raise
        finally:
            noting.cancel()
            self._children.pop(number, None)
            self._rest_after_a_while()
        return _ended(child, status, over)

    async def close(self) -> None:
        """End the nursery and all its children."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.kill()  # the children die with it
            await self._process.wait()
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.wait((self._listening,))
        if self._control is not None:
            self._control.close()

    @asynccontextmanager
    async def _reports(self, number: int, child: _Child) -> AsyncIterator[asyncio.Task[None]]:
        reading, writing = os.pipe()
        try:
            assert self._control is not None
            message = json.dumps({"begin": asdict(child.order), "id": number}).encode() + b"\n"
            socket.send_fds(self._control, [message], [writing])
        except OSError:
            _end(child, {})
        finally:
            os.close(writing)
        reader = asyncio.StreamReader(limit=LONGEST_REPORT)
        loop = asyncio.get_running_loop()
        transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(reading, "rb"))
        task = asyncio.create_task(_hear(reader, child))
        try:
            yield task
        finally:
            task.cancel()
            transport.close()

    async def _note_now_and_then(self, number: int, child: _Child, note: Note) -> None:
        while True:
            await asyncio.sleep(NOTE_SECONDS)
            lines, child.lines = child.lines, []
            if not await note(child.progress, lines):
                child.last.setdefault("superseded", True)  # cancelled, or committed a moment ago: not a death to report
                self._tell({"kill": number})

    def _rest_after_a_while(self) -> None:
        """Give the nursery's memory back when nothing is asked of it for some time, if that is wanted."""
        if self._resting is not None:
            self._resting.cancel()
        if self._idle_seconds is not None and not self._children:
            self._resting = asyncio.get_running_loop().call_later(self._idle_seconds, self._rest)

    def _rest(self) -> None:
        if not self._children and self._control is not None:
            with suppress(OSError):
                self._control.shutdown(socket.SHUT_RDWR)  # it hears that, and ends; so do we, in _listen

    async def _make_sure_of_the_nursery(self) -> None:
        async with self._starting:
            if self._resting is not None:
                self._resting.cancel()
            if self._process is None or self._process.returncode is not None or self._deaf():
                await self.close()
                await self._start()

    async def _start(self) -> None:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        with theirs:
            command = (sys.executable, "-m", "jobs.nursery", str(theirs.fileno()), *self._modules)
            path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
            environment = SINGLE | QUIET | os.environ | {"PYTHONPATH": path}
            with _signals_held():
                self._process = await asyncio.create_subprocess_exec(
                    *command, env=environment, pass_fds=(theirs.fileno(),), stdin=asyncio.subprocess.DEVNULL
                )
        self._control = ours
        self._listening = asyncio.create_task(self._listen(ours))

    async def _listen(self, control: socket.socket) -> None:
        """Hear of children that ended; when the nursery dies, all have."""
        loop, unread = asyncio.get_running_loop(), b""
        try:
            with suppress(OSError):
                while received := await loop.sock_recv(control, 65536):
                    *lines, unread = (unread + received).split(b"\n")
                    for told in map(json.loads, lines):
                        if child := self._children.get(told["ended"]):
                            _end(child, told)
        finally:
            for child in self._children.values():
                _end(child, {})

    def _deaf(self) -> bool:
        return self._listening is None or self._listening.done()

    def _tell(self, message: dict[str, object]) -> None:
        with suppress(OSError):
            if self._control is not None:
                self._control.send(json.dumps(message).encode() + b"\n")


@contextmanager
def _signals_held() -> Iterator[None]:
    """Hold back what asks a process to end: one that is born here never hears it, for a host tells every process."""
    signal.pthread_sigmask(signal.SIG_BLOCK, FAREWELLS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, FAREWELLS)


async def _hear(reader: asyncio.StreamReader, child: _Child) -> None:
    """Gather what a child reports until its end of the pipe is closed."""
    async for line in reader:
        told = json.loads(line)
        child.progress = told.pop("progress", child.progress)
        if "line" in told:
            child.lines.append(told.pop("line"))
        child.last |= told


async def _until(ended: asyncio.Future[dict[str, Any]], seconds: float) -> bool:
    """Wait for the end; say whether the time was over before it came."""
    done, _ = await asyncio.wait((ended,), timeout=seconds)
    return not done


def _end(child: _Child, told: dict[str, Any]) -> None:
    if not child.ended.done():
        child.ended.set_result(told)


def _ended(child: _Child, told: dict[str, Any], over: bool) -> Ended:
    used = {"kilobytes": told.get("kilobytes", 0), "cpu": told.get("cpu", 0.0)}
    last, order = child.last, child.order
    if last.get("done") or last.get("superseded"):
        return Ended(done="done" in last, superseded="superseded" in last, **used)
    if "reason" in last:
        return Ended(reason=last["reason"], again=last["again"], **used)
    if over:
        return Ended(reason=too_long(order.seconds), **used)
    if used["kilobytes"] - last.get("loaded", 0) > NEARLY * order.memory_mb * 1024 and told.get("status"):
        return Ended(reason=too_large(order.memory_mb), **used)
    return Ended(reason=dead(told.get("status", 9)), again=True, **used)
