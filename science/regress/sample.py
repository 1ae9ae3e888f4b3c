"""Rows made ready for the kernel: weighted, and each column scaled by a power of two so that nothing overflows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from science.design.extended import Extended, add, multiply, negative, subtract
from science.table import FloatArray, IntArray

MOST_EXPONENT = 1000  # 2**e is a double; multiplying by it is exact and 5 times faster than ldexp
TINY = np.finfo(np.float64).tiny


@dataclass(frozen=True)
class Sample:
    """The rows of [X y]. `columns * 2**exponents` are the numbers themselves, `low` what their rounding lost."""

    columns: FloatArray  # (n, p + 1) in Fortran order, the largest of each column in [0.5, 1)
    low: FloatArray | None  # (n, p + 1), of the same scale
    exponents: IntArray  # (p + 1,)
    log_weights: float = 0.0  # sum of log(w), which the likelihood needs

    def __len__(self) -> int:
        return len(self.columns)

    def block(self, start: int, stop: int) -> Sample:
        """Return rows start to stop. Their share of log_weights is left out: it is counted once, for the whole."""
        if start == 0 and stop >= len(self):
            return self
        low = None if self.low is None else self.low[start:stop]
        return Sample(self.columns[start:stop], low, self.exponents)


def sample_of(
    X: FloatArray,
    y: FloatArray,
    *,
    X_low: FloatArray | None = None,
    offset: FloatArray | None = None,
    weights: FloatArray | None = None,
) -> Sample:
    """Scale the columns of [X y - offset] and multiply the rows by sqrt(weights), all of which are positive.

    X: (n, p). X_low, where given, is what rounding took from X. Nothing is rounded here that is not kept in `low`.
    """
    p = X.shape[1]
    response = Extended(y, None) if offset is None else _difference(y, offset)
    columns = np.empty((len(X), p + 1), order="F")
    columns[:, :p] = X
    columns[:, p] = response.values
    low = None
    if X_low is not None or response.low is not None:
        low = np.zeros((len(X), p + 1), order="F")
        low[:, :p] = 0.0 if X_low is None else X_low
        low[:, p] = 0.0 if response.low is None else response.low
    exponents = _exponents(columns)
    low = None if low is None else scaled(low, -exponents, out=low)
    sample = Sample(scaled(columns, -exponents, out=columns), low, exponents)
    return sample if weights is None else _weighted(sample, weights)


def scaled(columns: FloatArray, exponents: IntArray, out: FloatArray | None = None) -> FloatArray:
    """Multiply the columns by 2**exponents, exactly unless they leave double's range."""
    if max(map(abs, exponents.tolist())) > MOST_EXPONENT:
        return np.ldexp(columns, exponents, out=out)
    return np.multiply(columns, np.ldexp(1.0, exponents), out=out)


def _difference(y: FloatArray, offset: FloatArray) -> Extended:
    return add(Extended(y, None), negative(Extended(offset, None)))


def _weighted(sample: Sample, weights: FloatArray) -> Sample:
    root, half = _root(weights)
    columns, low = multiply(root, Extended(sample.columns, sample.low))
    shift = _exponents(columns)
    low = None if low is None else scaled(low, -shift, out=low)
    exponents = np.where(columns.any(axis=0), sample.exponents + shift + half, 0)
    return Sample(scaled(columns, -shift, out=columns), low, exponents, float(np.log(weights).sum()))


def _root(weights: FloatArray) -> tuple[Extended, int]:
    """Return sqrt(weights) * 2**-half as a column, the largest about 1; sizes are taken out first, lest they are lost."""
    mantissas, exponents = np.frexp(weights)
    odd = exponents & 1
    halves = (exponents - odd) // 2
    half = int(halves.max())
    values, low = _square_root(np.ldexp(mantissas, odd)[:, None])
    size = np.ldexp(1.0, halves - half)[:, None]
    return Extended(values * size, None if low is None else low * size), half


def _square_root(a: FloatArray) -> Extended:
    root = Extended(np.sqrt(a), None)
    rest = subtract(Extended(a, None), multiply(root, root)).values
    return Extended(root.values, rest / (2.0 * np.maximum(root.values, TINY)))


def _exponents(columns: FloatArray) -> IntArray:
    largest = np.maximum(np.maximum.reduce(columns), -np.minimum.reduce(columns))
    exponents: IntArray = np.frexp(largest)[1].astype(np.intp)
    return exponents
