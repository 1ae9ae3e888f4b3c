"""CPU time of one-factor models against rows and against levels, drawn as SVG."""

from __future__ import annotations

import os
import subprocess
import sys
from json import loads
from pathlib import Path

import numpy as np

from benchmarks.mixed import write
from science.table import Factor, Numeric, Table

SIZES = (1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000)
ROWS_FOR_LEVELS = 1_000_000
SHAPES = {"(1 | g)": "y ~ x + (1 | g)", "(x | g)": "y ~ x + (x | g)"}
LINE = {"lw": 1.6, "marker": "o", "ms": 4}


def drawn(path: Path, folder: Path) -> None:
    """Measure and draw: left over rows (20 to a level), right over levels (of a million rows)."""
    from matplotlib.figure import Figure  # late: only this plot needs it

    figure = Figure(figsize=(9.0, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    for label, formula in SHAPES.items():
        by_rows = [seconds(simulated(n, max(n // 20, 2)), formula, folder) for n in SIZES]
        levels = [size for size in SIZES if size * 4 <= ROWS_FOR_LEVELS]
        by_levels = [seconds(simulated(ROWS_FOR_LEVELS, size), formula, folder) for size in levels]
        left.loglog(SIZES, by_rows, label=label, **LINE)
        right.semilogx(levels, by_levels, label=label, **LINE)
        print(label, "rows", *(f"{n}: {t:.4f}" for n, t in zip(SIZES, by_rows, strict=True)))
        print(label, "levels", *(f"{n}: {t:.4f}" for n, t in zip(levels, by_levels, strict=True)))
        slope = np.polyfit(np.log(SIZES[3:]), np.log(by_rows[3:]), 1)[0]
        print(f"{label}: time grows as rows ^ {slope:.2f} from {SIZES[3]} rows on")
    for axes, what in ((left, "rows, 20 to a level"), (right, "levels, of a million rows")):
        axes.set_xlabel(what)
        axes.set_ylabel("CPU seconds")
        axes.grid(True, which="major", alpha=0.3)
        axes.legend(frameon=False)
    right.set_ylim(bottom=0.0)
    figure.savefig(path)


def simulated(n: int, levels: int, seed: int = 7) -> Table:
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, levels, n)
    codes[:levels] = np.arange(levels)
    x = rng.normal(size=n)
    effects = rng.normal(size=(levels, 2)) * [1.0, 0.5]
    y = 1.0 + 0.5 * x + effects[codes, 0] + effects[codes, 1] * x + rng.normal(size=n)
    return Table({"y": Numeric(y), "x": Numeric(x), "g": Factor(codes.astype(np.intp), tuple(map(str, range(levels))))}, n)


def seconds(data: Table, formula: str, folder: Path) -> float:
    path = folder / "scaling.csv"
    write(data, path)
    command = [sys.executable, "-m", "benchmarks.peers.mixed_lamplight", str(path), formula]
    threads = {"OPENBLAS_NUM_THREADS": "1"}
    answer = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, **threads})
    return float(loads(answer.stdout.strip().splitlines()[-1])["cpu"])
