"""What a solver hands back: numbers in the scaled columns, from which every statistic follows."""

from __future__ import annotations

from dataclasses import dataclass

from science.table import FloatArray, IntArray


@dataclass(frozen=True)
class Solution:
    """A least-squares solution of `rank` columns, in the powers of two of a Sample."""

    kept: IntArray  # (rank,) columns of X that take part; the others are aliased
    root: FloatArray  # (rank, rank) upper triangular, root root' = inv(X'X)
    exponents: IntArray  # (p + 1,) of the columns of [X y]
    estimate: FloatArray  # (rank,)
    variance: FloatArray  # (rank,) diagonal of inv(X'X)
    residual_squares: float  # sum of squares about the fit
    model_squares: float  # of the fit, about the mean where there is an intercept
