"""Requests per second of POST /models/<name>/predict, against a plain Flask app with a pickled statsmodels model.

    .venv/bin/python -m benchmarks.models [--seconds 6] [--rounds 3] [--rows 1]

Both serve HTTP with two processes and are asked by four clients of wrk (Debian: wrk) for the same predictions with the same
intervals. Lamplight checks a key and looks at each request which version is live; its peer does neither. In every
request one number differs.
"""

from __future__ import annotations

import argparse
import os
import pickle
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import orjson
import pandas as pd
import statsmodels.formula.api as smf

from benchmarks.load import PLACE, ROOT, SECRET, Target, gunicorn, measured, need_wrk, prepared
from config import Settings
from store import embedded, models, sites
from store.engine import engine_of, writing
from store.models import Asked

FORMULA = "Sepal_Length ~ Sepal_Width + Petal_Length"
GOAL = 5.0


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--seconds", type=int, default=6)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--rows", type=int, default=1)
    asked = arguments.parse_args()
    need_wrk()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        rates = measured(started(stack, folder, asked.rows), folder, asked.seconds, asked.rounds)
    report(rates)


def started(stack: ExitStack, folder: Path, rows: int) -> dict[str, Target]:
    """Refit a model of iris, pickle the same one of statsmodels, and serve both."""
    database = embedded.start(str(folder))
    stack.callback(embedded.stop, str(folder))
    key = prepared(database)
    refitted(database)
    pickled = folder / "model.pickle"
    iris = pd.read_csv(ROOT / "store/samples/iris.csv")
    pickled.write_bytes(pickle.dumps(smf.ols(FORMULA, iris).fit()))
    ours = stack.enter_context(gunicorn("app:create_app()", {"DATABASE_URL": database}, config="gunicorn.conf.py"))
    plain = stack.enter_context(gunicorn("benchmarks.peers.plain_model:app", {"PLAIN_MODEL": str(pickled)}))
    return {
        "Lamplight": Target((f"{ours}/models/sepals/predict",), body(rows), key),
        "plain Flask + pickled statsmodels": Target((f"{plain}/predict",), body(rows)),
    }


def refitted(database: str) -> None:
    engine = engine_of(Settings(database_url=database, secret=SECRET))
    with writing(engine) as connection:
        site = sites.find(connection, "benchmark")
        assert site is not None
        asked = Asked("regress", {"formula": FORMULA}, "iris", "nightly", 0.2, {}, False)
        models.put(connection, site.id, "sepals", asked, max_models=2)
    engine.dispose()
    environ = os.environ | {"DATABASE_URL": database, "LAMPLIGHT_SECRET": SECRET}
    subprocess.run((sys.executable, "-m", "jobs.refit"), cwd=ROOT, env=environ, stdout=subprocess.DEVNULL, check=True)


def body(rows: int) -> bytes:
    data = {"Sepal_Width": [float(PLACE), *([3.0] * (rows - 1))], "Petal_Length": [1.4 + 0.01 * row for row in range(rows)]}
    return orjson.dumps({"data": data})


def report(rates: dict[str, float]) -> None:
    ours = rates["Lamplight"]
    print(f"{'':36}{'requests/s':>12}{'Lamplight is':>16}{'goal':>8}")
    for name, rate in rates.items():
        goal = "" if name == "Lamplight" else f"≥ {GOAL:g} ×"
        print(f"{name:36}{rate:12.0f}{ours / rate:14.2f} ×{goal:>8}")


if __name__ == "__main__":
    main()
