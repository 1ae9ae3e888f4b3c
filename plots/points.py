"""The numbers of a picture, read as they were kept."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

STEPS = 2**16 - 1  # between the ends: one for each pixel of a picture ten times as wide as a page


def numbers(kept: Any) -> FloatArray:
    """Read a list of numbers, or what kinds/presenting.py makes of a long one: its ends, and whole steps between them."""
    if not isinstance(kept, Mapping):
        return np.array(kept, dtype=float)
    steps = np.frombuffer(b64decode(kept["steps"]), dtype="<u2")
    low, high = kept["low"], kept["high"]
    return np.asarray(low + (high - low) * (steps / STEPS))
