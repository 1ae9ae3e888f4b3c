"""Requests per second of POST /mixed on sleepstudy, against R's plumber and lmer in the same run.

    .venv/bin/python -m benchmarks.mixed_http [--seconds 6] [--rounds 3]

One number differs from request to request, so that nothing is answered from memory; Lamplight commits every answer.
"""

from __future__ import annotations

import argparse
import csv
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import orjson

from benchmarks.load import PLACE, ROOT, Target, gunicorn, has_r, measured, need_wrk, plumber, prepared
from store import embedded

FORMULA = "Reaction ~ Days + (Days | Subject)"
GOAL = 5.0


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--seconds", type=int, default=6)
    arguments.add_argument("--rounds", type=int, default=3)
    asked = arguments.parse_args()
    need_wrk()
    if not has_r("plumber", "lme4"):
        sys.exit("R's plumber and lme4 are needed: apt-get install r-cran-plumber r-cran-lme4")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        rates = measured(started(stack, folder), folder, asked.seconds, asked.rounds)
    for name, rate in rates.items():
        print(f"{name:34}{rate:12.0f} requests/s")
    ours, peer = rates.values()
    print(f"Lamplight is {ours / peer:.1f} × (goal: ≥ {GOAL:g} ×)")


def started(stack: ExitStack, folder: Path) -> dict[str, Target]:
    """Start both servers."""
    database = embedded.start(str(folder))
    stack.callback(embedded.stop, str(folder))
    key = prepared(database)
    ours = stack.enter_context(gunicorn("app:create_app()", {"DATABASE_URL": database}, config="gunicorn.conf.py"))
    peers = tuple(f"{stack.enter_context(plumber('mixed.R'))}/mixed" for _ in range(2))
    sleepstudy = body()
    return {"Lamplight": Target((f"{ours}/mixed",), sleepstudy, key), "R plumber + lmer": Target(peers, sleepstudy)}


def body() -> bytes:
    with (ROOT / "store/samples/sleepstudy.csv").open() as file:
        rows = list(csv.DictReader(file))
    data = {name: [row[name] if name == "Subject" else float(row[name]) for row in rows] for name in rows[0]}
    data["Days"][0] = float(PLACE)
    return orjson.dumps({"formula": FORMULA, "data": data})


if __name__ == "__main__":
    main()
