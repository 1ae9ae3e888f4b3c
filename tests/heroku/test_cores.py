"""A worker for each core: each keeps to one of its own, and whoever takes the place of a dead one takes its core."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from tests.heroku.dyno import wait_until
from tests.serving import Server, serving


def cores_of(server: Server) -> list[set[int]]:
    return [os.sched_getaffinity(worker) for worker in server.workers()]


@contextmanager
def confined(cores: set[int]) -> Iterator[None]:
    """Give what is started within only these cores."""
    all_cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, all_cores)


def test_as_many_workers_as_cores_have_one_each(database_url: str) -> None:
    cores = set(sorted(os.sched_getaffinity(0))[:2])
    apart = [{core} for core in sorted(cores)]
    with confined(cores), serving(database_url, WEB_CONCURRENCY=str(len(cores))) as server:
        wait_until(lambda: sorted(cores_of(server), key=min) == apart)
        killed = server.workers()[0]
        os.kill(killed, signal.SIGKILL)
        wait_until(lambda: killed not in server.workers() and sorted(cores_of(server), key=min) == apart)
        assert server.ask("GET", "/health/live").status == 200


def test_workers_that_compute_two_things_at_once_share_the_cores(database_url: str) -> None:
    cores = set(sorted(os.sched_getaffinity(0))[:2])
    with confined(cores), serving(database_url, WEB_CONCURRENCY=str(len(cores)), LAMPLIGHT_CONCURRENCY="2") as server:
        wait_until(lambda: cores_of(server) == [cores] * len(cores))


def test_more_workers_than_cores_share_them(database_url: str) -> None:
    core = {min(os.sched_getaffinity(0))}
    with confined(core), serving(database_url, WEB_CONCURRENCY="2") as server:
        wait_until(lambda: cores_of(server) == [core, core])
