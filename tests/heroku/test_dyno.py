"""One dyno that serves and works: the Procfile's web line with a worker beside it."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress

import psutil
import pytest

from tests.heroku.dyno import environment, line_of_procfile, wait_until
from tests.serving import ROOT, Server, free_port, wait_until_live

DEAR = {"dataset": "sleepstudy", "formula": "Reaction ~ Days + (Days | Subject)", "intervals": "bootstrap", "samples": 2000}
PATIENCE = 60.0


@pytest.fixture
def dyno(database_url: str) -> Iterator[Server]:
    port = free_port()
    more = {"PORT": str(port), "LAMPLIGHT_PUBLIC": "1", "LAMPLIGHT_WORKER_BESIDE": "1", "WEB_CONCURRENCY": "1"}
    process = subprocess.Popen(
        shlex.split(line_of_procfile("web")),
        cwd=ROOT,
        env=environment(database_url, more),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    server = Server(f"http://127.0.0.1:{port}", database_url, process)
    try:
        wait_until_live(server, port)
        wait_until(lambda: workers(server) == 1, PATIENCE)
        yield server
    finally:
        with suppress(ProcessLookupError):  # they may all have gone
            server.kill()


def test_a_dear_question_is_answered_on_one_dyno(dyno: Server) -> None:
    wait_until(lambda: dyno.ask("POST", "/mixed", DEAR, timeout=40).status in (200, 201), PATIENCE)


def test_a_worker_that_was_killed_is_started_again_and_the_web_serves_on(dyno: Server) -> None:
    (before,) = worker_of(dyno)
    before.kill()
    assert dyno.ask("GET", "/health/ready").status == 200
    wait_until(lambda: worker_of(dyno) not in ([], [before]), PATIENCE)


def test_sigterm_to_every_process_twice_ends_them_all(dyno: Server) -> None:
    family = psutil.Process(dyno.process.pid).children(recursive=True)
    for _ in range(2):
        os.killpg(dyno.process.pid, signal.SIGTERM)
    assert dyno.process.wait(25) == 0
    assert psutil.wait_procs(family, 3)[1] == []


def workers(server: Server) -> object:
    return server.ask("GET", "/health/ready").json["workers"]


def worker_of(server: Server) -> list[psutil.Process]:
    children = psutil.Process(server.process.pid).children()
    return [child for child in children if child.status() != psutil.STATUS_ZOMBIE and "jobs.worker" in child.cmdline()]
