"""The effects of the groups: conditional modes with intervals, sorted, one panel per term. Imports matplotlib."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from errors import NotFound
from plots.canvas import BLUE, INK, SOFT, Drawing, sheet, short
from plots.points import FloatArray

PANELS = 4
LEVELS = 600  # drawn in one panel, one per pixel; of more, ranks taken evenly
LABELLED = 60  # levels named in a panel that has the whole height
ROW = 0.148  # inches from label to label
LOWEST, HIGHEST = 2.6, 9.0  # inches of a row of panels
LETTERS = 44  # of level names, over the panels beside each other


@dataclass(frozen=True)
class Panel:
    """One term over the levels of its group: arrays (m,), smallest estimate first."""

    group: str
    term: str
    levels: tuple[str, ...]
    estimate: FloatArray
    half: FloatArray  # of the interval
    total: int  # levels there are


def figure(answer: dict[str, Any], picture: dict[str, Any]) -> Drawing:
    """Draw the conditional modes with their conditional intervals, at most four terms."""
    panels = _panels(answer)
    if not panels:
        raise NotFound("this result has no effects of groups to draw")
    shown = panels[:PANELS]
    columns = len(shown) if len(shown) < PANELS else 2
    rows = len(shown) // columns
    labels = LABELLED // rows
    most = min(max(len(panel.levels) for panel in shown), labels)
    height = min(max(ROW * most + 1.0, LOWEST), HIGHEST / rows)
    sheet_, axes = sheet(len(shown), columns=columns, height=rows * height + 0.3)
    for ax, panel in zip(axes, shown, strict=True):
        _caterpillar(ax, panel, labels, LETTERS // columns)
    sheet_.supxlabel(_caption(answer, panels), fontsize=9, color=SOFT)
    return Drawing(sheet_, short(f"Effects: {answer['formula']}", 200), _described(answer, shown))


def _panels(answer: dict[str, Any]) -> list[Panel]:
    quantile = NormalDist().inv_cdf(0.5 + answer["level"] / 2)
    rows: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in answer["effects"]:
        if row["estimate"] is not None:
            rows.setdefault((row["group"], row["term"]), []).append(row)
    return [_panel(group, term, found, quantile) for (group, term), found in rows.items()]


def _panel(group: str, term: str, rows: list[dict[str, Any]], quantile: float) -> Panel:
    estimate = np.array([row["estimate"] for row in rows], dtype=float)
    half = quantile * np.array([row["std_error"] or 0.0 for row in rows])
    order = np.argsort(estimate, kind="stable")
    ranks = np.unique(np.linspace(0, len(order) - 1, min(len(order), LEVELS)).round().astype(np.intp))
    kept = order[ranks]
    return Panel(group, term, tuple(rows[at]["level"] for at in kept), estimate[kept], half[kept], len(rows))


def _caterpillar(ax: Axes, panel: Panel, labels: int, letters: int) -> None:
    count = len(panel.levels)
    places = np.arange(count, dtype=float)
    few = count <= LABELLED
    ax.axvline(0, color=SOFT, linewidth=0.9, linestyle=(0, (4, 3)))
    ax.plot(
        *_segments(panel, places), color=BLUE, linewidth=1.6 if few else 0.8, alpha=0.85 if few else 0.4, solid_capstyle="butt"
    )
    if count <= LEVELS // 3:
        ax.plot(panel.estimate, places, linestyle="", marker="o", markersize=4.5 if few else 2.2, markeredgewidth=0, color=BLUE)
    else:
        ax.plot(panel.estimate, places, color=BLUE, linewidth=1.8)
    step = -(-count // labels)
    ax.set_yticks(places[::step], [short(level, letters) for level in panel.levels[::step]], fontsize=8)
    ax.set_ylim(-1, count)
    if not (panel.half.any() or panel.estimate.any()):
        ax.set_xlim(-1, 1)  # nothing varies
    ax.grid(axis="x", color="#ece8e0", linewidth=0.7)
    ax.set_axisbelow(True)
    ax.set_title(short(panel.term, letters + 6), loc="left", fontsize=11, color=INK, fontweight="bold", pad=10)
    ax.set_xlabel(short(f"over {panel.total:,} levels of {panel.group}", letters + 20), color=SOFT, fontsize=9)


def _segments(panel: Panel, places: FloatArray) -> tuple[FloatArray, FloatArray]:
    """All intervals as one line with gaps: one path, however many there are."""
    gap = np.full_like(places, np.nan)
    x = np.column_stack((panel.estimate - panel.half, panel.estimate + panel.half, gap)).ravel()
    return x, np.column_stack((places, places, gap)).ravel()


def _caption(answer: dict[str, Any], panels: list[Panel]) -> str:
    told = f"Conditional modes with {100 * answer['level']:g} % intervals, sorted"
    if any(panel.total > len(panel.levels) for panel in panels[:PANELS]):
        told += f"; of more than {LEVELS} levels, {LEVELS} taken evenly"
    return told + (f"; {PANELS} of {len(panels)} terms" if len(panels) > PANELS else "")


def _described(answer: dict[str, Any], panels: list[Panel]) -> str:
    told = "; ".join(
        f"{panel.term} over {panel.group}, from {panel.estimate[0]:.4g} ({panel.levels[0]}) to {panel.estimate[-1]:.4g} "
        f"({panel.levels[-1]})"
        for panel in panels
    )
    return short(f"Conditional modes of the groups with {100 * answer['level']:g} % intervals, sorted. {told}.", 600)
