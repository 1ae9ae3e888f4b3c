"""The way a method took: variances and the criterion, step by step. Imports matplotlib."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from errors import NotFound
from plots.canvas import BLUE, ORANGE, Drawing, short
from plots.mixed.grid import entitle, frame, grid

FloatArray = NDArray[np.float64]

PANELS = 9
LONG = 60  # steps, beyond which the first ones would be squeezed into the edge
DOTTED = 40  # steps that are marked one by one
ROW = 1.75  # inches
WORDS = {"reml": "search of REML", "ml": "search of ML", "mackay": "MacKay's loop", "mackay_gamma": "MacKay's loop with gamma"}


def figure(answer: dict[str, Any], picture: dict[str, Any]) -> Drawing:
    """Draw each column of the trace over the steps, with a line where it ends."""
    values = np.array(answer["trace"]["values"], dtype=float)  # None becomes NaN
    if values.size == 0:
        raise NotFound("this result has no trace: nothing was searched")
    steps = _steps(answer, len(values))
    columns = answer["trace"]["columns"]
    shown = [*range(len(columns) - 1)][: PANELS - 1] + [len(columns) - 1]
    across = 2 if len(shown) in (2, 4) else min(3, len(shown))
    sheet_, axes = grid(len(shown), columns=across, row=ROW)
    for ax, column in zip(axes, shown, strict=True):
        _way(ax, steps, values[:, column])
        entitle(ax, columns[column], 84 // across)
    frame(sheet_, "Step", "", _caption(answer, steps, len(columns) - len(shown)))
    return Drawing(sheet_, short(f"Steps: {answer['formula']}", 200), _described(answer, steps, values))


def _steps(answer: dict[str, Any], count: int) -> FloatArray:
    """The number of each step told; a long way may be told in part."""
    told = answer["trace"].get("steps")
    return np.arange(count, dtype=float) if told is None else np.array(told, dtype=float)


def _way(ax: Axes, steps: FloatArray, values: FloatArray) -> None:
    known = np.isfinite(values)
    if not known.any():
        return
    end = float(values[known][-1])
    dotted = len(steps) <= DOTTED
    ax.axhline(end, color=ORANGE, linewidth=1.3, linestyle=(0, (4, 3)))
    ax.plot(
        steps[known], values[known], color=BLUE, linewidth=1.5, marker="o" if dotted else None, markersize=3, markeredgewidth=0
    )
    ax.annotate(
        f"{end:.6g}",
        (1, end),
        (-2, 4),
        xycoords=("axes fraction", "data"),
        textcoords="offset points",
        ha="right",
        fontsize=8,
        color=ORANGE,
    )
    ax.margins(y=0.16)
    if steps[-1] > LONG:
        ax.set_xscale("symlog", linthresh=1.0, linscale=0.3)
        ax.set_xticks([0, *10.0 ** np.arange(0, np.log10(steps[-1]) + 1e-9)])
        ax.xaxis.set_major_formatter(FuncFormatter(lambda step, _: f"{step:,.0f}"))
        ax.xaxis.minorticks_off()
        ax.set_xlim(-0.1, steps[-1] * 1.15)
    else:
        ax.xaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))


def _caption(answer: dict[str, Any], steps: FloatArray, hidden: int) -> str:
    told = f"{_method(answer)}, {steps[-1]:,.0f} steps; dashed: where it ends"
    return told + (f"; {hidden} more covariances are not drawn" if hidden else "")


def _method(answer: dict[str, Any]) -> str:
    return WORDS.get(answer["method"], answer["method"].replace("_", "-").upper())


def _described(answer: dict[str, Any], steps: FloatArray, values: FloatArray) -> str:
    ends = ", ".join(f"{name} {value:.6g}" for name, value in zip(answer["trace"]["columns"], values[-1].tolist(), strict=True))
    return short(f"The {_method(answer)} in {steps[-1]:,.0f} steps; it ends at {ends}.", 400)
