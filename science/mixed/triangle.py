"""The triangular factor of many rows."""

from __future__ import annotations

import numpy as np

from science.table import FloatArray

BLOCK_ROWS = 4096  # a block of ten columns stays in a 512 kB cache


def triangle(rows: FloatArray) -> FloatArray:
    """Return the triangular factor (m, m) of (n, m) rows, in blocks (TSQR)."""
    m = rows.shape[1]
    blocks = [np.linalg.qr(rows[first : first + BLOCK_ROWS], mode="r") for first in range(0, len(rows), BLOCK_ROWS)]
    R = blocks[0] if len(blocks) == 1 else np.linalg.qr(np.vstack(blocks), mode="r")
    return R if len(R) == m else np.vstack([R, np.zeros((m - len(R), m))])
