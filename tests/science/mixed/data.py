"""lme4's data sets and published fits, for the tests of mixed models. Sources: tests/reference/mixed/README.md."""

from __future__ import annotations

import csv
import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from science.deadline import no_deadline
from science.limits import Limits
from science.mixed.fit import fit
from science.mixed.result import Fit
from science.mixed.spec import Spec
from science.table import Factor, Numeric, Table

REFERENCE = Path(__file__).parents[2] / "reference" / "mixed"
LIMITS = Limits()


@cache
def table(name: str) -> Table:
    types = _json("columns.json")[name]
    rows = list(csv.reader(_text(name).splitlines()))
    columns = {}
    for column, values in zip(rows[0], zip(*rows[1:], strict=True), strict=True):
        if column not in types:
            continue
        kind = types[column]["type"]
        if kind in ("factor", "ordered"):
            code = {level: number for number, level in enumerate(types[column]["levels"])}
            codes = np.array([code[value] for value in values], dtype=np.intp)
            columns[column] = Factor(codes, tuple(types[column]["levels"]), kind == "ordered")
        else:
            columns[column] = Numeric(np.array(values, dtype=np.float64))
    return Table(columns, len(rows) - 1)


def models() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = _json("reference.json")["models"]
    return found


def extras() -> dict[str, Any]:
    found: dict[str, Any] = _json("extras.json")
    return found


def question(model: dict[str, Any]) -> tuple[Table, str | None]:
    """The table of a published model with what R computed before, and the column of weights."""
    data = table(model["dataset"])
    columns = dict(data.columns)
    if model["weights"]:
        columns["w"] = Numeric(1.0 / (1.0 + columns["Days"].values))
    if model["pre"]:
        columns["nsex"] = Numeric((columns["Sex"].codes == 0) * 1.0)
        columns["nsexage"] = Numeric(columns["nsex"].values * columns["age"].values)
    data = Table(columns, data.rows)
    if model["subset"]:
        data = data.take(np.flatnonzero(columns["Days"].values >= 2))
    return data, "w" if model["weights"] else None


def with_columns(data: Table, **columns: Any) -> Table:
    return Table({**data.columns, **columns}, data.rows)


def fitted(formula: str, data: Table, **options: Any) -> Fit:
    return fit(Spec(formula, **options), data, LIMITS, no_deadline())


@cache
def sleepstudy(**options: Any) -> Fit:
    return fitted("Reaction ~ Days + (Days | Subject)", table("sleepstudy"), **options)


@cache
def _json(name: str) -> Any:
    return json.loads((REFERENCE / name).read_text())


def _text(name: str) -> str:
    plain = REFERENCE / f"{name}.csv"
    return plain.read_text() if plain.exists() else gzip.decompress((REFERENCE / f"{name}.csv.gz").read_bytes()).decode()
