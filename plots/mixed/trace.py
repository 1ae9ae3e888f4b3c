"""The way a method took: variances and the criterion, step by step. Imports matplotlib."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from errors import NotFound
from plots.canvas import BLUE, INK, ORANGE, Drawing, short
from plots.mixed.grid import entitle, frame, grid
from plots.points import FloatArray

PANELS = 9
LONG = 60  # steps, beyond which the first ones would be squeezed into the edge
DOTTED = 40  # steps that are marked one by one
ROW = 1.75  # inches
FAR = 4.0  # times the range of the later steps: a start further off would leave them no room
SETTLED = 8  # steps from which on a far start is left out
NOTHING = 1e-9  # of the largest value: a variance this small is zero
LABEL: dict[str, Any] = {
    "ha": "right",
    "va": "bottom",
    "fontsize": 8,
    "color": INK,
    "bbox": {"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.5},
}
WORDS = {
    "reml": "Search of REML",
    "ml": "Search of ML",
    "mackay": "MacKay's loop",
    "mackay_gamma": "MacKay's loop with gamma",
    "em": "EM",
    "px_em": "PX-EM",
}


def figure(answer: dict[str, Any], picture: dict[str, Any]) -> Drawing:
    """Draw each column of the trace over the steps, with a line where it ends."""
    values = np.array(answer["trace"]["values"], dtype=float)  # None becomes NaN
    if len(values) < 2:
        raise NotFound("this result has no trace: its variances were not searched")
    steps = np.array(answer["trace"]["steps"], dtype=float)
    columns = answer["trace"]["columns"]
    shown = [*range(min(len(columns), PANELS) - 1), len(columns) - 1]
    across = 2 if len(shown) in (2, 4) else min(3, len(shown))
    sheet_, axes = grid(len(shown), columns=across, row=ROW)
    for ax, column in zip(axes, shown, strict=True):
        _way(ax, steps, values[:, column])
        entitle(ax, columns[column], 84 // across)
    far = any(_far(values[np.isfinite(values[:, column]), column]) for column in shown)
    frame(sheet_, "Step", "", _caption(answer, steps, len(columns) - len(shown), far))
    return Drawing(sheet_, short(f"Steps: {answer['formula']}", 200), _described(answer, steps, values))


def _way(ax: Axes, steps: FloatArray, values: FloatArray) -> None:
    known = np.isfinite(values)
    if not known.any():
        return
    values, end = values[known], float(values[known][-1])
    marker = "o" if len(steps) <= DOTTED else None
    ax.axhline(end, color=ORANGE, linewidth=1.3, linestyle=(0, (4, 3)))
    ax.plot(steps[known], values, color=BLUE, linewidth=1.5, marker=marker, markersize=3, markeredgewidth=0)
    ax.set_ylim(*_ends(values))
    told = "0" if abs(end) < NOTHING * np.abs(values).max() else f"{end:.6g}"
    ax.annotate(told, (1, end), (-2, 3), xycoords=("axes fraction", "data"), textcoords="offset points", **LABEL)
    if steps[-1] > LONG:
        ax.set_xscale("symlog", linthresh=1.0, linscale=0.3)
        ax.set_xticks([0, *10.0 ** np.arange(0, np.log10(steps[-1]) + 1e-9)])
        ax.xaxis.set_major_formatter(FuncFormatter(lambda step, _: f"{step:,.0f}"))
        ax.xaxis.minorticks_off()
        ax.set_xlim(-0.1, steps[-1] * 1.15)
    else:
        ax.xaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))


def _far(values: FloatArray) -> bool:
    later = np.ptp(values[1:]) if len(values) > SETTLED else 0.0
    return bool(np.ptp(values) > FAR * later > 0.0)


def _ends(values: FloatArray) -> tuple[float, float]:
    """The range, of the later steps when the start is far off, with room for a label."""
    shown = values[1:] if _far(values) else values
    low, high = float(shown.min()), float(shown.max())
    margin = 0.2 * (high - low) or 0.1 * abs(high) or 0.5
    return low - margin, high + margin


def _caption(answer: dict[str, Any], steps: FloatArray, hidden: int, far: bool) -> str:
    told = f"{_method(answer)}, {steps[-1]:,.0f} steps; dashed: where it ends" + ("; a start far off lies outside" if far else "")
    return told + (f"; {hidden} more variances and covariances are not drawn" if hidden else "")


def _method(answer: dict[str, Any]) -> str:
    return WORDS[answer["method"] if answer["family"] == "gaussian" else "ml"]


def _described(answer: dict[str, Any], steps: FloatArray, values: FloatArray) -> str:
    ends = ", ".join(f"{name} {value:.6g}" for name, value in zip(answer["trace"]["columns"], values[-1].tolist(), strict=True))
    return short(f"{_method(answer)} in {steps[-1]:,.0f} steps. It ends at {ends}.", 400)
