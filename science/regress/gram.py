"""Cross-products without any rounding: [X y]'[X y] in whole numbers, a monoid whose merge is exactly associative.

Each column is cut into slices so short that a product of slices, summed over the rows, is a whole number below 2**53:
then BLAS multiplies them exactly, in whatever order it likes (Ozaki, Ogita, Oishi and Rump 2012).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from science.regress.decimals import Decimals, decimals_of
from science.regress.sample import Sample, scaled
from science.table import FloatArray, IntArray

MANTISSA = 53
SLICES = 8  # of 20 bits or more: the double, what its rounding lost, and 50 bits between the largest and the smallest
# If each column's squares add up to less, no product or partial sum, of two columns either (Cauchy and Schwarz), was rounded.
LARGEST_SUM = 2.0**53 - 2**14  # had a sum passed 2**53, the rounding of 2**13 rows could not have taken it back below
LARGEST_WHOLE = 2.0**62  # whole numbers of 64 bits hold a larger sum; that they wrap around in between does no harm
FEW_PRODUCTS = 20_000  # NumPy multiplies whole numbers without BLAS
LEAST_EXPONENT = -900  # below it the numbers themselves, not scaled, may have lost bits: 2**-1074 is the least of all
Integers = npt.NDArray[np.object_]
WHOLE = np.frompyfunc(int, 1, 1)


@dataclass(frozen=True)
class Gram:
    """Whole numbers: the cross-products of columns in units of 2**two / 10**ten, one unit per column."""

    sums: Integers  # (p + 1, p + 1)
    two: tuple[int, ...]
    ten: tuple[int, ...]


def gram_of(sample: Sample) -> Gram:
    """Return the cross-products of a block of rows, at most 2**13 of them.

    Columns without a low part count as the decimals they were written as, where 15 digits are enough.
    """
    width = (MANTISSA - (len(sample) - 1).bit_length()) // 2
    values = scaled(sample.columns, sample.exponents)
    decimals = decimals_of(values)
    decimals.places[sample.exponents < LEAST_EXPONENT] = -1
    if sample.low is None and decimals.places.min() >= 0:
        products = _products(decimals.whole)
        if products is not None:
            return Gram(products.astype(object), (0,) * len(products), tuple(decimals.places.tolist()))
    columns, shifts, ten = _whole_decimals(sample, decimals, width)
    slices = _slices(columns, sample.low, width)
    two = sample.exponents + shifts - width * len(slices)
    return Gram(_sums(slices, width), tuple(two.tolist()), tuple(ten.tolist()))


def merge(a: Gram, b: Gram) -> Gram:
    """Return the cross-products of the rows of both."""
    two = tuple(map(min, a.two, b.two))
    ten = tuple(map(max, a.ten, b.ten))
    return Gram(_in_units(a, two, ten) + _in_units(b, two, ten), two, ten)


def whole_numbers(numbers: FloatArray) -> Integers:
    """Cut doubles of any size to Python's whole numbers."""
    return np.asarray(WHOLE(numbers))


def _products(whole: FloatArray) -> npt.NDArray[np.int64] | None:
    """Multiply columns of whole numbers exactly, or give None where that takes slices."""
    products = whole.T @ whole
    largest = float(products.diagonal().max())
    if largest <= LARGEST_SUM:
        return products.astype(np.int64)
    if largest <= LARGEST_WHOLE and products.size * len(whole) <= FEW_PRODUCTS:
        numbers = whole.astype(np.int64)
        return numbers.T @ numbers
    return None


def _whole_decimals(sample: Sample, decimals: Decimals, width: int) -> tuple[FloatArray, IntArray, IntArray]:
    """Return columns below 1 in size, the exponents of two to add to the sample's, and the decimal places."""
    decimal = decimals.places >= 0
    if sample.low is not None:
        rounded = sample.low.any(axis=0)
        rounded[:-1] |= rounded[:-1].any()  # powers of a column have to stay powers of the same column
        decimal &= ~rounded
    bits = np.frexp(decimals.largest)[1]
    bits += -bits % width
    columns = np.where(decimal, scaled(decimals.whole, -bits), sample.columns)
    return columns, np.where(decimal, bits - sample.exponents, 0), np.where(decimal, decimals.places, 0)


def _slices(columns: FloatArray, low: FloatArray | None, width: int) -> list[FloatArray]:
    """Cut numbers below 1 in size into whole numbers of `width` bits, the most significant first."""
    step = float(1 << width)
    slices: list[FloatArray] = []
    rest, rest_low = columns * step, None if low is None else low * step
    while len(slices) < SLICES:
        whole = np.rint(rest)
        rest = (rest - whole) * step
        if rest_low is not None:
            whole_low = np.rint(rest_low)
            whole += whole_low
            rest_low = (rest_low - whole_low) * step
        slices.append(whole)
        if not rest.any() and (rest_low is None or not rest_low.any()):
            break
    return slices


def _sums(slices: list[FloatArray], width: int) -> Integers:
    count, q = len(slices), slices[0].shape[1]
    side = slices[0] if count == 1 else np.hstack(slices)
    products = (side.T @ side).astype(np.int64)
    if count == 1:
        return products.astype(object)
    tiles = products.reshape(count, q, count, q)
    sums = np.zeros((q, q), dtype=object)
    for weight in range(2 * count - 1):
        pairs = range(max(0, weight - count + 1), min(weight, count - 1) + 1)
        level = sum(tiles[i, :, weight - i, :] for i in pairs)
        sums = (sums << width) + np.asarray(level).astype(object)
    return sums


def _in_units(gram: Gram, two: tuple[int, ...], ten: tuple[int, ...]) -> Integers:
    factors = [(1 << (a - b)) * 10 ** (d - c) for a, b, c, d in zip(gram.two, two, gram.ten, ten, strict=True)]
    if all(factor == 1 for factor in factors):
        return gram.sums
    column = np.array(factors, dtype=object)
    sums: Integers = gram.sums * column * column[:, None]
    return sums
