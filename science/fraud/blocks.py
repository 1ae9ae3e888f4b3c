"""Rows in blocks of one size: every product has the same shape whatever the batch, so a row's digits never depend on others."""

from __future__ import annotations

import numpy as np

BLOCK = 16  # rows: a multiple of the widths of BLAS kernels; one row alone costs as much as sixteen


def blocked(Z: np.ndarray) -> np.ndarray:
    """Return Z (n, p) as (blocks, BLOCK, p), the last block filled up with zeros. C-contiguous."""
    n, p = Z.shape
    blocks = -(-n // BLOCK)
    if n == blocks * BLOCK:
        return np.ascontiguousarray(Z).reshape(blocks, BLOCK, p)
    filled = np.zeros((blocks * BLOCK, p), Z.dtype)
    filled[:n] = Z
    return filled.reshape(blocks, BLOCK, p)


def rows(B: np.ndarray, n: int) -> np.ndarray:
    """Return the first n rows of blocks: (blocks, BLOCK, ...) to (n, ...)."""
    return B.reshape(-1, *B.shape[2:])[:n]
