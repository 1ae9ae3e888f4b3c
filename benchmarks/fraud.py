"""Fraud detection beside its peers: payments scored in order of time, and labelled anomaly sets, by the same code untuned.

    .venv/bin/python -m benchmarks.fraud PAYMENTS.csv.gz [--anomalies FOLDER] [--before 170884] [--seeds 3]

PAYMENTS has the columns row, V1..V28, Amount, Class and weight. The legitimate rows with `row` below --before are learned from,
frauds among them are not shown to anybody but LightGBM, which is a ceiling; the rows from there on are scored, and every figure
uses `weight`. FOLDER holds .npz files with X and y (1 is an anomaly): 60 % of the normal rows are learned from, all others
scored. Figures are medians over seeds (payments) and means over sets of means over seeds (anomalies). A peer that is not
installed is left out (PyPI: pyod, lightgbm). The training child's peak memory is that of a process which fits the payments.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from benchmarks.peers.fraud import Scorer, installed, lightgbm
from science.deadline import no_deadline
from science.fraud.fit import Fit, score
from science.fraud.metrics import Metrics, metrics_of
from science.fraud.spec import FraudSpec
from science.fraud.train import fit
from science.limits import Limits
from science.table import Numeric, Table

OURS, BASELINE = "lamplight", "trimmed Mahalanobis"
CEILING = "LightGBM, supervised"
GOALS = {"AP": 0.65, "recall at 1 %": 0.74, "ROC AUC": 0.955}
NORMAL_SHARE = 0.6
MEMORY_GOAL = 1000.0  # MB
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}


@dataclass(frozen=True)
class Data:
    """X: (n, p), fraud: (n,), weight: (n,); ordered: the rows are in order of time."""

    X: np.ndarray
    fraud: np.ndarray
    weight: np.ndarray
    ordered: bool

    def take(self, rows: np.ndarray) -> Data:
        return Data(self.X[rows], self.fraud[rows], self.weight[rows], self.ordered)


@dataclass(frozen=True)
class Run:
    metrics: Metrics
    fit_seconds: float
    microseconds: float  # a row


def main() -> None:
    if not ONE_THREAD.items() <= os.environ.items():  # libraries read it when they are loaded: begin again
        os.execve(sys.executable, (sys.executable, "-m", "benchmarks.fraud", *sys.argv[1:]), os.environ | ONE_THREAD)
    asked = arguments()
    warnings.filterwarnings("ignore")  # of peers about themselves
    if asked.child:
        child(asked.payments)
        return
    before, after = payments(asked.payments, asked.before)
    held = [memory(before), *report_payments(before, after, asked.seeds)]
    if asked.anomalies is not None:
        held += report_anomalies(asked.anomalies, asked.seeds)
    print()
    for claim, holds in held:
        print(f"{'yes' if holds else 'NO ':4} {claim}")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("payments", type=Path)
    parser.add_argument("--anomalies", type=Path)
    parser.add_argument("--before", type=float, default=170_884)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def payments(path: Path, before: float) -> tuple[Data, Data]:
    """Read the payments, those before a row and those from it on."""
    with gzip.open(path, "rt") as file:
        names, *rows = csv.reader(file)
        table = np.array(rows, dtype=float)
    column = {name: table[:, j] for j, name in enumerate(names)}
    order = np.argsort(column["row"], kind="stable")
    X = np.column_stack([column[name] for name in (*(f"V{i}" for i in range(1, 29)), "Amount")])
    data = Data(X, column["Class"] == 1, column["weight"], True).take(order)
    early = column["row"][order] < before
    return data.take(early), data.take(~early)


def ours(legitimate: Data, seed: int, detector: str = "auto") -> Fit:
    names = tuple(f"x{j}" for j in range(legitimate.X.shape[1]))
    columns = {name: Numeric(values) for name, values in zip(names, legitimate.X.T, strict=True)}
    columns |= {"weight": Numeric(legitimate.weight), "time": Numeric(np.arange(len(legitimate.X), dtype=float))}
    time_ = "time" if legitimate.ordered else None
    spec = FraudSpec(names, time=time_, weight="weight", seed=seed, detector=detector)
    return fit(spec, Table(columns, len(legitimate.X)), Limits(), no_deadline(), lambda part: None)


def runs(train: Data, test: Data, seed: int) -> dict[str, Run]:
    """Every engine once: name → its figures. train may hold frauds, which only the ceiling is shown."""
    legitimate = train.take(~train.fraud)
    mean, sd = legitimate.X.mean(0), legitimate.X.std(0)
    varies = sd > 1e-9 * np.maximum(1.0, np.abs(mean))  # some peers divide by the spread
    found = {
        OURS: run(lambda: scorer(ours(legitimate, seed)), test.X, test),
        BASELINE: run(lambda: scorer(ours(legitimate, seed, "mahalanobis")), test.X, test),
    }
    Z, Z_test = ((X - mean)[:, varies] / sd[varies] for X in (legitimate.X, test.X))
    for name, learn in installed().items():
        found[name] = run(lambda learn=learn: learn(Z, seed), Z_test, test)
    if train.fraud.any() and find_spec("lightgbm"):
        found[CEILING] = run(lambda: lightgbm(train.X, train.fraud, train.weight, seed), test.X, test)
    return found


def scorer(fitted: Fit) -> Scorer:
    return lambda X: score(fitted, X).score


def run(learn: object, X: np.ndarray, test: Data) -> Run:
    start = time.process_time()
    scores_of = learn()  # type: ignore[operator]
    fitted = time.process_time()
    scores = np.asarray(scores_of(X), float)
    done = time.process_time()
    return Run(metrics_of(scores, test.fraud, test.weight), fitted - start, 1e6 * (done - fitted) / len(X))


def report_payments(train: Data, test: Data, seeds: int) -> list[tuple[str, bool]]:
    legitimate, frauds = np.count_nonzero(~train.fraud), np.count_nonzero(test.fraud)
    print(f"payments: {legitimate} legitimate rows learned from, {len(test.X)} scored, {frauds} of them frauds")
    print(f"{'':22}{'ROC AUC':>9}{'AP':>8}{'r@.5%':>8}{'r@1%':>8}{'r@2%':>8}{'p@100':>8}{'fit CPU s':>11}{'us/row':>8}")
    every = [runs(train, test, seed) for seed in range(seeds)]
    middle = {}
    for name in every[0]:
        rows = np.array([figures(one[name]) for one in every])
        middle[name] = np.median(rows, axis=0)
        print(f"{name:22}" + "{:9.3f}{:8.3f}{:8.3f}{:8.3f}{:8.3f}{:8.3f}{:11.2f}{:8.2f}".format(*middle[name]), flush=True)
    found = dict(zip(("ROC AUC", "AP", "recall at 1 %"), middle[OURS][[0, 1, 3]], strict=True))
    return [(f"payments: {name} {found[name]:.3f}, goal {goal:g}", bool(found[name] >= goal)) for name, goal in GOALS.items()]


def figures(one: Run) -> tuple[float, ...]:
    metrics = one.metrics
    ranks = (metrics.roc_auc, metrics.average_precision, *metrics.recall, metrics.precision_first)
    return (*ranks, one.fit_seconds, one.microseconds)


def report_anomalies(folder: Path, seeds: int) -> list[tuple[str, bool]]:
    table: dict[str, list[list[float]]] = {}
    for path in sorted(folder.glob("*.npz")):
        every = [runs(*anomalies(path, seed), seed) for seed in range(seeds)]
        print(f"\n{path.stem}")
        for name in every[0]:
            pair = np.mean([figures(one[name])[:2] for one in every], axis=0)
            table.setdefault(name, []).append(pair.tolist())
            print(f"  {name:22}{pair[0]:9.3f}{pair[1]:8.3f}", flush=True)
    means = {name: np.mean(pairs, axis=0) for name, pairs in table.items()}
    print(f"\nmean over {len(table[OURS])} sets{'ROC AUC':>15}{'AP':>8}")
    for name, (auc, ap) in sorted(means.items(), key=lambda item: -item[1][1]):
        print(f"  {name:22}{auc:9.4f}{ap:8.4f}")
    peers = np.array([pair for name, pair in means.items() if name not in (OURS, BASELINE)])
    return [
        (
            f"anomaly sets: mean {what} {means[OURS][i]:.4f}, the best peer {peers[:, i].max():.4f}",
            bool(means[OURS][i] > peers[:, i].max()),
        )
        for i, what in enumerate(("ROC AUC", "AP"))
    ]


def anomalies(path: Path, seed: int) -> tuple[Data, Data]:
    """Read a set; learn from NORMAL_SHARE of its normal rows, score the others and all anomalies."""
    with np.load(path, allow_pickle=False) as file:
        X, fraud = file["X"].astype(float), file["y"] == 1
    data = Data(X, fraud, np.ones(len(X)), False)
    normal = np.random.default_rng(seed).permutation(np.flatnonzero(~fraud))
    count = round(NORMAL_SHARE * len(normal))
    return data.take(normal[:count]), data.take(np.concatenate((normal[count:], np.flatnonzero(fraud))))


def memory(before: Data) -> tuple[str, bool]:
    """Fit the payments in a process of its own, as a job does, and tell the most memory that it held."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "payments.npz"
        legitimate = before.take(~before.fraud)
        np.savez(path, X=legitimate.X, weight=legitimate.weight)
        command = [sys.executable, "-m", "benchmarks.fraud", str(path), "--child"]
        ended = subprocess.run(command, capture_output=True, text=True, check=True)
    peak = float(ended.stdout.split()[-1])
    return f"the training child: {peak:.0f} MB at most, goal {MEMORY_GOAL:g}", peak < MEMORY_GOAL


def child(path: Path) -> None:
    with np.load(path, allow_pickle=False) as file:
        X, weight = file["X"], file["weight"]
    ours(Data(X, np.zeros(len(X), bool), weight, True), 0)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    main()
