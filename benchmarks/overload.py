"""`python -m benchmarks.overload [--times 10]`: what a server still answers when it is asked ten times as much as it can do.

First the load is open: requests for dear predictions are sent when they are due, whether or not earlier ones were answered, each
on a connection of its own. Then it is closed: ten times as many clients (of wrk) as the server needs to be busy ask for cheap
predictions, each again as soon as it is told anything. Capacity and overload are measured in turn, round after round. Server and
Postgres have one half of the cores, whoever asks has the other.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean, median, quantiles

import numpy as np
import orjson

from benchmarks.load import PER_ROUND, ROOT, SECRET, Target, gunicorn, lua, need_wrk, prepared
from benchmarks.models import body as sepals_body
from benchmarks.models import refitted as sepals
from config import Settings
from store import datasets, embedded, models, sites
from store.columns import StoredColumn
from store.engine import engine_of, writing
from store.models import Asked

LEVELS = 500  # of two factors that cross: one row costs so much that one process can ask for ten times what two can answer
OBSERVED = 4_000
SECONDS = 4.0  # of each round, of capacity and of overload
ROUNDS = 3
BUSY = 4  # clients that keep a server of two processes busy
PATIENCE = 10.0  # longest wait for one answer
GOODPUT, LIVE_MS, BACK_SECONDS = 0.8, 100.0, 2.0  # the goals


@dataclass
class Heard:
    """What came back, and over how many seconds."""

    statuses: Counter[int] = field(default_factory=Counter)
    without_retry: int = 0
    live: list[float] = field(default_factory=list)
    back: list[float] = field(default_factory=list)  # seconds until all was normal again
    late: list[float] = field(default_factory=list)  # seconds from when a request was due until it was sent
    capacity: list[float] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def goodput(self) -> float:
        """Answers per second under overload, as a share of the capacity."""
        return self.statuses[200] / self.seconds / fmean(self.capacity)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--times", type=float, default=10)
    times = parser.parse_args().times
    need_wrk()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, cores[: max(1, len(cores) // 2)])  # the server's half, which its processes inherit
        database = embedded.start(str(folder))
        stack.callback(embedded.stop, str(folder))
        key = prepared(database)
        crossed(database)
        sepals(database)
        url = stack.enter_context(gunicorn("app:create_app()", {"DATABASE_URL": database}, config="gunicorn.conf.py"))
        os.sched_setaffinity(0, cores[len(cores) // 2 :])  # whoever asks takes nothing from whoever answers
        began, used, heard = time.monotonic(), time.process_time(), Heard()
        asyncio.run(measure(int(url.rpartition(":")[2]), key, times, heard))
        report(heard, times, (time.process_time() - used) / (time.monotonic() - began))
        asked_again(url, key, times, folder)


async def measure(port: int, key: str, times: float, heard: Heard, seconds: float = SECONDS, rounds: int = ROUNDS) -> None:
    """Measure capacity and overload in turn."""
    request = request_of(key)
    await closed(port, request, 1.0)  # warms up
    for _ in range(rounds):
        heard.capacity.append(await closed(port, request, seconds))
        watching = asyncio.create_task(watch(port, heard))
        await open_loop(port, request, heard.capacity[-1] * times, seconds, heard)
        heard.back.append(await normal_again(port, request))
        watching.cancel()


def asked_again(url: str, key: str, times: float, folder: Path) -> None:
    """Compare what many clients are answered with what few are, who all ask again at once."""
    script, few, many = folder / "ask.lua", [], []
    for number in range(ROUNDS):
        script.write_text(lua(Target((url,), sepals_body(1), key), start=number * PER_ROUND))
        few.append(answered(url, script, BUSY))
        many.append(answered(url, script, int(BUSY * times)))
    print(f"{BUSY} clients are answered {median(few):.0f}/s, {BUSY * times:.0f} clients {median(many):.0f}/s:", end=" ")
    print(f"{median(many) / median(few):.0%} (goal {GOODPUT:.0%})")


def answered(url: str, script: Path, clients: int) -> float:
    """Let clients ask cheap questions. Gives the answers per second that are no refusals."""
    command = ["wrk", "-t", "1", "-c", str(clients), f"-d{SECONDS:.0f}s", "-s", str(script), f"{url}/models/sepals/predict"]
    told = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    requests, refused, rate = (
        re.search(pattern, told) for pattern in (r"(\d+) requests in", r"refused (\d+)", r"/sec:\s+([\d.]+)")
    )
    if not (requests and refused and rate):
        sys.exit(f"wrk told something else:\n{told}")
    return float(rate[1]) * (1 - int(refused[1]) / int(requests[1]))


def request_of(key: str) -> bytes:
    body = orjson.dumps({"data": {"x": [0.5], "a": ["a1"], "b": ["b1"]}})
    head = f"POST /models/crossed/predict HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: {key}\r\n"
    return f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


class Asking(asyncio.Protocol):
    """One request on a connection of its own: cheaper than streams, so that a thousand a second take little of a core."""

    def __init__(self, request: bytes, told: asyncio.Future[bytes]) -> None:
        self._request, self._told, self._heard = request, told, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.write(self._request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self._heard += data

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._told.done():
            self._told.set_result(b"" if exc else self._heard)


async def ask(port: int, request: bytes) -> tuple[int, bool, float]:
    """Send one request. Returns the status (0: no answer), whether Retry-After came with it, and the seconds it took."""
    loop, began = asyncio.get_running_loop(), time.monotonic()
    head, told = b"", loop.create_future()
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(PATIENCE):
            transport, _ = await loop.create_connection(lambda: Asking(request, told), "127.0.0.1", port)
            try:
                head = (await told).partition(b"\r\n\r\n")[0]
            finally:
                transport.abort()
    return int(head[9:12] or 0), b"retry-after" in head.lower(), time.monotonic() - began


async def closed(port: int, request: bytes, seconds: float) -> float:
    """The capacity: answers per second to clients that wait for each of theirs."""
    began, answered = time.monotonic(), 0

    async def client() -> None:
        nonlocal answered
        while time.monotonic() < began + seconds:
            status, _, _ = await ask(port, request)
            answered += status == 200

    await asyncio.gather(*(client() for _ in range(BUSY)))
    return answered / (time.monotonic() - began)


async def open_loop(port: int, request: bytes, rate: float, seconds: float, heard: Heard) -> None:
    async def one() -> None:
        status, retry, _ = await ask(port, request)
        heard.statuses[status] += 1
        heard.without_retry += status == 503 and not retry

    began = time.monotonic()
    async with asyncio.TaskGroup() as group:
        for number in range(int(rate * seconds)):
            due = began + number / rate
            if (wait := due - time.monotonic()) > 0:
                await asyncio.sleep(wait)
            heard.late.append(time.monotonic() - due)
            group.create_task(one())
    heard.seconds += time.monotonic() - began


async def watch(port: int, heard: Heard) -> None:
    """Ask how the process is, ten times a second."""
    while True:
        status, _, took = await ask(port, b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        heard.live.append(took if status == 200 else PATIENCE)
        await asyncio.sleep(0.1)


async def normal_again(port: int, request: bytes) -> float:
    """Seconds after the last request until ten in a row are answered, each within a second."""
    began, good = time.monotonic(), 0
    while good < 10 and time.monotonic() - began < 30:
        status, _, took = await ask(port, request)
        good = good + 1 if status == 200 and took < 1 else 0
    return time.monotonic() - began


def crossed(database: str) -> None:
    """Keep a mixed model of two crossed factors, and refit it."""
    engine = engine_of(Settings(database_url=database, secret=SECRET))
    random = np.random.default_rng(1)
    a, b, x = random.integers(0, LEVELS, OBSERVED), random.integers(0, LEVELS, OBSERVED), random.normal(size=OBSERVED)
    y = x + random.normal(size=LEVELS)[a] + random.normal(size=LEVELS)[b] + random.normal(size=OBSERVED)
    columns = [StoredColumn("y", "number", y.tolist()), StoredColumn("x", "number", x.tolist())]
    columns += [StoredColumn(name, "text", [f"{name}{code}" for code in codes]) for name, codes in (("a", a), ("b", b))]
    with writing(engine) as connection:
        site = sites.find(connection, "benchmark")
        assert site is not None
        datasets.save(connection, site.id, "crossed", columns, OBSERVED)
        spec = {"formula": "y ~ x + (1 | a) + (1 | b)", "df": "none"}
        models.put(connection, site.id, "crossed", Asked("mixed", spec, "crossed", "nightly", 0.0, {}, False), max_models=2)
    engine.dispose()
    environ = os.environ | {"DATABASE_URL": database, "LAMPLIGHT_SECRET": SECRET}
    subprocess.run((sys.executable, "-m", "jobs.refit"), cwd=ROOT, env=environ, stdout=subprocess.DEVNULL, check=True)


def report(heard: Heard, times: float, busy: float) -> None:
    capacity = fmean(heard.capacity)
    live, late = (quantiles(each, n=100, method="inclusive")[98] * 1000 for each in (heard.live, heard.late))
    print(
        f"capacity {capacity:.0f}/s, asked {times:g} times that for {heard.seconds:.1f} s: {dict(sorted(heard.statuses.items()))}"
    )
    print(f"goodput {heard.goodput * capacity:.0f}/s, {heard.goodput:.0%} of capacity (goal {GOODPUT:.0%})")
    print(f"503 without Retry-After: {heard.without_retry}; no answer in {PATIENCE:.0f} s: {heard.statuses[0]} (goal 0)")
    print(f"/health/live: 99 % within {live:.0f} ms, longest {max(heard.live) * 1000:.0f} ms (goal {LIVE_MS:.0f})")
    print(f"normal again after {max(heard.back):.1f} s (goal {BACK_SECONDS:.0f})")
    print(
        f"whoever asked was busy {busy:.0%} of the time, and 99 % of the requests left within {late:.0f} ms of when they were due"
    )


if __name__ == "__main__":
    main()
