"""Small tables for the tests of formulas and designs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from science.limits import Limits
from science.table import Factor, Table, table_of_columns

LIMITS = Limits()
REFERENCE: dict[str, Any] = json.loads((Path(__file__).parents[2] / "reference" / "formulas.json").read_text())


def reference_table(part: str) -> Table:
    """The data that formulas.R used ("data"), or the new rows ("new"), with its one ordered factor."""
    columns = REFERENCE[part]
    plain = table_of_columns({name: values for name, values in columns.items() if name not in REFERENCE["ordered"]}, LIMITS)
    ordered = {
        name: Factor(np.array([levels.index(value) for value in columns[name]]), tuple(levels), ordered=True)
        for name, levels in REFERENCE["ordered"].items()
    }
    return Table({**plain.columns, **ordered}, plain.rows)


def small_table() -> Table:
    """Six rows: y and x numbers, w with a missing one, g and h texts, flag true or false."""
    return table_of_columns(
        {
            "y": [1.0, 3.0, 2.0, 5.0, 4.0, 6.0],
            "x": [1.0, 2.0, 4.0, 3.0, 6.0, 5.0],
            "w": [2.0, None, 1.0, 3.0, 5.0, 4.0],
            "g": ["a", "b", "c", "a", "b", "c"],
            "h": ["u", "u", "v", "v", "u", "v"],
            "flag": [True, False, True, True, False, False],
            "Solar.R": [0.1, 0.2, 0.3, 0.4, 0.5, 0.7],
            "my col": [3.0, 1.0, 4.0, 1.0, 5.0, 9.0],
        },
        LIMITS,
    )
