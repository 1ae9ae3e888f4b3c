"""Correct digits on the eleven linear sets of NIST StRD, beside other packages in the same run.

    .venv/bin/python -m benchmarks.nist

Told of each set: the worst coefficient, the worst standard error and the residual standard deviation. Correct digits are
-log10 of the relative error (absolute where NIST certifies zero), and 15 for a number that rounds to the 15 digits that
NIST certifies: nobody can be nearer than that but by chance. 0.0 is wrong, or NA. The exit code is not 0 when Lamplight
has fewer than 9 digits of a coefficient, fewer than 14 in exact arithmetic, or fewer than any peer anywhere.
"""

from __future__ import annotations

import csv
import json
import math
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import starmap
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import scipy.linalg
import statsmodels.api as sm
from sklearn.linear_model import LinearRegression

from science.deadline import no_deadline
from science.design import Design, build
from science.limits import Limits
from science.regress import Spec, fit
from science.table import FloatArray, Table, table_of_columns

FOLDER = Path(__file__).resolve().parent.parent / "tests" / "reference" / "nist"
SCRIPT = Path(__file__).resolve().parent / "peers" / "nist.R"
CAP = 15  # digits that NIST certifies
LEAST = 9.0  # digits of every coefficient
LEAST_EXACT = 14.0
R_NAMES = {"1e-07": "R lm", "1e-10": "R lm, tol=1e-10"}
OURS, EXACT = "Lamplight", "Lamplight, exact"


Values = Sequence[float] | FloatArray


class Numbers(NamedTuple):
    """What a package says of a set; None where it does not."""

    coefficients: Values
    errors: Values | None
    deviation: float | None


class Digits(NamedTuple):
    coefficient: float
    error: float | None
    deviation: float | None


@dataclass(frozen=True)
class Problem:
    """A set: its data, its certified values, and for the peers its matrix with every power rounded once."""

    name: str
    formula: str
    table: Table
    design: Design
    certified: Numbers


def main() -> None:
    problems = [problem(name, block) for name, block in certified().items()]
    found = {one.name: dict(answers(one)) for one in problems}
    for name, package, numbers in by_r(problems):
        found[name][package] = numbers
    table = {
        one.name: {package: digits(numbers, one.certified) for package, numbers in found[one.name].items()} for one in problems
    }
    report(table)
    failures = [failure for name, row in table.items() for failure in judged(name, row)]
    print(
        "\n".join(failures)
        or f"\nevery set: {LEAST:.0f} digits or more, {LEAST_EXACT:.0f} in exact arithmetic, never behind a peer"
    )
    sys.exit(bool(failures))


def certified() -> dict[str, dict[str, object]]:
    return {name: block for name, block in json.loads((FOLDER / "certified.json").read_text()).items() if "coef" in block}


def problem(name: str, block: dict[str, object]) -> Problem:
    with open(FOLDER / f"{name}.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    table = table_of_columns({column: [float(row[column]) for row in rows] for column in rows[0]}, Limits())
    formula = str(block["formula"])
    values = Numbers(block["coef"], block["se"], block["resid_sd"])  # type: ignore[arg-type]
    return Problem(name, formula, table, build(formula, table, Limits()), values)


def answers(one: Problem) -> Iterator[tuple[str, Numbers]]:
    X, y = one.design.X, one.design.y
    yield OURS, by_lamplight(one, "double")
    yield EXACT, by_lamplight(one, "exact")
    yield "statsmodels (pinv)", by_statsmodels(one, "pinv")
    yield "statsmodels (qr)", by_statsmodels(one, "qr")
    solvers: dict[str, Callable[[], FloatArray]] = {
        "numpy lstsq": lambda: np.linalg.lstsq(X, y, rcond=None)[0],
        "scipy gelsd": lambda: scipy.linalg.lstsq(X, y)[0],
        "scipy gelsy": lambda: scipy.linalg.lstsq(X, y, lapack_driver="gelsy")[0],
    }
    for package, solve in solvers.items():
        beta = solve()
        residuals = y - X @ beta
        yield package, Numbers(beta, None, math.sqrt(residuals @ residuals / (len(y) - len(beta))))
    yield "scikit-learn", by_sklearn(one)


def by_lamplight(one: Problem, precision: Literal["double", "exact"]) -> Numbers:
    answer = fit(Spec(one.formula, precision=precision), one.table, Limits(), no_deadline())
    return Numbers(answer.estimate, answer.std_error, answer.glance.sigma)


def by_statsmodels(one: Problem, method: str) -> Numbers:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        answer = sm.OLS(one.design.y, one.design.X).fit(method=method)
        return Numbers(answer.params, answer.bse, math.sqrt(answer.mse_resid))


def by_sklearn(one: Problem) -> Numbers:
    X = one.design.X[:, one.design.intercept :]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        answer = LinearRegression(fit_intercept=one.design.intercept).fit(X, one.design.y)
    constant = [answer.intercept_] if one.design.intercept else []
    return Numbers([*constant, *answer.coef_], None, None)


def by_r(problems: Sequence[Problem]) -> Iterator[tuple[str, str, Numbers]]:
    """Ask R's lm, where there is R, at its own tolerance and at one that keeps every column of Filip."""
    if not shutil.which("Rscript"):
        print("Rscript is not here: R's lm is left out", file=sys.stderr)
        return
    asked = "".join(f"{one.name}\t{one.formula}\n" for one in problems)
    told = subprocess.run(["Rscript", "--vanilla", SCRIPT, FOLDER], input=asked, capture_output=True, text=True, check=True)
    for line in told.stdout.splitlines():
        name, tolerance, *parts = line.split("\t")
        coefficients, errors, deviation = ([math.nan if v == "NA" else float(v) for v in part.split()] for part in parts)
        yield name, R_NAMES[tolerance], Numbers(coefficients, errors, deviation[0])


def scored(found: dict[str, Numbers], right: Numbers) -> dict[str, Digits]:
    return {package: digits(numbers, right) for package, numbers in found.items()}


def digits(numbers: Numbers, right: Numbers) -> Digits:
    assert right.errors is not None
    assert right.deviation is not None
    return Digits(
        worst(numbers.coefficients, right.coefficients),
        None if numbers.errors is None else worst(numbers.errors, right.errors),
        None if numbers.deviation is None else correct(numbers.deviation, right.deviation),
    )


def worst(values: Values, right: Values) -> float:
    return min(starmap(correct, zip(values, right, strict=True)))


def correct(value: float, right: float) -> float:
    """Return how many digits of a value are right."""
    if f"{value:.{CAP - 1}e}" == f"{right:.{CAP - 1}e}":
        return CAP
    error = abs(value - right) / (abs(right) or 1.0)
    return max(0.0, min(CAP, -math.log10(error))) if math.isfinite(error) else 0.0


def judged(name: str, row: dict[str, Digits]) -> Iterator[str]:
    """Tell where Lamplight has too few digits or fewer than a peer."""
    for package, least in ((OURS, LEAST), (EXACT, LEAST_EXACT)):
        if row[package].coefficient < least:
            yield f"{name}: {package} has {row[package].coefficient:.1f} digits of a coefficient, not {least:.0f}"
    for package, peer in row.items():
        for what, ours, theirs in zip(Digits._fields, row[OURS], peer, strict=True):
            if ours is not None and theirs is not None and ours < theirs and package not in (OURS, EXACT):
                yield f"{name}: {what} {ours:.2f}, {package} {theirs:.2f}"


def report(table: dict[str, dict[str, Digits]]) -> None:
    for what, title in zip(Digits._fields, ("coefficients", "standard errors", "residual standard deviation"), strict=True):
        told = {name: {package: getattr(row[package], what) for package in row} for name, row in table.items()}
        packages = [package for package, number in next(iter(told.values())).items() if number is not None]
        print(f"\nCorrect digits: {title}\n")
        print(f"| set | {' | '.join(packages)} |")
        print("|---" * (len(packages) + 1) + "|")
        for name, row in told.items():
            print(f"| {name} | {' | '.join(f'{row[package]:.1f}' for package in packages)} |")


if __name__ == "__main__":
    main()
