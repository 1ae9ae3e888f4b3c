"""Precision against recall, along the risk score, of the payments held back. Imports matplotlib."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from errors import NotFound
from plots.canvas import BLUE, INK, SOFT, Drawing, name, sheet
from plots.points import FloatArray

MARKED = (25.0, 50.0, 75.0, 90.0)
BEHIND = {"facecolor": "white", "edgecolor": "none", "pad": 0.8}  # of words that stand on the curve
ROOM = 0.2  # of recall, for words below the line on the left


def figure(answer: dict[str, Any], picture: dict[str, Any]) -> Drawing:
    """Draw the curve, and on it the scores that people know."""
    outcomes = picture["outcomes"]
    if outcomes is None:
        raise NotFound("too few payments held back are labelled: without frauds there is neither precision nor recall")
    sheet_, (ax,) = sheet(1)
    risk = np.array(outcomes["risk"])
    caught, false = (np.cumsum(np.array(outcomes[kind])[::-1])[::-1] for kind in ("fraud", "legitimate"))
    alerts = caught + false
    shown = alerts > 0
    recall, precision = caught[shown] / caught[0], caught[shown] / alerts[shown]
    ax.plot(recall, precision, color=BLUE, linewidth=1.8, marker="o", markersize=2.5, clip_on=False, zorder=3)
    ax.plot([0.0, recall[-1]], [precision[-1]] * 2, color=BLUE, linewidth=1.2, linestyle=(0, (2, 3)))  # all of them the most
    if recall[-1] > ROOM:
        middle, shift = (recall[-1] / 2, precision[-1]), (0, 5 if precision[-1] < 0.5 else -13)
        ax.annotate(f"from {risk[shown][-1]:g}", middle, shift, textcoords="offset points", fontsize=9, color=SOFT, ha="center")
    _known(ax, risk[shown], recall, precision)
    prevalence = float(caught[0] / alerts[0])
    ax.axhline(prevalence, color=SOFT, linewidth=0.9, linestyle=(0, (4, 3)))
    ax.annotate("by chance", (0.0, prevalence), (4, 4), textcoords="offset points", fontsize=9, color=SOFT)
    ax.set_xlim(0, 1.02)
    ax.set_ylim(0, 1.02)
    average = answer["metrics"]["average_precision"]
    name(ax, f"Average precision {average:.3f}", "Recall: frauds that raise an alert", "Precision: alerts that are fraud")
    told = f"Precision and recall of {picture['name']}, version {picture['version']}"
    return Drawing(sheet_, told, f"{told}, along the risk score, on payments held back. Average precision {average:.4g}.")


def _known(ax: Axes, risk: FloatArray, recall: FloatArray, precision: FloatArray) -> None:
    """Mark the scores that people know, as far as they lie apart."""
    written: list[tuple[float, float]] = []
    for at in MARKED:
        place = int(np.argmin(np.abs(risk - at)))
        x, y = float(recall[place]), float(precision[place])
        if all(abs(x - a) + abs(y - b) > 0.06 for a, b in written):
            shift, align = _beside(x, y)
            ax.annotate(f"from {at:g}", (x, y), shift, textcoords="offset points", fontsize=9, color=INK, ha=align, bbox=BEHIND)
            ax.plot([x], [y], marker="o", markersize=6, color=BLUE, clip_on=False, zorder=4)
            written.append((x, y))


def _beside(x: float, y: float) -> tuple[tuple[int, int], str]:
    """Where a point's words leave the curve alone, which falls to the right of it, or comes from the left at the end."""
    if x > 0.9:
        return (0, 14), "center"
    return ((-6, -13), "right") if y > 0.9 else ((8, -13), "left")
