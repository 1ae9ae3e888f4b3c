"""How gunicorn serves the application; `gunicorn "app:create_app()"` reads this file from the current folder."""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import socket
from pathlib import Path
from typing import Any

from gunicorn.glogging import Logger

from resources.reception import Worker

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")  # before numpy is imported: requests share the cores, one fit does not take them all

MALLOC = {  # of glibc's mallopt: a burst of large tables on 16 threads would keep 500 MB for good; so it falls back to 160
    -8: 2,  # M_ARENA_MAX
    -3: 1 << 20,  # M_MMAP_THRESHOLD: larger arrays go back to the system when they are freed
    -1: 8 << 20,  # M_TRIM_THRESHOLD: as much stays of each arena; a forecast would fault in 1,300 pages again, 3 ms of its 18
}
CORES = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else frozenset[int]()  # Linux alone tells
YOUNG = 10_000  # objects that are new before Python looks for cycles among them: a request leaves none, and makes 2,000


class QuietLogger(Logger):
    """gunicorn's log without its access log, which Heroku turns on: it holds query strings, and these hold formulas.

    The application writes a line per request itself.
    """

    def access(self, *arguments: Any) -> None:
        """Write nothing."""


def pre_fork(server: Any, worker: Any) -> None:
    """Choose a worker's core, and hold SIGTERM back while it is born: before it has its own handler, gunicorn would lose it.

    The master then waits for that worker until graceful_timeout and kills it.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    worker.core = _free_core(server)


def post_worker_init(worker: Any) -> None:
    """Let the worker hear SIGTERM, now that it knows what to do."""
    _hear_sigterm()


def post_fork(server: Any, worker: Any) -> None:
    """Forget the connections of the parent, without closing them: they are its own. Keep to the core that was chosen."""
    _service(server).engine.dispose(close=False)
    if worker.core is not None:
        os.sched_setaffinity(0, {worker.core})


def when_ready(server: Any) -> None:
    """Set aside what is loaded by now, so that the workers' garbage collection leaves its shared pages alone."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG)


def _service(server: Any) -> Any:
    return server.app.wsgi().extensions["lamplight"]


def _hear_sigterm() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})


def _give_memory_back() -> None:
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # other C libraries have none
    for parameter, value in MALLOC.items():
        if mallopt:
            mallopt(parameter, value)


def _free_core(server: Any) -> int | None:
    """Find a core that no other worker has; None where all share them.

    A worker that keeps to a core finds there what it has cached: 5 to 8 % more requests a second. That is right where
    there are as many workers as cores and each computes one thing at once.
    """
    if len(CORES) != server.num_workers or _service(server).settings.concurrency > 1:
        return None
    return min(CORES - {worker.core for worker in server.WORKERS.values()}, default=None)


def _count(variable: str, default: int) -> int:
    value = os.environ.get(variable, str(default))
    if not value.isdecimal() or int(value) < 1:
        raise SystemExit(f"lamplight: {variable} must be a whole number, 1 or more")
    return int(value)


def _every_interface() -> str:
    """The address that hears IPv6 and IPv4, or IPv4 alone where there is no IPv6."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::", 0))
            return "0.0.0.0" if probe.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY) else "[::]"  # noqa: S104
    except OSError:
        return "0.0.0.0"  # noqa: S104  a dyno is reached through the router alone


_give_memory_back()
os.register_at_fork(after_in_parent=_hear_sigterm)

bind = f"{_every_interface()}:{_count('PORT', 8000)}"
workers = _count("WEB_CONCURRENCY", 2)
threads = _count("LAMPLIGHT_THREADS", 16)  # for 11 who compute or wait for that, 4 who wait for a job, and one who watches
worker_class = Worker
preload_app = True  # import once, share the pages
timeout = 30  # a heartbeat, not a request's time: only a worker that no longer turns is killed
graceful_timeout = 20  # Heroku kills 30 s after SIGTERM
keepalive = 95  # longer than the router keeps its connections, so that it is never the server that hangs up
limit_request_line = 8190  # a GET carries its formula in the address
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108  heartbeats should not wait for a disk
control_socket_disable = True
logger_class = QuietLogger
forwarded_allow_ips = "*"  # with the two lines below: nobody is believed, without looking at each caller's address
secure_scheme_headers: dict[str, str] = {}  # X-Forwarded-Proto is read by the application
forwarder_headers = ""  # no header says where the application is mounted
