"""Print, as JSON, how often each of these models' estimate is what it costs here, in units of the smallest one: `python -m ...`

In a process of its own, with one BLAS thread as in the service: two that wait for each other count as two that work.
"""

from __future__ import annotations

import json
import time
from functools import cache

import numpy as np

from kinds.mixed import MixedSpec, answer
from kinds.mixed_cost import mixed_seconds
from kinds.shape import shape_of
from science.deadline import no_deadline
from science.limits import Limits
from science.table import Factor, Numeric, Table
from tests.science.mixed.data import table

LIMITS = Limits()
UNIT = MixedSpec(formula="Reaction ~ Days + (Days | Subject)")
ASSAY = "logDens ~ 1 + sample * dilut + (1 | Block) + (1 | Block:sample) + (1 | Block:dilut)"
HSB82 = "mAch ~ meanses * cses + sector * cses + (cses | school)"
CBPP = "cbind(incidence, size - incidence) ~ period + (1 | herd)"
GROUSE = "TICKS ~ YEAR + cHEIGHT + (1 | BROOD) + (1 | INDEX) + (1 | LOCATION)"
CROSSED = "y ~ x + (1 | g) + (1 | h)"
CASES = [
    ("sleepstudy", UNIT.formula, {"intervals": "profile"}),
    ("sleepstudy", UNIT.formula, {"intervals": "bootstrap", "samples": 50}),
    ("sleepstudy", UNIT.formula, {"f_tests": True, "df": "kenward-roger"}),
    ("Penicillin", "diameter ~ 1 + (1 | plate) + (1 | sample)", {}),
    ("Pastes", "strength ~ 1 + (1 | batch/cask)", {"intervals": "bootstrap", "samples": 50}),
    ("cake", "angle ~ recipe * temperature + (1 | recipe:replicate)", {"intervals": "profile"}),
    ("Assay", ASSAY, {"f_tests": True}),
    ("Assay", ASSAY, {"intervals": "profile"}),
    ("Hsb82", HSB82, {}),
    ("Hsb82", HSB82, {"f_tests": True}),
    ("Hsb82", HSB82, {"intervals": "bootstrap", "samples": 20}),
    ("Chem97", "score ~ 1 + gcsecnt + (1 | school) + (1 | lea)", {}),
    ("made", CROSSED, {"df": "kenward-roger"}),
    ("made", CROSSED, {"f_tests": True, "df": "kenward-roger"}),
    ("cbpp", CBPP, {"family": "binomial", "intervals": "profile"}),
    ("cbpp", CBPP, {"family": "binomial", "quadrature": 9}),
    ("cbpp", CBPP + " + (1 | obs)", {"family": "binomial", "intervals": "bootstrap", "samples": 10}),
    ("grouseticks", GROUSE, {"family": "poisson"}),
    ("made", "b ~ x + (1 | g)", {"family": "binomial"}),
    ("made", "b ~ x + (1 | g) + (1 | h)", {"family": "binomial"}),
]


@cache
def data(name: str) -> Table:
    return made() if name == "made" else table(name)


def made(rows: int = 5_000) -> Table:
    rng = np.random.default_rng(0)
    g, h, x = rng.integers(0, 500, rows), rng.integers(0, 60, rows), rng.normal(size=rows)
    y = x + rng.normal(size=500)[g] + rng.normal(size=60)[h] + rng.normal(size=rows)
    factors = {name: Factor(codes, tuple(f"{name}{i}" for i in range(codes.max() + 1))) for name, codes in (("g", g), ("h", h))}
    return Table({"y": Numeric(y), "b": Numeric((y > 0.0) * 1.0), "x": Numeric(x), **factors}, rows)


def processor(asked: MixedSpec, rows: Table, times: int) -> float:
    return min(_once(asked, rows) for _ in range(times))


def _once(asked: MixedSpec, rows: Table) -> float:
    started = time.process_time()
    answer(asked, {"data": rows}, LIMITS, no_deadline())
    return time.process_time() - started


def estimated(asked: MixedSpec, rows: Table) -> float:
    return mixed_seconds(asked, {"data": shape_of(rows)}, LIMITS)


def ratios() -> list[float]:
    unit = data("sleepstudy")
    slowness = processor(UNIT, unit, 20) / estimated(UNIT, unit)  # of this core, beside that of the estimates
    asked = [(MixedSpec(formula=formula, **beside), data(name)) for name, formula, beside in CASES]
    return [estimated(one, rows) * slowness / processor(one, rows, 2) for one, rows in asked]


if __name__ == "__main__":
    print(json.dumps(ratios()))
