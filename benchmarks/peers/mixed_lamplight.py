"""Fit a formula to a CSV file and print CPU seconds, criterion and memory as JSON: `python -m ... file formula`."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from benchmarks.peers.marked import marked_columns
from science.deadline import no_deadline
from science.limits import Limits
from science.mixed.fit import fit
from science.mixed.spec import Spec
from science.table import Factor, Numeric, Table, factor_of

LIMITS = Limits(max_levels=2_000_000, max_rows=10_000_000, max_cells=100_000_000)
LEAST_SECONDS = 0.1


def main() -> None:
    path, formula = sys.argv[1:]
    data = load(path)
    answer = measured(data, formula)
    print(json.dumps(answer))


def load(path: str) -> Table:
    columns: dict[str, Factor | Numeric] = {}
    for name, is_factor, values in marked_columns(path):
        columns[name] = factor_of(values) if is_factor else Numeric(values)
    return Table(columns, len(next(iter(columns.values()))))


def measured(data: Table, formula: str) -> dict[str, float]:
    spec = Spec(formula)
    forget_peak()
    idle = status("VmRSS")
    started = time.process_time()
    found = fit(spec, data, LIMITS, no_deadline())
    first = time.process_time() - started
    memory = status("VmHWM") - idle
    runs = max(1, int(LEAST_SECONDS / first))
    started = time.process_time()
    for _ in range(runs if first < LEAST_SECONDS else 0):
        found = fit(spec, data, LIMITS, no_deadline())
    each = (time.process_time() - started) / runs if first < LEAST_SECONDS else first
    return {"cpu": each, "criterion": -2.0 * found.fit.log_lik, "memory": memory}


def forget_peak() -> None:
    """Let Linux measure the peak of resident memory from here on."""
    Path("/proc/self/clear_refs").write_text("5")


def status(name: str) -> float:
    """Read a line of /proc/self/status, in MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(float(line.split()[1]) / 1024.0 for line in lines if line.startswith(name))


if __name__ == "__main__":
    main()
