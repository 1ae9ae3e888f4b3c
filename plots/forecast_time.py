"""The time axis: few labels, at the beginnings of years, months or days where the timestamps tell them."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

Stamp = str | int | float

# A way to write timestamps, how those at a beginning end, and what of them is the label: the coarsest first.
BEGINNINGS = (
    (re.compile(r"(\d{4})-?[Qq]1"), 1),
    (re.compile(r"(\d{4})-01"), 1),
    (re.compile(r"(\d{4})-01-(?:01|31)"), 1),
    (re.compile(r"(\d{4}-\d\d)-(?:01|28|29|30|31)"), 1),
    (re.compile(r"(\d{4}-\d\d-01)[T ]00:00(?::00)?(?:Z|[+-][\d:]+)?"), 1),
    (re.compile(r"(\d{4}-\d\d-\d\d)[T ]00:00(?::00)?(?:Z|[+-][\d:]+)?"), 1),
)
FEWEST = 3  # labels that make a beginning worth marking


def mark_time(ax: Axes, stamps: Sequence[Stamp], most: int) -> None:
    """Label an axis whose values are the places of the timestamps, at most `most` of them."""
    places, labels = ticks(stamps, most)
    ax.set_xticks(places, labels)


def ticks(stamps: Sequence[Stamp], most: int) -> tuple[list[float], list[str]]:
    """Choose places and their labels."""
    if not isinstance(stamps[0], str):
        return _of_numbers([float(stamp) for stamp in stamps], most)
    texts = [str(stamp) for stamp in stamps]
    for pattern, group in BEGINNINGS:
        found = [(float(at), match[group]) for at, text in enumerate(texts) if (match := pattern.fullmatch(text))]
        if len(found) >= FEWEST:
            return _thinned(found, most)
    evenly = range(0, len(texts), max(1, -(-len(texts) // min(most, 5))))
    return [float(at) for at in evenly], [texts[at].replace("T", " ") for at in evenly]


def _thinned(found: Sequence[tuple[float, str]], most: int) -> tuple[list[float], list[str]]:
    kept = found[:: max(1, -(-len(found) // most))]
    return [at for at, _ in kept], [label for _, label in kept]


def _of_numbers(values: Sequence[float], most: int) -> tuple[list[float], list[str]]:
    """Round numbers, placed between the timestamps: 1960 is a year where these are 1959.92, 1960, 1960.08."""
    if len(values) < 2:
        return [0.0], [f"{values[0]:g}"]
    rounds = MaxNLocator(nbins=most, steps=[1, 2, 5, 10], integer=True).tick_values(values[0], values[-1])
    if len([value for value in rounds if values[0] <= value <= values[-1]]) < FEWEST:
        rounds = MaxNLocator(nbins=most).tick_values(values[0], values[-1])
    inside = [value for value in rounds if values[0] <= value <= values[-1]]
    places = np.interp(inside, values, np.arange(len(values)))
    return places.tolist(), [f"{value:.10g}" for value in inside]
