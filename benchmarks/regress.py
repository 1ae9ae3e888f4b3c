"""Requests per second of POST /regress on iris, against its peers in the same run.

    .venv/bin/python -m benchmarks.regress [--seconds 6] [--rounds 3]

All serve HTTP with two processes and are asked by four clients of wrk (Debian: wrk). The same bodies go to each; in
"new questions" one number differs from request to request, so that nothing can be answered from memory. Lamplight checks a
key, and commits every answer to PostgreSQL before telling it; its peers keep nothing.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from statistics import median

import orjson
import psycopg2

from config import Settings
from store import embedded, keys, samples, sites
from store.engine import engine_of, writing
from store.migrate import migrate

ROOT = Path(__file__).resolve().parent.parent
FORMULA = "Sepal_Length ~ Sepal_Width + Petal_Length"
SECRET = "benchmark" * 5
PLACE = "5.1987654321"  # the number that differs
GOALS = {"plain Flask + statsmodels": 4.0, "R plumber + lm": 12.0}
REPEATED_GOAL = 8.0


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--seconds", type=int, default=6)
    arguments.add_argument("--rounds", type=int, default=3)
    asked = arguments.parse_args()
    if not shutil.which("wrk"):
        sys.exit("wrk is needed: apt-get install wrk")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        targets = started(stack, folder)
        rates = measured(targets, folder, asked.seconds, asked.rounds)
    report(rates)


def started(stack: ExitStack, folder: Path) -> dict[str, tuple[str, str, str]]:
    """Start every server. Gives by name: url (two for R, which has no workers), Authorization header, new or same questions."""
    database = embedded.start(str(folder))
    stack.callback(embedded.stop, str(folder))
    key = prepared(database)
    ours = stack.enter_context(gunicorn("app:create_app()", {"DATABASE_URL": database}, config="gunicorn.conf.py"))
    plain = stack.enter_context(gunicorn("benchmarks.peers.plain_flask:app", {}))
    floor = stack.enter_context(gunicorn("benchmarks.peers.floor:app", {"FLOOR_DATABASE": dsn(database)}))
    targets = {
        "Lamplight, new questions": (f"{ours}/regress", key, "new"),
        "Lamplight, the same question": (f"{ours}/regress", key, "same"),
        "plain Flask + statsmodels": (f"{plain}/regress", "", "new"),
        "floor: empty Flask-RESTful": (f"{floor}/empty", "", "new"),
        "floor: with a committed insert": (f"{floor}/insert", "", "new"),
    }
    if has_plumber():
        targets["R plumber + lm"] = (" ".join(f"{stack.enter_context(plumber())}/regress" for _ in range(2)), "", "new")
    return targets


def prepared(database: str) -> str:
    engine = engine_of(Settings(database_url=database, secret=SECRET))
    migrate(engine)
    with writing(engine) as connection:
        samples.load(connection)
        key = keys.create(connection, sites.create(connection, "benchmark").id, "sk").text
    engine.dispose()
    with psycopg2.connect(dsn(database)) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE floor (id bigserial PRIMARY KEY, answer text)")
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
def plumber() -> Iterator[str]:
    """One R process: plumber has no workers of its own."""
    port = free_port()
    with serving(["Rscript", str(ROOT / "benchmarks/peers/plumber.R"), str(port)], dict(os.environ), port) as url:
        yield url


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


def has_plumber() -> bool:
    if not shutil.which("Rscript"):
        return False
    return subprocess.run(["Rscript", "-e", "library(plumber)"], capture_output=True, check=False).returncode == 0


def measured(targets: dict[str, tuple[str, str, str]], folder: Path, seconds: int, rounds: int) -> dict[str, float]:
    """Ask every server in turn, round after round, and give each one's median rate."""
    rates: dict[str, list[float]] = {name: [] for name in targets}
    for round_ in range(rounds + 1):  # the first warms up
        for number, (name, (url, key, questions)) in enumerate(targets.items()):
            script = folder / f"ask_{number}.lua"
            script.write_text(lua(key, questions, start=(round_ * 100 + number) * 1_000_000))
            rate = wrk(url, script, seconds if round_ else 2)
            if round_:
                rates[name].append(rate)
    return {name: median(each) for name, each in rates.items()}


def lua(key: str, questions: str, start: int) -> str:
    """Write wrk's script: each thread counts on from a place of its own."""
    before, _, after = body().decode().partition(PLACE)
    number = "counter = counter + 1" if questions == "new" else ""
    return f"""
local threads = 0
function setup(thread) thread:set("counter", {start} + threads * 50000000) threads = threads + 1 end
local headers = {{["Content-Type"] = "application/json", ["Authorization"] = "{key}"}}
if "{key}" == "" then headers["Authorization"] = nil end
function request()
  {number}
  return wrk.format("POST", nil, headers, [[{before}]] .. string.format("5.1%011d", counter) .. [[{after}]])
end
function done(summary, latency, requests)
  io.write("refused " .. summary.errors.status .. "\\n")
end
"""


def body() -> bytes:
    lines = (ROOT / "store/samples/iris.csv").read_text().replace('"', "").splitlines()
    names = lines[0].split(",")
    rows = [line.split(",") for line in lines[1:]]
    data = {name: [row[i] if name == "Species" else float(row[i]) for row in rows] for i, name in enumerate(names)}
    data["Sepal_Length"][0] = float(PLACE)
    return orjson.dumps({"formula": FORMULA, "data": data})


def wrk(urls: str, script: Path, seconds: int) -> float:
    """Let four clients ask, shared among the urls, and give the sum of the rates."""
    each = str(4 // len(urls.split()))
    commands = [["wrk", "-t", "1", "-c", each, f"-d{seconds}s", "-s", str(script), url] for url in urls.split()]
    clients = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for command in commands]
    return sum(rate_of(client.communicate()[0]) for client in clients)


def rate_of(told: str) -> float:
    refused = re.search(r"refused (\d+)", told)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", told)
    if rate is None or refused is None or int(refused[1]):
        sys.exit(f"requests were refused:\n{told}")
    return float(rate[1])


def report(rates: dict[str, float]) -> None:
    new, same = rates["Lamplight, new questions"], rates["Lamplight, the same question"]
    print(f"{'':34}{'requests/s':>12}{'Lamplight is':>16}{'goal':>8}")
    for name, rate in rates.items():
        goal = f"≥ {GOALS[name]:g} ×" if name in GOALS else ""
        print(f"{name:34}{rate:12.0f}{new / rate:14.2f} ×{goal:>8}")
    plain = rates["plain Flask + statsmodels"]
    print(f"{'the same question, against plain':34}{'':12}{same / plain:14.2f} ×{f'≥ {REPEATED_GOAL:g} ×':>8}")


if __name__ == "__main__":
    main()
