"""Servers under load: what the benchmarks over HTTP share. Four clients of wrk, two processes a server, one run for all."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from statistics import median

from config import Settings
from store import keys, samples, sites
from store.engine import engine_of, writing
from store.migrate import migrate

ROOT = Path(__file__).resolve().parent.parent
SECRET = "benchmark" * 5
PLACE = "5.198765"  # stands in a body where a number differs from request to request
PER_ROUND = 100_000  # questions that one round may ask


@dataclass(frozen=True)
class Target:
    """One server: its addresses (two for R, which has no workers), the body, and whether each request asks anew."""

    urls: tuple[str, ...]
    body: bytes
    key: str = ""  # the Authorization header
    new_questions: bool = True


def need_wrk() -> None:
    if not shutil.which("wrk"):
        sys.exit("wrk is needed: apt-get install wrk")


def measured(targets: dict[str, Target], folder: Path, seconds: int, rounds: int) -> dict[str, float]:
    """Ask every server in turn, round after round, and give each one's median rate."""
    rates: dict[str, list[float]] = {name: [] for name in targets}
    for round_ in range(rounds + 1):  # the first warms up
        for name, target in targets.items():
            script = folder / "ask.lua"
            script.write_text(lua(target, start=round_ * PER_ROUND))
            rate = wrk(target.urls, script, seconds if round_ else 2)
            if round_:
                rates[name].append(rate)
    return {name: median(each) for name, each in rates.items()}


def prepared(database: str) -> str:
    """Migrate a database, load the samples, and make a key. Gives the Authorization header."""
    engine = engine_of(Settings(database_url=database, secret=SECRET))
    migrate(engine)
    with writing(engine) as connection:
        samples.load(connection)
        key = keys.create(connection, sites.create(connection, "benchmark").id, "sk").text
    engine.dispose()
    return f"Bearer {key}"


def dsn(database: str) -> str:
    return "postgresql://" + database.partition("://")[2]


@contextmanager
def gunicorn(application: str, environ: dict[str, str], config: str = "") -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", "2", "--log-level", "error"]
    command += ["--config", config] if config else ["--worker-class", "gthread", "--threads", "4", "--config", "/dev/null"]
    limits = {"LAMPLIGHT_RATE_PER_KEY": "100000000", "LAMPLIGHT_SECRET": SECRET, "OPENBLAS_NUM_THREADS": "1"}
    with serving([*command, application], os.environ | limits | environ, port) as url:
        yield url


@contextmanager
def plumber(script: str) -> Iterator[str]:
    """One R process: plumber has no workers of its own."""
    port = free_port()
    with serving(["Rscript", str(ROOT / "benchmarks/peers" / script), str(port)], dict(os.environ), port) as url:
        yield url


def has_r(*packages: str) -> bool:
    """Tell whether Rscript and these packages are here."""
    if not shutil.which("Rscript"):
        return False
    return (
        subprocess.run(
            ["Rscript", "-e", "; ".join(f"library({package})" for package in packages)], capture_output=True, check=False
        ).returncode
        == 0
    )


@contextmanager
def serving(command: list[str], environ: dict[str, str], port: int) -> Iterator[str]:
    log = subprocess.DEVNULL
    server = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=log, stderr=log)
    try:
        wait_for(port, server)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(30)


def wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if server.poll() is not None:
            sys.exit(f"a server ended by itself: {server.args}")
        try:
            connection = HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/")
            connection.getresponse()
            return
        except OSError:
            time.sleep(0.1)
    sys.exit("a server did not start")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def lua(target: Target, start: int) -> str:
    """Write wrk's script: each thread counts on from a place of its own."""
    before, _, after = target.body.decode().partition(PLACE)
    number = "counter = counter + 1" if target.new_questions else ""
    key = target.key
    return f"""
local threads = 0
function setup(thread) thread:set("counter", {start}) threads = threads + 1 end
local headers = {{["Content-Type"] = "application/json", ["Authorization"] = "{key}"}}
if "{key}" == "" then headers["Authorization"] = nil end
function request()
  {number}
  return wrk.format("POST", nil, headers, [==[{before}]==] .. string.format("{PLACE[:3]}%06d", counter) .. [==[{after}]==])
end
function done(summary, latency, requests)
  io.write("refused " .. summary.errors.status .. "\\n")
end
"""


def wrk(urls: tuple[str, ...], script: Path, seconds: int) -> float:
    """Let four clients ask, shared among the urls, and give the sum of the rates."""
    each = str(4 // len(urls))
    commands = [["wrk", "-t", "1", "-c", each, f"-d{seconds}s", "-s", str(script), url] for url in urls]
    clients = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for command in commands]
    return sum(rate_of(client.communicate()[0]) for client in clients)


def rate_of(told: str) -> float:
    refused = re.search(r"refused (\d+)", told)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", told)
    if rate is None or refused is None or int(refused[1]):
        sys.exit(f"requests were refused:\n{told}")
    return float(rate[1])
