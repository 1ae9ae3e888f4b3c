"""The left side of a formula over rows that were not fitted: what predictions of them are compared with."""

from __future__ import annotations

import numpy as np

from science.design.evaluate import numbers
from science.design.frame import Frame
from science.design.functions import FUNCTIONS
from science.design.values import of_length
from science.formula import parse
from science.limits import Limits
from science.table import FloatArray, Table


def response_of(formula: str, table: Table, limits: Limits) -> FloatArray:
    """Compute a formula's numeric response: (n,), NaN where it is missing or not finite. Raises FormulaError."""
    tree = parse(formula, limits)
    assert tree.response is not None  # whoever fitted it has checked
    frame = Frame(table, formula, limits, FUNCTIONS)
    with np.errstate(all="ignore"):
        value = of_length(numbers(tree.response, frame), table.rows)
    unknown = ~np.isfinite(value.values) if value.missing is None else value.missing | ~np.isfinite(value.values)
    return np.where(unknown, np.nan, value.values)
