"""Score the forecasts on M3 and M4 files beside peers measured on the same series: OWA, coverage, MSIS, CPU ms per series.

    python -m benchmarks.forecast [FOLDER] [--files yearly_m3,hourly] [--every 4]

FOLDER holds <file>_train.csv.gz, <file>_test.csv.gz (id, ord, t, y) and, for the peers' lines, reference_results.csv; the few
series of tests/reference/forecast/m4 are the default. "95%", and of those the first and the last step, and "80%" are what the
intervals cover; MSIS is of the 95% ones. Whatever was tuned was tuned on series of even `ord` ("tuned") and on
earlier parts of all; the test values of those of odd `ord` ("held out") had no part in it. "first n" are the
series that the peers were measured on; below it the intervals are not widened, as the peers' are not.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import time
import warnings
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from science.deadline import no_deadline
from science.forecast import scores
from science.forecast.answer import Forecast
from science.forecast.engine import forecast
from science.forecast.spec import Interval, Series, Spec
from science.limits import Limits

FOLDER = Path(__file__).parents[1] / "tests" / "reference" / "forecast" / "m4"
Followed = tuple[int, np.ndarray, np.ndarray]  # the `ord` of a series, its values, and those that followed


@dataclass(frozen=True)
class File:
    season: int  # of the scores
    h: int
    freq: str | None
    first: int  # series that the peers were measured on
    goal: float | None  # OWA


FILES = {
    "yearly_m3": File(1, 6, "Y", 100, 0.86),
    "quarterly_m3": File(4, 8, "Q", 100, 0.87),
    "monthly_m3": File(12, 18, "M", 100, 0.81),
    "other_m3": File(1, 8, "Y", 50, 0.62),
    "weekly": File(1, 13, "W", 40, 0.88),
    "daily": File(1, 14, "D", 40, None),
    "hourly": File(24, 48, "H", 40, 0.63),
}


@dataclass(frozen=True)
class Told:
    """What is forecast of one series: (h,) each, the bounds as lower and upper."""

    median: np.ndarray
    bounds: tuple[np.ndarray, np.ndarray]  # of 95%
    inner: tuple[np.ndarray, np.ndarray]  # of 80%
    ms: float


@dataclass(frozen=True)
class Score:
    """One series."""

    ord: int
    smape: float
    mase: float
    smape2: float
    mase2: float
    covered: float
    covered_first: float
    covered_last: float
    covered_80: float
    msis: float
    ms: float


def main() -> None:
    arguments = _arguments()
    for name in arguments.files.split(","):
        file = FILES[name]
        series = read(arguments.folder, name)[:: arguments.every]
        found = [score(file, "calibrated", *one) for one in series]
        print(f"\n{name}: {len(found)} series, goal OWA {file.goal}")
        print_heads()
        print_means("lamplight, all", found)
        print_means("lamplight, tuned half", [one for one in found if one.ord % 2 == 0])
        print_means("lamplight, held-out half", [one for one in found if one.ord % 2 == 1])
        print_means(f"lamplight, first {file.first}", [one for one in found if one.ord < file.first])
        print_means("  the same, not widened", [score(file, "model", *one) for one in series if one[0] < file.first])
        _print_peers(arguments.folder / "reference_results.csv", name)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER)
    parser.add_argument("--files", default=",".join(FILES))
    parser.add_argument("--every", type=int, default=1, help="score one series of so many")
    return parser.parse_args()


def read(folder: Path, name: str) -> list[Followed]:
    """Return all series of a file."""
    parts: list[dict[int, list[float]]] = []
    for part in ("train", "test"):
        values: dict[int, list[float]] = defaultdict(list)
        with gzip.open(folder / f"{name}_{part}.csv.gz", "rt") as lines:
            for row in csv.DictReader(lines):
                values[int(row["ord"])].append(float(row["y"]))
        parts.append(values)
    return [(key, np.array(parts[0][key]), np.array(parts[1][key])) for key in sorted(parts[0])]


def score(file: File, interval: Interval, ord: int, y: np.ndarray, actual: np.ndarray) -> Score:
    """Forecast a series, and compare with what followed."""
    started = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        answer = forecast(Spec(h=file.h, freq=file.freq, interval=interval), Series(y), Limits(), no_deadline())
    ms = (time.process_time() - started) * 1000
    told = Told(np.array([row.median for row in answer.forecast]), _bounds(answer, 95.0), _bounds(answer, 80.0), ms)
    return compared(file, ord, y, actual, told)


def compared(file: File, ord: int, y: np.ndarray, actual: np.ndarray, told: Told) -> Score:
    """Score what was told of a series, whoever told it."""
    low, high = told.bounds
    inside = (actual >= low) & (actual <= high)
    naive = scores.naive2(y, file.season, file.h)
    scale = scores.seasonal_scale(y, file.season)
    return Score(
        ord=ord,
        smape=scores.smape(actual, told.median),
        mase=scores.mase(actual, told.median, scale),
        smape2=scores.smape(actual, naive),
        mase2=scores.mase(actual, naive, scale),
        covered=float(inside.mean()),
        covered_first=float(inside[0]),
        covered_last=float(inside[-1]),
        covered_80=scores.coverage(actual, *told.inner),
        msis=scores.msis(actual, low, high, 95.0, scale),
        ms=told.ms,
    )


def print_heads() -> None:
    print(f"  {'':34}{'n':>5}{'OWA':>8}{'95%':>8}{'first':>8}{'last':>8}{'80%':>8}{'MSIS':>8}{'ms':>9}")


def print_means(name: str, found: Sequence[Score]) -> None:
    """Print the scores of many series as one line: means, and the median of the milliseconds."""
    if not found:
        return
    mean = {field: float(np.mean([getattr(one, field) for one in found])) for field in Score.__dataclass_fields__}
    owa = (mean["smape"] / mean["smape2"] + mean["mase"] / mean["mase2"]) / 2
    ms = float(np.median([one.ms for one in found]))
    covered = "".join(f"{mean[field]:8.3f}" for field in ("covered", "covered_first", "covered_last", "covered_80"))
    print(f"  {name:34}{len(found):5}{owa:8.3f}{covered}{mean['msis']:8.2f}{ms:9.1f}", flush=True)


def _bounds(answer: Forecast, level: float) -> tuple[np.ndarray, np.ndarray]:
    low, high = (np.array([getattr(row, side)[level] for row in answer.forecast]) for side in ("lo", "hi"))
    return low, high


def _print_peers(path: Path, name: str) -> None:
    if not path.exists():
        return
    with path.open() as lines:
        for row in csv.DictReader(lines):
            if row["freq"] == name:
                numbers = (float(row[key]) for key in ("OWA", "cov95", "cov80", "MSIS", "cpu_ms"))
                owa, covered, covered_80, msis, ms = numbers
                shown = f"{covered:8.3f}{'':16}{covered_80:8.3f}"
                print(f"  {row['method']:34}{int(row['n']):5}{owa:8.3f}{shown}{msis:8.2f}{ms:9.1f}")


if __name__ == "__main__":
    main()
