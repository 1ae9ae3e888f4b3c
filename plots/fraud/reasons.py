"""Which columns move the scores of the strangest payments. Imports matplotlib."""

from __future__ import annotations

from typing import Any

import numpy as np

from plots.canvas import BLUE, LINE, ORANGE, SOFT, Drawing, name, sheet, short

SHOWN = 12  # columns: fewer than an eye can read, more than matter


def figure(answer: dict[str, Any], picture: dict[str, Any]) -> Drawing:
    """Draw the mean shares of the columns in the energy, the largest first, and the rest together."""
    sheet_, (ax,) = sheet(1)
    reasons = sorted(answer["reasons"], key=lambda each: -each["share"])
    first, rest = reasons[:SHOWN], reasons[SHOWN:]
    labels = [short(str(each["column"]), 24) for each in first]
    shares = [float(each["share"]) for each in first]
    if rest:
        labels.append(f"{len(rest)} others")
        shares.append(sum(float(each["share"]) for each in rest))
    places = np.arange(len(labels))[::-1]
    ax.barh(places, shares, color=[BLUE] * len(first) + [LINE] * bool(rest), height=0.7)
    ax.set_yticks(places, labels)
    for place, share in zip(places, shares, strict=True):
        at = (max(share, 0.0), place)
        ax.annotate(f"{share:.0%}", at, (4, 0), textcoords="offset points", va="center", fontsize=9, color=SOFT)
    ax.axvline(0, color=ORANGE if min(shares) < 0 else LINE, linewidth=0.9)
    ax.margins(x=0.08)
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    name(ax, "What makes the strangest payments strange", "Mean share of the energy", "")
    told = f"Reasons of {picture['name']}, version {picture['version']}"
    named = ", ".join(f"{label} {share:.0%}" for label, share in zip(labels, shares, strict=True))
    return Drawing(sheet_, told, f"{told}: {named}.")
