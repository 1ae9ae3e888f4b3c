"""Published data, fits and certified values for the tests of least squares. Sources: tests/reference/README.md."""

from __future__ import annotations

import csv
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from science.deadline import Deadline, no_deadline
from science.limits import Limits
from science.regress import Fit, Spec, fit
from science.table import Table, table_of_columns

REFERENCE = Path(__file__).parents[2] / "reference"
LIMITS = Limits()


@cache
def table(name: str) -> Table:
    """Read a CSV file of tests/reference, "regress/iris"; NA is missing, a column with a text is a factor."""
    with open(REFERENCE / f"{name}.csv", newline="") as file:
        header, *rows = csv.reader(file)
    return columns(**{column: read(values) for column, values in zip(header, zip(*rows, strict=True), strict=True)})


def columns(**values: Any) -> Table:
    """A table of the given columns."""
    return table_of_columns({name: np.asarray(column, dtype=object).tolist() for name, column in values.items()}, LIMITS)


def read(values: tuple[str, ...]) -> list[float | str | None]:
    try:
        return [None if value in ("", "NA") else float(value) for value in values]
    except ValueError:
        return [None if value in ("", "NA") else value for value in values]


@cache
def cases() -> dict[str, dict[str, Any]]:
    """The fits of R's lm by name."""
    documents = json.loads((REFERENCE / "regress" / "reference.json").read_text())
    return {document["name"]: document for document in documents if document["kind"] == "lm"}


@cache
def certified() -> dict[str, dict[str, Any]]:
    """NIST's certified values by set."""
    return {
        name: block for name, block in json.loads((REFERENCE / "nist" / "certified.json").read_text()).items() if name[0] != "_"
    }


def fitted(formula: str, data: Table, *, deadline: Deadline | None = None, **spec: Any) -> Fit:
    return fit(Spec(formula, **spec), data, LIMITS, deadline or no_deadline())
