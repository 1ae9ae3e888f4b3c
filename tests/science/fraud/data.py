"""Tables and fits for the tests of fraud scoring; none of them needs TensorFlow."""

from __future__ import annotations

import csv
import itertools
from functools import cache
from pathlib import Path

import numpy as np

from science.deadline import no_deadline
from science.fraud.detector import Detector, detector_of, energies_of
from science.fraud.fit import Fit
from science.fraud.nearest import nearest_of
from science.fraud.network import Autoencoder, Layer, Network
from science.fraud.spec import FraudSpec
from science.fraud.tails import tails_of
from science.fraud.train import fit
from science.fraud.whitening import whitened
from science.limits import Limits
from science.table import Numeric, Table

LIMITS = Limits()
PAYMENTS = Path(__file__).parents[3] / "store" / "samples" / "payments.csv"
COLUMNS = (*(f"V{number}" for number in range(1, 29)), "Amount")
CARDS = {"columns": COLUMNS, "label": "Class", "time": "Time", "weight": "weight"}


@cache
def payments() -> Table:
    """The sample that ships."""
    with PAYMENTS.open() as file:
        names, *rows = csv.reader(file)
    values = np.array(rows, dtype=float)
    return Table({name: Numeric(values[:, j]) for j, name in enumerate(names)}, len(values))


def table(**columns: np.ndarray) -> Table:
    made = {name: Numeric(np.asarray(values, float)) for name, values in columns.items()}
    return Table(made, len(next(iter(made.values()))))


@cache
def mahalanobis(**changes: object) -> Fit:
    """Trimmed Mahalanobis on the sample."""
    return fitted(payments(), detector="mahalanobis", **changes)


def fitted(rows: Table, **changes: object) -> Fit:
    return fit(FraudSpec(**{**CARDS, **changes}), rows, LIMITS, no_deadline(), lambda part: None)


def network(columns: int, widths: tuple[int, ...], rng: np.random.Generator) -> Network:
    """A network of random weights, relu between and linear at the bottleneck and the end."""
    sizes = (columns, *widths, *widths[-2::-1], columns)
    linear = {len(widths) - 1, len(sizes) - 2}
    layers = []
    for i, (inputs, outputs) in enumerate(itertools.pairwise(sizes)):
        weights = rng.normal(size=(inputs, outputs)).astype(np.float32) / np.float32(np.sqrt(inputs))
        bias = rng.normal(size=outputs).astype(np.float32)
        layers.append(Layer(weights, bias, "linear" if i in linear else "relu"))
    return Network(tuple(layers))


@cache
def ensemble(columns: int = 29, seed: int = 0) -> Detector:
    """All four views, of random rows and a random network."""
    rng = np.random.default_rng(seed)
    Z = (rng.normal(size=(3000, columns)) @ rng.normal(size=(columns, columns)) / np.sqrt(columns)).astype(np.float32)
    weight = rng.uniform(0.5, 2.0, len(Z))
    net = network(columns, (64, 32, 16), rng)
    residuals = whitened((Z - net(Z)).astype(float), weight)
    views = (Autoencoder(net, residuals), whitened(Z.astype(float), weight), nearest_of(Z, weight, rng), tails_of(Z, weight))
    return detector_of(views, energies_of(views, Z[:1000]), weight[:1000])
