"""Which columns of a triangular factor say something new, decided as R's dqrdc2 does: the earlier column stays."""

from __future__ import annotations

import numpy as np

from science.table import FloatArray, IntArray

RANK_TOLERANCE = 1e-11  # of what is left of a column to the whole of it; NIST Filip needs < 2e-10, rounding leaves 1e-15
TOO_CLOSE = "some columns differ by less than double precision can tell; leave one of them out"


def independent(R: FloatArray) -> tuple[IntArray, FloatArray]:
    """Return the kept columns of X and the triangular factor of those and y.

    R: (p + 1, p + 1), upper triangular, of [X y]. A column whose part orthogonal to the kept ones before it is
    shorter than RANK_TOLERANCE times the column is left out; the scale of a column does not matter.
    """
    lengths = np.sqrt(np.einsum("ij,ij->j", R, R))[:-1]
    if (np.abs(R.diagonal()[:-1]) > RANK_TOLERANCE * lengths).all():
        return np.arange(len(lengths)), R
    return _with_limited_pivoting(R, lengths)


def _with_limited_pivoting(R: FloatArray, lengths: FloatArray) -> tuple[IntArray, FloatArray]:
    """Leave out dependent columns. Column j has nothing below row j, so a reflection is as high as columns were left out."""
    work = R.copy()
    kept: list[int] = []
    for column, length in enumerate(lengths):
        row = len(kept)
        if np.linalg.norm(work[row : column + 1, column]) > RANK_TOLERANCE * length:
            if row < column:
                _reflect(work[row : column + 1, column:])
            kept.append(column)
    last = work[len(kept) :, -1]
    last[0], last[1:] = np.linalg.norm(last), 0.0
    order = [*kept, len(lengths)]
    return np.array(kept, dtype=np.intp), work[: len(order), order]


def _reflect(part: FloatArray) -> None:
    """Turn the first column of `part` onto its first axis by a Householder reflection, in place."""
    v = part[:, 0].copy()
    v[0] += np.copysign(np.linalg.norm(v), v[0])
    v /= np.linalg.norm(v)
    part -= np.outer(2.0 * v, v @ part)
    part[1:, 0] = 0.0
