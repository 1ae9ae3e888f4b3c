"""Requests per second of POST /regress on iris, against its peers in the same run.

    .venv/bin/python -m benchmarks.regress [--seconds 6] [--rounds 3]

All serve HTTP with two processes and are asked by four clients of wrk (Debian: wrk). The same bodies go to each; in
"new questions" one number differs from request to request, so that nothing can be answered from memory. Lamplight checks a
key, and commits every answer to PostgreSQL before telling it; its peers keep nothing.
"""

from __future__ import annotations

import argparse
import tempfile
from contextlib import ExitStack
from pathlib import Path

import orjson
import psycopg2

from benchmarks.load import PLACE, ROOT, Target, dsn, gunicorn, has_r, measured, need_wrk, plumber, prepared
from store import embedded

FORMULA = "Sepal_Length ~ Sepal_Width + Petal_Length"
GOALS = {"plain Flask + statsmodels": 4.0, "R plumber + lm": 12.0}
REPEATED_GOAL = 8.0


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--seconds", type=int, default=6)
    arguments.add_argument("--rounds", type=int, default=3)
    asked = arguments.parse_args()
    need_wrk()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        targets = started(stack, folder)
        rates = measured(targets, folder, asked.seconds, asked.rounds)
    report(rates)


def started(stack: ExitStack, folder: Path) -> dict[str, Target]:
    """Start every server."""
    database = embedded.start(str(folder))
    stack.callback(embedded.stop, str(folder))
    key = prepared(database)
    with psycopg2.connect(dsn(database)) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE floor (id bigserial PRIMARY KEY, answer text)")
    ours = stack.enter_context(gunicorn("app:create_app()", {"DATABASE_URL": database}, config="gunicorn.conf.py"))
    plain = stack.enter_context(gunicorn("benchmarks.peers.plain_flask:app", {}))
    floor = stack.enter_context(gunicorn("benchmarks.peers.floor:app", {"FLOOR_DATABASE": dsn(database)}))
    iris = body()
    targets = {
        "Lamplight, new questions": Target((f"{ours}/regress",), iris, key),
        "Lamplight, the same question": Target((f"{ours}/regress",), iris, key, new_questions=False),
        "plain Flask + statsmodels": Target((f"{plain}/regress",), iris),
        "floor: empty Flask-RESTful": Target((f"{floor}/empty",), iris),
        "floor: with a committed insert": Target((f"{floor}/insert",), iris),
    }
    if has_r("plumber"):
        urls = tuple(f"{stack.enter_context(plumber('regress.R'))}/regress" for _ in range(2))
        targets["R plumber + lm"] = Target(urls, iris)
    return targets


def body() -> bytes:
    lines = (ROOT / "store/samples/iris.csv").read_text().replace('"', "").splitlines()
    names = lines[0].split(",")
    rows = [line.split(",") for line in lines[1:]]
    data = {name: [row[i] if name == "Species" else float(row[i]) for row in rows] for i, name in enumerate(names)}
    data["Sepal_Length"][0] = float(PLACE)
    return orjson.dumps({"formula": FORMULA, "data": data})


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
