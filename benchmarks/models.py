"""Requests per second of POST /models/<name>/predict, against other servers of the same statsmodels model.

    .venv/bin/python -m benchmarks.models [--seconds 6] [--rounds 3] [--rows 1]

A plain Flask app with a pickled model tells the same predictions with the same intervals. vetiver and MLflow tell means alone;
they are asked where a Python that has them is named: PEER_PYTHON=/somewhere/bin/python, or several with colons between. All
serve HTTP with two processes and are asked by four clients of wrk (Debian: wrk). Lamplight checks a key and looks at each
request which version is live; its peers do neither. In every request one number differs.
"""

from __future__ import annotations

import argparse
import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import orjson
import pandas as pd
import statsmodels.formula.api as smf

from benchmarks.load import PLACE, ROOT, SECRET, Target, free_port, gunicorn, measured, need_wrk, prepared, serving
from config import Settings
from store import embedded, models, sites
from store.engine import engine_of, writing
from store.models import Asked

FORMULA = "Sepal_Length ~ Sepal_Width + Petal_Length"
GOAL = 5.0
PROCESSES = 2  # of each server; on ports of their own for those of uvicorn, whose workers leave Nagle's algorithm on: 44 ms each


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
    targets = {
        "Lamplight": Target((f"{ours}/models/sepals/predict",), body(rows), key),
        "plain Flask + pickled statsmodels": Target((f"{plain}/predict",), body(rows)),
    }
    if python := python_with("vetiver"):
        urls = [stack.enter_context(vetiver(python, pickled)) for _ in range(PROCESSES)]
        targets["vetiver (means alone)"] = Target(tuple(f"{url}/predict" for url in urls), orjson.dumps(records(rows)))
    if python := python_with("mlflow"):
        keep(python, pickled, folder / "mlflow")
        urls = [stack.enter_context(mlflow(python, folder / "mlflow")) for _ in range(PROCESSES)]
        asked = orjson.dumps({"dataframe_records": records(rows)})
        targets["MLflow (means alone)"] = Target(tuple(f"{url}/invocations" for url in urls), asked)
    return targets


def python_with(package: str) -> str | None:
    """Find the Python that has a peer, among those of PEER_PYTHON and our own."""
    for python in (*filter(None, os.environ.get("PEER_PYTHON", "").split(os.pathsep)), sys.executable):
        if subprocess.run((python, "-c", f"import {package}"), capture_output=True, check=False).returncode == 0:
            return python
    print(f"{package} is not installed: no comparison with it (PEER_PYTHON names a Python that has it)")
    return None


@contextmanager
def vetiver(python: str, pickled: Path) -> Iterator[str]:
    port = free_port()
    command = [python, "-m", "uvicorn", "benchmarks.peers.vetiver_model:app", "--port", str(port)]
    quiet = ["--no-access-log", "--log-level", "error"]
    with serving([*command, *quiet], os.environ | {"PLAIN_MODEL": str(pickled), "OPENBLAS_NUM_THREADS": "1"}, port) as url:
        yield url


def keep(python: str, pickled: Path, folder: Path) -> None:
    script = str(ROOT / "benchmarks/peers/mlflow_model.py")
    subprocess.run((python, script, str(pickled), str(folder)), check=True, capture_output=True)


@contextmanager
def mlflow(python: str, kept: Path) -> Iterator[str]:
    port = free_port()
    command = [python, "-m", "mlflow", "models", "serve", "-m", str(kept), "--env-manager", "local", "--port", str(port)]
    environ = os.environ | {"OPENBLAS_NUM_THREADS": "1", "PATH": f"{Path(python).parent}{os.pathsep}{os.environ['PATH']}"}
    with serving([*command, "--workers", "1"], environ, port) as url:
        yield url


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


def records(rows: int) -> list[dict[str, float]]:
    data = orjson.loads(body(rows))["data"]
    return [dict(zip(data, row, strict=True)) for row in zip(*data.values(), strict=True)]


def report(rates: dict[str, float]) -> None:
    ours = rates["Lamplight"]
    print(f"{'':36}{'requests/s':>12}{'Lamplight is':>16}{'goal':>8}")
    for name, rate in rates.items():
        goal = "" if name == "Lamplight" else f"≥ {GOAL:g} ×"
        print(f"{name:36}{rate:12.0f}{ours / rate:14.2f} ×{goal:>8}")


if __name__ == "__main__":
    main()
