"""How far the data have moved, night after night. Imports matplotlib."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from errors import NotFound
from plots.canvas import BLUE, ORANGE, SOFT, Drawing, name, sheet, short

RULES = {0.1: "moderate", 0.25: "large"}
LONGEST_NAME = 24  # characters of a column's name
ROOM = 0.3  # shown at least, so that quiet nights look quiet


def figure(answer: dict[str, Any], picture: dict[str, Any]) -> Drawing:
    """Draw the index of the score and of the column that moved most, for each refit after the first."""
    nights = [night for night in reversed(answer["nights"]) if night["worst"] is not None]
    if not nights:
        raise NotFound("the model was fitted once: how far the data move is told from the second refit on")
    sheet_, (ax,) = sheet(1)
    days = [date.fromisoformat(night["date"]) for night in nights]
    places = np.arange(len(nights))
    worst = [night["worst"]["psi"] for night in nights]
    score = [np.nan if night["score"] is None else night["score"] for night in nights]
    ax.plot(places, worst, color=ORANGE, linewidth=1.6, marker="o", markersize=5, clip_on=False, label="column that moved most")
    ax.plot(places, score, color=BLUE, linewidth=1.8, marker="o", markersize=5, clip_on=False, label="score")
    for at, verdict in RULES.items():
        ax.axhline(at, color=SOFT, linewidth=0.9, linestyle=(0, (4, 3)))
        _write(ax, verdict, (len(nights) - 0.5, at), (-2, 3), "right")
    for place, night in enumerate(nights):
        _write(ax, short(night["worst"]["column"], LONGEST_NAME), (place, night["worst"]["psi"]), (0, 7), "center")
    step = max(1, len(nights) // 8)
    ax.set_xticks(places[::step], [f"{day:%d %b}" for day in days[::step]])
    ax.set_xlim(-0.5, len(nights) - 0.5)
    ax.set_ylim(0, max(ROOM, 1.2 * float(np.nanmax([*worst, *score]))))
    ax.legend(frameon=False, fontsize=9, labelcolor=SOFT, loc="upper center", ncols=2, bbox_to_anchor=(0.5, -0.16))
    name(ax, "Drift over the nights", "Refit", "Population stability index")
    told = f"Drift of {picture['name']} over {len(nights)} nights"
    return Drawing(sheet_, told, f"{told}: the stability index of the score and of the column that moved most.")


def _write(ax: Axes, text: str, place: tuple[float, float], shift: tuple[int, int], align: str) -> None:
    ax.annotate(text, place, shift, textcoords="offset points", fontsize=8, color=SOFT, ha=align)
