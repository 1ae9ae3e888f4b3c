"""CPU time and memory of mixed models, against lme4, statsmodels and gpboost in the same run.

    .venv/bin/python -m benchmarks.mixed [--rounds 3] [--patience 120] [--gpboost PYTHON] [--scaling docs/mixed_scaling.svg]

Every fit runs in a process of its own kind with one BLAS thread, data loaded before the clock starts. Lamplight's figure is
the whole answer from the table on: formula, design, estimates, degrees of freedom, effects with standard errors. lme4 is
lmer() with its defaults (Debian: r-cran-lme4); statsmodels is MixedLM of a formula; gpboost takes arrays and no slope
correlations (PyPI: gpboost, which brings much along: --gpboost names the Python of an environment that has it). A peer that
is not installed is left out; one that needs more than --patience seconds is said so. CPU is user + system; the median of
rounds, fits of a round repeated until a tenth of a second has gone.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from science.table import Factor, Numeric, Table
from tests.science.mixed.data import table

PEERS = Path(__file__).parent / "peers"
CASES = {
    "sleepstudy": ("sleepstudy", "Reaction ~ Days + (Days | Subject)"),
    "Penicillin": ("Penicillin", "diameter ~ 1 + (1 | plate) + (1 | sample)"),
    "Hsb82": ("Hsb82", "mAch ~ meanses * cses + sector * cses + (cses | school)"),
    "Chem97": ("Chem97", "score ~ 1 + gcsecnt + (1 | school) + (1 | lea)"),
    "InstEval 3": ("InstEval", "y ~ 1 + service + (1 | s) + (1 | d) + (1 | dept)"),
    "InstEval 4": ("InstEval", "y ~ 1 + service + (1 | s) + (1 | d) + (1 | dept) + (1 | service:dept)"),
    "125,066 pairs": ("pairs", "y ~ x + (1 | g)"),
}
GOALS = {"lme4": 1.0, "statsmodels": 5.0}
INSTEVAL_GOAL = 4.0  # times lme4
SLEEPSTUDY_GOAL = 6.0  # ms
MEMORY_GOAL = 250.0  # MB above idle, on InstEval
PAIRS = 125_066
IMPOSSIBLE = {("statsmodels", "InstEval 3"), ("statsmodels", "InstEval 4")}  # one group of all rows: a dense Z of 2.3 GB


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--patience", type=float, default=120.0)
    parser.add_argument("--gpboost", default=sys.executable)
    parser.add_argument("--scaling", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        paths = written(Path(folder))
        commands = engines(asked.gpboost)
        rows = {case: measured(case, paths, commands, asked.rounds, asked.patience) for case in CASES}
        report(rows)
        if asked.scaling:
            from benchmarks.mixed_scaling import drawn  # late: it imports matplotlib

            drawn(asked.scaling, Path(folder))


def written(folder: Path) -> dict[str, Path]:
    """Write every data set as CSV, factors marked in the first line's names by a trailing `*`."""
    paths = {}
    for name in {name for name, _ in CASES.values()}:
        data = pairs() if name == "pairs" else table(name)
        paths[name] = folder / f"{name}.csv"
        write(data, paths[name])
    return paths


def write(data: Table, path: Path) -> None:
    columns = []
    for column in data.columns.values():
        columns.append([column.levels[code] for code in column.codes] if isinstance(column, Factor) else column.values.tolist())
    marked = [name + "*" if isinstance(column, Factor) else name for name, column in data.columns.items()]
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(marked)
        writer.writerows(zip(*columns, strict=True))


def pairs(groups: int = PAIRS, seed: int = 9097) -> Table:
    """Groups of two rows, as in the report that MixedLM took 41 minutes."""
    rng = np.random.default_rng(seed)
    codes = np.repeat(np.arange(groups), 2)
    x = rng.normal(size=2 * groups)
    y = 1.0 + 0.5 * x + rng.normal(size=groups)[codes] + rng.normal(size=2 * groups)
    levels = tuple(f"g{number}" for number in range(groups))
    return Table({"y": Numeric(y), "x": Numeric(x), "g": Factor(codes.astype(np.intp), levels)}, 2 * groups)


def measured(
    case: str, paths: dict[str, Path], commands: dict[str, list[str]], rounds: int, patience: float
) -> dict[str, dict[str, Any]]:
    """Run every engine `rounds` times, in turn."""
    name, formula = CASES[case]
    found: dict[str, list[dict[str, Any]]] = {}
    for _ in range(rounds):
        for engine, command in commands.items():
            if found.get(engine, [{}])[-1].get("cpu", 0.0) is None:
                continue  # it did not arrive the first time
            found.setdefault(engine, []).append(one_run(engine, [*command, str(paths[name]), formula], case, patience))
    return {engine: summary(runs) for engine, runs in found.items()}


def engines(gpboost: str) -> dict[str, list[str]]:
    found = {"lamplight": [sys.executable, "-m", "benchmarks.peers.mixed_lamplight"]}
    if shutil.which("Rscript"):
        found["lme4"] = ["Rscript", str(PEERS / "mixed_lme4.R")]
    found["statsmodels"] = [sys.executable, "-m", "benchmarks.peers.mixed_statsmodels"]
    found["gpboost"] = [gpboost, "-m", "benchmarks.peers.mixed_gpboost"]
    return found


def one_run(engine: str, command: list[str], case: str, patience: float) -> dict[str, Any]:
    nothing: dict[str, Any] = {"cpu": None, "criterion": None, "memory": None}
    if (engine, case) in IMPOSSIBLE:
        return nothing | {"why": "needs 2.3 GB"}
    threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=patience, env={**os.environ, **threads})
    except subprocess.TimeoutExpired:
        return nothing | {"why": f"> {patience:.0f} s"}
    if answer.returncode:
        return nothing | {"why": (answer.stderr.strip().splitlines() or ["failed"])[-1][:40]}
    run: dict[str, Any] = json.loads(answer.stdout.strip().splitlines()[-1])
    return run


def summary(runs: list[dict[str, Any]]) -> dict[str, Any]:
    timed = [run for run in runs if run["cpu"] is not None]
    if not timed:
        return runs[-1]
    return {**timed[-1], "cpu": median(run["cpu"] for run in timed)}


def report(rows: dict[str, dict[str, dict[str, Any]]]) -> None:
    print(f"{'':16}{'engine':14}{'CPU ms':>12}{'times ours':>12}{'criterion':>18}{'MB above idle':>15}")
    for case, engines_of in rows.items():
        ours = engines_of["lamplight"]["cpu"]
        for engine, run in engines_of.items():
            if run["cpu"] is None:
                print(f"{case:16}{engine:14}{run['why']:>12}")
            else:
                memory = "" if run.get("memory") is None else f"{run['memory']:.0f}"
                line = f"{1e3 * run['cpu']:12.2f}{run['cpu'] / ours:12.1f}{run['criterion']:18.6f}{memory:>15}"
                print(f"{case:16}{engine:14}{line}")
    print()
    for claim, holds in claims(rows):
        print(f"{'yes' if holds else 'NO ':4} {claim}")


def claims(rows: dict[str, dict[str, dict[str, Any]]]) -> list[tuple[str, bool]]:
    found = []
    for case, engines_of in rows.items():
        ours = engines_of["lamplight"]["cpu"]
        for engine, goal in GOALS.items():
            theirs = engines_of.get(engine, {}).get("cpu")
            goal = INSTEVAL_GOAL if engine == "lme4" and case.startswith("InstEval") else goal
            if theirs is not None:
                found.append((f"{case}: {theirs / ours:.1f} x {engine}, goal {goal:g}", theirs / ours >= goal))
    milliseconds = 1e3 * rows["sleepstudy"]["lamplight"]["cpu"]
    found.append((f"sleepstudy: {milliseconds:.2f} ms, goal {SLEEPSTUDY_GOAL:g}", milliseconds <= SLEEPSTUDY_GOAL))
    for case in ("InstEval 3", "InstEval 4"):
        memory = rows[case]["lamplight"]["memory"]
        found.append((f"{case}: {memory:.0f} MB above idle, goal {MEMORY_GOAL:g}", memory < MEMORY_GOAL))
    return found


if __name__ == "__main__":
    main()
