"""The weights of the rows: a column of the data, as lm's argument `weights`."""

from __future__ import annotations

import numpy as np

from errors import InvalidInput
from science.regress.spec import Spec
from science.table import FloatArray, IntArray, Numeric, Table


def weights_of(spec: Spec, table: Table) -> FloatArray | None:
    """Return the weights of all rows of the table, or None. Raises InvalidInput unless they are numbers of at least zero."""
    if spec.weights is None:
        return None
    column = weights_column(spec.weights, table)
    if (column.values < 0).any():
        raise InvalidInput(f"the column {spec.weights} has a negative value; weights must be zero or more", field="weights")
    return column.values


def weights_column(name: str, table: Table) -> Numeric:
    """Find the column of weights. Raises InvalidInput unless it is there and holds numbers."""
    if name not in table:
        raise InvalidInput(f"there is no column {name}; weights must name a column of the data", field="weights")
    column = table[name]
    if not isinstance(column, Numeric):
        raise InvalidInput(f"the column {name} holds no numbers; weights must be numbers", field="weights")
    return column


def rows_with_weight(weights: FloatArray | None) -> IntArray | None:
    """Return the rows that count, or None where all do. Raises InvalidInput where none does."""
    if weights is None or weights.all():
        return None
    if not weights.any():
        raise InvalidInput("the weights are zero in every row used; at least one must be above zero", field="weights")
    return np.flatnonzero(weights)
