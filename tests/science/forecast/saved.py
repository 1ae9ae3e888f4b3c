"""The saved series and reference numbers that these tests compare with."""

import csv
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).parents[2] / "reference" / "forecast"


@cache
def series(name: str) -> np.ndarray:
    """Read the values of a saved series; a missing one is NaN."""
    with (FOLDER / f"{name}.csv").open() as file:
        return np.array([float(row["y"]) if row["y"] not in ("NA", "") else np.nan for row in csv.DictReader(file)])


@cache
def reference(name: str) -> dict[str, Any]:
    """Read a block of R's numbers (reference.json)."""
    return json.loads((FOLDER / "reference.json").read_text())[name]


@cache
def stacking() -> dict[str, Any]:
    """Read the derived stacks of differences (stacking_reference.json)."""
    return json.loads((FOLDER / "stacking_reference.json").read_text())
