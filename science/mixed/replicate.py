"""Draw new responses from a model as it is fitted, as R's simulate."""

from __future__ import annotations

import numpy as np

from errors import InvalidInput
from science.deadline import Deadline
from science.limits import Limits
from science.mixed.model import model_of
from science.mixed.simulate import simulate
from science.mixed.solve import solve
from science.mixed.spec import Spec
from science.table import FloatArray, Table


def simulated(spec: Spec, table: Table, limits: Limits, deadline: Deadline, *, seed: int, count: int) -> FloatArray:
    """Fit, and draw `count` responses (count, n) of the rows used. Equal seeds give equal responses.

    Raises InvalidInput for a family that is not gaussian, LimitExceeded for too many cells.
    """
    if spec.family != "gaussian":
        raise InvalidInput("responses are drawn from gaussian models only", field="simulate")
    limits.check("max_cells", count * table.rows, f"simulate asks for {count} x {table.rows} numbers", field="simulate")
    model = model_of(spec, table, limits)
    return simulate(model, solve(spec, model, deadline).estimate, np.random.default_rng(seed), count)
