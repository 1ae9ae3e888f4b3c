"""`python -m benchmarks.overload [--times 10]`: what a server still answers when it is asked ten times as much as it can do.

The load is open: requests are sent when they are due, whether or not earlier ones were answered, each on a connection of its
own. A closed loop of clients that wait for their answers would slow down with the server and hide the overload.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from statistics import quantiles

import numpy as np
import orjson

from benchmarks.load import ROOT, SECRET, gunicorn, prepared
from config import Settings
from store import datasets, embedded, models, sites
from store.columns import StoredColumn
from store.engine import engine_of, writing
from store.models import Asked

LEVELS = 500  # of two factors that cross: one row costs so much that one process can ask for ten times what two can answer
OBSERVED = 4_000
SECONDS = 10.0
PATIENCE = 10.0  # longest wait for one answer
GOODPUT, LIVE_MS, BACK_SECONDS = 0.8, 100.0, 2.0  # the goals


@dataclass
class Heard:
    """What came back."""

    statuses: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)  # of the answers that were 200
    without_retry: int = 0
    live: list[float] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--times", type=float, default=10)
    times = parser.parse_args().times
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        database = embedded.start(folder)
        stack.callback(embedded.stop, folder)
        key = prepared(database)
        refitted(database)
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, cores[: max(1, len(cores) // 2)])  # the server's half, which its processes inherit
        url = stack.enter_context(gunicorn("app:create_app()", {"DATABASE_URL": database}, config="gunicorn.conf.py"))
        os.sched_setaffinity(0, cores[len(cores) // 2 :])  # ours: whoever asks takes nothing from whoever answers
        asyncio.run(measure(int(url.rpartition(":")[2]), key, times))


async def measure(port: int, key: str, times: float) -> None:
    request = request_of(key)
    capacity = await closed(port, request, SECONDS / 2)
    heard, began = Heard(), time.monotonic()
    async with asyncio.TaskGroup() as group:
        watching = group.create_task(watch(port, heard))
        await open_loop(port, request, capacity * times, SECONDS, heard)
        sent = time.monotonic() - began
        back = await normal_again(port, request)
        watching.cancel()
    report(capacity, capacity * times, heard, sent, back)


def request_of(key: str) -> bytes:
    body = orjson.dumps({"data": {"x": [0.5], "a": ["a1"], "b": ["b1"]}})
    head = f"POST /models/crossed/predict HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: {key}\r\n"
    return f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


async def ask(port: int, request: bytes) -> tuple[int, bool, float]:
    """Send one request. Returns the status (0: no answer), whether Retry-After came with it, and the seconds it took."""
    began = time.monotonic()
    status, retry = 0, False
    with suppress(OSError, TimeoutError, asyncio.IncompleteReadError, IndexError, ValueError):
        async with asyncio.timeout(PATIENCE):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(request)
                head = await reader.readuntil(b"\r\n\r\n")
                status, retry = int(head.split()[1]), b"retry-after" in head.lower()
                await reader.read()
            finally:
                writer.close()
    return status, retry, time.monotonic() - began


async def closed(port: int, request: bytes, seconds: float) -> float:
    """The capacity: answers per second to four clients that wait for each of theirs."""
    until = time.monotonic() + seconds
    answered = 0

    async def client() -> None:
        nonlocal answered
        while time.monotonic() < until:
            status, _, _ = await ask(port, request)
            answered += status == 200

    await asyncio.gather(*(client() for _ in range(4)))
    return answered / seconds


async def open_loop(port: int, request: bytes, rate: float, seconds: float, heard: Heard) -> None:
    async def one() -> None:
        status, retry, took = await ask(port, request)
        heard.statuses[status] += 1
        heard.without_retry += status == 503 and not retry
        if status == 200:
            heard.seconds.append(took)

    began = time.monotonic()
    async with asyncio.TaskGroup() as group:
        for number in range(int(rate * seconds)):
            due = began + number / rate
            if (wait := due - time.monotonic()) > 0:
                await asyncio.sleep(wait)
            group.create_task(one())


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


def refitted(database: str) -> None:
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
        models.put(connection, site.id, "crossed", Asked("mixed", spec, "crossed", "nightly", 0.0, {}, False), max_models=1)
    engine.dispose()
    environ = os.environ | {"DATABASE_URL": database, "LAMPLIGHT_SECRET": SECRET}
    subprocess.run((sys.executable, "-m", "jobs.refit"), cwd=ROOT, env=environ, stdout=subprocess.DEVNULL, check=True)


def report(capacity: float, rate: float, heard: Heard, sent: float, back: float) -> None:
    good = heard.statuses[200] / sent
    live = quantiles(heard.live, n=100)[98] * 1000
    print(f"capacity {capacity:.0f}/s, asked {rate:.0f}/s for {sent:.1f} s: {dict(sorted(heard.statuses.items()))}")
    print(f"goodput {good:.0f}/s, {good / capacity:.0%} of capacity (goal {GOODPUT:.0%})")
    print(f"503 without Retry-After: {heard.without_retry}; no answer in {PATIENCE:.0f} s: {heard.statuses[0]} (goal 0)")
    print(f"/health/live: 99 % within {live:.0f} ms, longest {max(heard.live) * 1000:.0f} ms (goal {LIVE_MS:.0f})")
    print(f"normal again after {back:.1f} s (goal {BACK_SECONDS:.0f})")


if __name__ == "__main__":
    main()
