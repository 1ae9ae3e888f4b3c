"""Read a CSV file whose factors are marked in the header by a trailing `*`."""

from __future__ import annotations

import csv
from collections.abc import Iterator

import numpy as np


def marked_columns(path: str) -> Iterator[tuple[str, bool, list[str] | np.ndarray]]:
    """Yield name, whether it is a factor, and its texts or numbers."""
    with open(path, newline="") as file:
        header, *rows = csv.reader(file)
    for name, values in zip(header, zip(*rows, strict=True), strict=True):
        if name.endswith("*"):
            yield name[:-1], True, list(values)
        else:
            yield name, False, np.array(values, dtype=np.float64)
