"""How risk scores are spread: of legitimate payments and frauds held back, and of those seen since. Imports matplotlib."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from errors import NotFound
from plots.canvas import BLUE, INK, ORANGE, SOFT, Drawing, name, sheet
from plots.points import FloatArray

LEVELS = {50.0: "elevated", 75.0: "high"}
POINTS = 2.0  # of the risk score, in a bin
LEAST = 1e-5  # share shown: below it is less than one payment of most holdouts


def figure(answer: dict[str, Any], picture: dict[str, Any]) -> Drawing:
    """Draw the share of payments in each two points of the score, on a logarithmic axis, for most are low and few matter."""
    outcomes = picture["outcomes"]
    if outcomes is None and not sum(picture["seen"]):
        raise NotFound("nothing is labelled and no payment was scored under an id yet, so there is nothing to draw")
    sheet_, (ax,) = sheet(1)
    starts = np.arange(0.0, 100.0, POINTS)
    if outcomes is not None:
        _steps(ax, starts, _shares(outcomes["legitimate"]), BLUE, "legitimate, held back", filled=True)
        _steps(ax, starts, _shares(outcomes["fraud"]), ORANGE, "fraud, held back", filled=True)
    if sum(picture["seen"]):
        _steps(ax, starts, _shares(picture["seen"]), INK, "scored since", filled=False)
    promised = 10 ** (-starts / 25) - 10 ** (-(starts + POINTS) / 25)
    ax.plot(starts + POINTS / 2, promised, color=SOFT, linewidth=1, linestyle=(0, (2, 3)), label="promised of legitimate")
    for at, level in LEVELS.items():
        ax.axvline(at, color=SOFT, linewidth=0.9, linestyle=(0, (4, 3)))
        ax.annotate(
            level, (at, 1.0), (4, -2), xycoords=("data", "axes fraction"), textcoords="offset points", color=SOFT, va="top"
        )
    ax.set_yscale("log")
    ax.minorticks_off()
    ax.yaxis.set_major_formatter(lambda value, _: f"{100 * value:g} %")
    ax.set_xlim(0, 100)
    ax.set_ylim(LEAST, 1)
    ax.legend(frameon=False, fontsize=9, labelcolor=SOFT, loc="upper center", ncols=2, bbox_to_anchor=(0.5, -0.16))
    name(ax, "Risk scores", "Risk score", "Share of payments")
    told = f"Risk scores of {picture['name']}, version {picture['version']}"
    return Drawing(sheet_, told, f"{told}: the share of payments in every two points, of legitimate ones and of frauds.")


def _shares(counts: list[float]) -> FloatArray:
    values = np.array(counts, dtype=float)
    return np.asarray(values / max(float(values.sum()), 1e-300))


def _steps(ax: Axes, starts: FloatArray, shares: FloatArray, color: str, label: str, *, filled: bool) -> None:
    edges = np.append(starts, 100.0)
    shown = np.maximum(shares, LEAST / 10)
    if filled:
        ax.stairs(shown, edges, color=color, alpha=0.35, fill=True, baseline=LEAST / 10)
    ax.stairs(shown, edges, color=color, linewidth=1.6, label=label, baseline=LEAST / 10)
