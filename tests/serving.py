"""A real server for tests: gunicorn with our configuration, in processes of its own, over real HTTP."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import orjson

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60.0
SETTINGS = {
    "LAMPLIGHT_SECRET": "s" * 40,
    "LAMPLIGHT_PUBLIC": "1",
    "LAMPLIGHT_RATE_PER_KEY": "1000000",
    "LAMPLIGHT_RATE_PER_ADDRESS": "1000000",
    "WEB_CONCURRENCY": "2",
}


@dataclass(frozen=True)
class Told:
    """What a server answered."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, object]:
        answer: dict[str, object] = orjson.loads(self.body)
        return answer


@dataclass(frozen=True)
class Server:
    """A running gunicorn: the master and its workers are one process group."""

    url: str
    database_url: str
    process: subprocess.Popen[bytes]

    def ask(self, method: str, path: str, body: object = None, timeout: float = 30, **headers: str) -> Told:
        """Send one request. `body` is sent as JSON."""
        data = None if body is None else orjson.dumps(body)
        sent = {"Content-Type": "application/json"} | {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            with urlopen(Request(self.url + path, data, sent, method=method), timeout=timeout) as response:
                return Told(response.status, dict(response.headers), response.read())
        except HTTPError as refusal:
            with refusal:
                return Told(refusal.code, dict(refusal.headers), refusal.read())

    def workers(self) -> list[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [int(child) for child in children]

    def stop(self) -> None:
        """End as a host asks for it: SIGTERM, and SIGKILL when that does not help."""
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End master and workers at once, as SIGKILL does."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)


@contextmanager
def serving(database_url: str, port: int | None = None, **settings: str) -> Iterator[Server]:
    """Run the application on a database until the block ends."""
    server = launch(database_url, port or free_port(), **settings)
    try:
        yield server
    finally:
        server.stop()


def launch(database_url: str, port: int, **settings: str) -> Server:
    """Start the application on a database; whoever calls stops it."""
    environ = os.environ | SETTINGS | settings | {"DATABASE_URL": database_url, "PORT": str(port)}
    command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--log-level", "error", "app:create_app()"]
    process = subprocess.Popen(command, cwd=ROOT, env=environ, stderr=subprocess.DEVNULL, start_new_session=True)
    server = Server(f"http://127.0.0.1:{port}", database_url, process)
    wait_until_live(server, port)
    return server


def wait_until_live(server: Server, port: int) -> None:
    give_up = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up:
        if server.process.poll() is not None:
            raise RuntimeError(f"gunicorn ended with {server.process.returncode}")
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/health/live")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.05)
        finally:
            connection.close()
    raise TimeoutError("gunicorn did not start")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
