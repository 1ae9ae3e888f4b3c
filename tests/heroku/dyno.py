"""A dyno: the Procfile's lines run with what Heroku sets, as processes of their own."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tests.serving import ROOT, Server, free_port, wait_until_live

PLATFORM = {  # what the Python buildpack and app.json set
    "WEB_CONCURRENCY": "2",
    "GUNICORN_CMD_ARGS": "--access-logfile -",
    "FORWARDED_ALLOW_IPS": "*",
    "PYTHONUNBUFFERED": "1",
    "LAMPLIGHT_PUBLIC": "0",
    "LAMPLIGHT_WORKER_BESIDE": "0",  # unless a test is about both together: the line then becomes gunicorn itself
    "LAMPLIGHT_SECRET": "s" * 64,
}


def line_of_procfile(name: str) -> str:
    lines = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())
    return lines[name]


def environment(database_url: str, more: Mapping[str, str]) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("LAMPLIGHT_")}
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    return {**ours, **PLATFORM, "DATABASE_URL": database_url, "PATH": path, **more}


@contextmanager
def web_dyno(database_url: str, log: IO[bytes] | int = subprocess.DEVNULL, **more: str) -> Iterator[Server]:
    """Run the Procfile's web line until the block ends; wait until both workers are there."""
    port = free_port()
    command = shlex.split(line_of_procfile("web"))
    environ = environment(database_url, {"PORT": str(port), **more})
    process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
    server = Server(f"http://127.0.0.1:{port}", database_url, process)
    try:
        wait_until_live(server, port)
        wait_until(lambda: len(server.workers()) == 2)
        yield server
    finally:
        server.stop()


def wait_until(claim: Callable[[], bool], seconds: float = 15.0) -> None:
    give_up = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < give_up, f"not so after {seconds:.0f} s"
        time.sleep(0.05)
