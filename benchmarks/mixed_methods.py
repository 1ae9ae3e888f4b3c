"""Steps of MacKay's loop and its repairs to REML on sleepstudy, counted and drawn.

.venv/bin/python -m benchmarks.mixed_methods [--picture docs/pictures/mixed_iterates.svg]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from science.deadline import no_deadline
from science.limits import Limits
from science.mixed.fit import fit
from science.mixed.result import Fit
from science.mixed.spec import Spec, Variances
from tests.science.mixed.data import table

FORMULA = "Reaction ~ Days + (Days | Subject)"
SPLIT = "Reaction ~ Days + (Days || Subject)"
TOLERANCES = (1e-2, 1e-4, 1e-6, 1e-8)
METHODS = ("em", "mackay_gamma", "px_em")
COLOURS = {"reml": "#444444", "mackay": "#c0392b", "mackay_gamma": "#2471a3", "em": "#b9770e", "px_em": "#1e8449"}
DATA = table("sleepstudy")
VARIANCE = float(np.var(DATA["Reaction"].values))
HIGH = 0.99 * float(np.sqrt(600.0 * 35.0))
STARTS = {
    "410, 22, 10; var(y)/4": Variances({"Subject": ((410.0, 10.0), (10.0, 22.0))}, VARIANCE / 4.0),
    "I; var(y)": Variances({"Subject": ((1.0, 0.0), (0.0, 1.0))}, VARIANCE),
    "10,000 I; 1": Variances({"Subject": ((1e4, 0.0), (0.0, 1e4))}, 1.0),
    "0.01 I; 10,000": Variances({"Subject": ((0.01, 0.0), (0.0, 0.01))}, 1e4),
    "correlation 0.99; 500": Variances({"Subject": ((600.0, HIGH), (HIGH, 35.0))}, 500.0),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--picture", type=Path)
    asked = parser.parse_args()
    best = fitted(FORMULA, method="px_em")  # its fixed point is sharper than a gradient of 1e-6
    print(f"{'steps to':14}{'start':26}" + "".join(f"{tolerance:>9.0e}" for tolerance in TOLERANCES))
    for method in METHODS:
        for name, start in STARTS.items():
            counts = steps(fitted(FORMULA, method=method, start=start, iterations=30_000), best)
            print(f"{method:14}{name:26}" + "".join(f"{count if count is not None else '-':>9}" for count in counts))
    if asked.picture:
        drawn(asked.picture, best)


def fitted(formula: str, **options: object) -> Fit:
    return fit(Spec(formula, **options), DATA, Limits(), no_deadline())  # type: ignore[arg-type]


def steps(found: Fit, best: Fit) -> list[int | None]:
    """Count the steps until all variances (relatively) and the correlation are as near to REML as each tolerance."""
    values = found.trace.values
    optimum = np.array([*best.random[0].variance, best.residual.variance]) if best.residual else np.empty(0)
    errors = np.abs(values[:, [0, 2, 3]] / optimum - 1.0).max(1)
    correlation = values[:, 1] / np.sqrt(values[:, 0] * values[:, 2])
    errors = np.maximum(errors, np.abs(correlation - best.random[0].correlation[0, 1]))
    return [int(np.flatnonzero(errors < tolerance)[0]) if (errors < tolerance).any() else None for tolerance in TOLERANCES]


def drawn(path: Path, best: Fit) -> None:
    from matplotlib.figure import Figure  # late: only the picture needs it

    figure = Figure(figsize=(10.0, 6.4), layout="constrained")
    (intercept, slope), (correlation, gap) = figure.subplots(2, 2)
    author = STARTS["410, 22, 10; var(y)/4"]
    apart = Variances({"Subject": ((410.0, 0.0), (0.0, 22.0))}, VARIANCE / 4.0)
    traces = {"mackay": fitted(FORMULA, method="mackay", start=author).trace.values}
    traces |= {method: fitted(FORMULA, method=method, start=author).trace.values for method in METHODS}
    split = fitted(SPLIT, method="mackay", start=apart, iterations=100).trace.values
    for method, values in traces.items():
        values = values[:31]
        style = {"color": COLOURS[method], "lw": 1.6, "marker": "o", "ms": 3, "label": method}
        intercept.plot(values[:, 0], **style)
        slope.plot(values[:, 2], **style)
        correlation.plot(values[:, 1] / np.sqrt(values[:, 0] * values[:, 2]), **style)
        gap.semilogy(np.maximum(values[:, -1] - traces["px_em"][-1, -1], 1e-12), **style)
    uncorrelated = {"color": COLOURS["mackay"], "lw": 1.2, "ls": ":", "label": "mackay, uncorrelated"}
    intercept.plot(split[:31, 0], **uncorrelated)
    slope.plot(split[:31, 1], **uncorrelated)
    levels = (best.random[0].variance[0], best.random[0].variance[1], best.random[0].correlation[0, 1])
    for axes, level in zip((intercept, slope, correlation), levels, strict=True):
        axes.axhline(level, color=COLOURS["reml"], lw=1.0, ls="--", label="REML")
    titles = ("variance of the intercept", "variance of the slope", "correlation", "REML criterion above its minimum")
    for axes, title in zip((intercept, slope, correlation, gap), titles, strict=True):
        axes.set_title(title, fontsize=10)
        axes.set_xlabel("step")
        axes.grid(True, alpha=0.3)
    intercept.legend(frameon=False, fontsize=8)
    figure.savefig(path)


if __name__ == "__main__":
    main()
