"""Milliseconds of one POST /forecast of AirPassengers, against AutoARIMA behind Flask and auto.arima behind R's plumber.

    .venv/bin/python -m benchmarks.forecast_http [--rounds 5] [--flask PYTHON]

PYTHON is an interpreter that has flask, and statsforecast or pmdarima. One number differs from request to request: nothing is
answered from memory; Lamplight commits every answer. It is asked twice over: for what it answers by itself, an average of forms
with a backtest, and for what the peers answer, one ARIMA whose orders are searched for. Each server is then asked from three
earlier origins, and scored.
"""

from __future__ import annotations

import argparse
import csv
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from http.client import HTTPConnection
from statistics import median
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import orjson

from benchmarks.load import ROOT, free_port, gunicorn, has_r, plumber, prepared, serving
from science.forecast import scores
from store import embedded

H, SEASON = 12, 12
GOAL = 10.0
EACH = 10  # requests to Lamplight for one to a peer
OURS = ("Lamplight", "Lamplight, arma of the logarithm")
ORIGINS = (108, 120, 132)  # of the backtest


@dataclass(frozen=True)
class Server:
    """Where it listens, what it is sent beside y and h, and where its forecast stands in the answer."""

    url: str
    also: dict[str, object]
    means: Callable[[dict[str, Any]], Sequence[float]]
    key: str = ""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--flask", default=sys.executable, help="an interpreter that has flask, and statsforecast or pmdarima")
    asked = arguments.parse_args()
    y = passengers()
    with ExitStack() as stack:
        servers = started(stack, asked.flask)
        times = timed(servers, y, asked.rounds)
        mase = {name: backtest(server, y) for name, server in servers.items()}
    auto, named = (median(times[name]) for name in OURS)
    print(f"{'':34}{'ms, median':>12}{'to auto':>9}{'to arma':>9}{'MASE':>9}")
    for name, each in times.items():
        print(f"{name:34}{median(each):12.1f}{median(each) / auto:9.1f}{median(each) / named:9.1f}{mase[name]:9.3f}")
    print(f"goal: each peer at least {GOAL:g} times as long, at no better MASE")


def passengers() -> list[float]:
    with (ROOT / "store/samples/AirPassengers.csv").open() as file:
        return [float(row["y"]) for row in csv.DictReader(file)]


def started(stack: ExitStack, flask: str) -> dict[str, Server]:
    """Start Lamplight and the peers that are there."""
    folder = stack.enter_context(tempfile.TemporaryDirectory())
    database = embedded.start(folder)
    stack.callback(embedded.stop, folder)
    key = prepared(database)
    url = stack.enter_context(gunicorn("app:create_app()", {"DATABASE_URL": database}, config="gunicorn.conf.py"))
    forms: tuple[dict[str, object], ...] = ({}, {"model": "arma", "transform": "log"})
    servers = {name: Server(url, {"season": SEASON, **form}, medians, key) for name, form in zip(OURS, forms, strict=True)}
    for package, called in (("statsforecast", "AutoARIMA"), ("pmdarima", "auto_arima")):
        if has_module(flask, package):
            port = free_port()
            command = [flask, str(ROOT / "benchmarks/peers/forecast_flask.py"), str(port), package]
            address = stack.enter_context(serving(command, dict(os.environ), port))
            servers[f"Flask + {package} {called}"] = Server(address, {"season": SEASON}, lambda told: told["mean"])
    if has_r("plumber", "forecast"):
        address = stack.enter_context(plumber("forecast.R"))
        servers["R plumber + auto.arima"] = Server(address, {"season": SEASON}, lambda told: told["mean"])
    return servers


def medians(told: dict[str, Any]) -> list[float]:
    return [row["median"] for row in told["forecast"]]


def has_module(python: str, name: str) -> bool:
    return subprocess.run([python, "-c", f"import {name}, flask"], capture_output=True, check=False).returncode == 0


def timed(servers: dict[str, Server], y: list[float], rounds: int) -> dict[str, list[float]]:
    """Ask every server in turn, round after round; the first round warms up."""
    times: dict[str, list[float]] = {name: [] for name in servers}
    for round_ in range(rounds + 1):
        for name, server in servers.items():
            for again in range(EACH if name in OURS else 1):
                changed = [y[0] + 1e-6 * (1 + again + EACH * round_), *y[1:]]
                begun = time.perf_counter()
                ask(server, changed)
                if round_:
                    times[name].append(1000 * (time.perf_counter() - begun))
    return times


def ask(server: Server, y: Sequence[float]) -> Sequence[float]:
    """Send one request; its forecast."""
    address = urlsplit(server.url)
    assert address.hostname is not None
    connection = HTTPConnection(address.hostname, address.port, timeout=600)
    headers = {"Content-Type": "application/json"} | ({"Authorization": server.key} if server.key else {})
    connection.request("POST", "/forecast", orjson.dumps({"y": list(y), "h": H, **server.also}), headers)
    response = connection.getresponse()
    body = response.read()
    if response.status not in (200, 201):
        sys.exit(f"{server.url} answered {response.status}: {body[:500]!r}")
    return server.means(orjson.loads(body))


def backtest(server: Server, y: list[float]) -> float:
    """The mean MASE from earlier origins."""
    found = []
    for origin in ORIGINS:
        past, actual = np.array(y[:origin]), np.array(y[origin : origin + H])
        found.append(scores.mase(actual, np.array(ask(server, past.tolist())), scores.seasonal_scale(past, SEASON)))
    return float(np.mean(found))


if __name__ == "__main__":
    main()
