"""The stack under a forecast: a cell for each step and level, filled where the value it stands on is itself a forecast."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log
from typing import Any

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from plots.canvas import INK, LINE, ORANGE, SOFT, short

LEVEL_HEIGHT = 0.34  # inches of a row
SHOWN = 60  # steps
NUMBERED = 36  # steps, beyond which a cell has no room for a number
PALEST = 0.28  # of a fill: a depth of 1
ONLY = 0.55  # of a fill where there is no deeper one
LIGHT_FROM = 0.87  # of a fill: the number on it is white, with a contrast above 3
GAP = 0.06  # of a cell


def draw_stack(ax: Axes, rows: Sequence[Mapping[str, Any]]) -> None:
    """Draw the stack of the first steps; the level that is undone last, y itself, is the lowest row."""
    shown = rows[:SHOWN]
    levels = shown[0]["stack"]["levels"]
    deepest = max(level["depth"] for row in shown for level in row["stack"]["levels"])
    for row in shown:
        for place, level in enumerate(row["stack"]["levels"]):
            _cell(ax, row["h"], place, level["depth"], deepest, numbered=len(shown) <= NUMBERED)
    ax.set_xlim(0.5, len(shown) + 0.5)
    ax.set_ylim(len(levels) - 0.5, -0.5)
    ax.set_yticks(range(len(levels)), [_label(level) for level in levels])
    ax.set_xticks(_steps(len(shown)))
    ax.tick_params(length=0, labelsize=8.5)
    ax.tick_params(axis="y", labelcolor=INK)
    ax.spines[:].set_visible(False)
    more = f", the first {SHOWN} of {len(rows)}" if len(rows) > SHOWN else ""
    ax.set_xlabel(f"Steps ahead{more}", color=SOFT, fontsize=9)
    ax.set_title(
        "What each step stands on: blank is a real value, filled is a forecast, and how many deep",
        loc="left", fontsize=9.5, color=INK, pad=6,
    )  # fmt: skip


def _cell(ax: Axes, h: int, place: int, depth: int, deepest: int, *, numbered: bool) -> None:
    corner, side = (h - 0.5 + GAP / 2, place - 0.5 + GAP), 1 - GAP
    fill: dict[str, Any] = {"facecolor": "white", "edgecolor": LINE, "linewidth": 0.8}
    if depth:
        fill = {"facecolor": ORANGE, "alpha": _strength(depth, deepest), "linewidth": 0}
    ax.add_patch(Rectangle(corner, side, 1 - 2 * GAP, **fill))
    if depth and numbered:
        light = _strength(depth, deepest) > LIGHT_FROM
        ax.text(h, place, str(depth), ha="center", va="center", fontsize=8, color="white" if light else INK)


def _strength(depth: int, deepest: int) -> float:
    """How dark a depth is: by its logarithm, so that the first forecast shows and the hundredth differs from the tenth."""
    return ONLY if deepest == 1 else PALEST + (1 - PALEST) * log(depth) / log(deepest)


def _label(level: Mapping[str, Any]) -> str:
    of = "y" if level["of"] == "y" else short(level["of"], 20)
    return f"{of}, {level['lag']} earlier"


def _steps(count: int) -> list[int]:
    every = next(every for every in (1, 2, 3, 6, 12) if count / every <= 24 or every == 12)
    return [step for step in range(1, count + 1) if step == 1 or step % every == 0]
