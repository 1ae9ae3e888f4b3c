"""Generated rows for the properties of the kernels."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from science.regress.sample import Sample, sample_of
from science.table import FloatArray

COLUMNS = 3  # of X
DECIMAL = st.integers(-99_999, 99_999).map(lambda number: number / 100)
ANY = st.floats(-1e6, 1e6, allow_subnormal=False).map(lambda number: number if abs(number) > 1e-6 else 0.0)


def blocks(least: int = 1, most: int = 6) -> st.SearchStrategy[FloatArray]:
    """Rows of [X y]: decimals, or doubles of many bits."""
    rows = st.integers(least, most)
    return rows.flatmap(
        lambda n: st.sampled_from([DECIMAL, ANY]).flatmap(lambda kind: arrays(np.float64, (n, COLUMNS + 1), elements=kind))
    )


def sample(rows: FloatArray) -> Sample:
    return sample_of(rows[:, :-1], rows[:, -1])
