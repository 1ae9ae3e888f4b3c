"""The profile of each parameter: zeta, the signed root of what the deviance gains. Imports matplotlib."""

from __future__ import annotations

from statistics import NormalDist
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from errors import NotFound
from plots.canvas import BLUE, ORANGE, SOFT, Drawing, short
from plots.mixed.grid import entitle, frame, grid

PANELS = 12
ROW = 1.75  # inches


def figure(answer: dict[str, Any], picture: dict[str, Any]) -> Drawing:
    """Draw zeta over each parameter; straight means that the estimate is as good as normal."""
    curves = picture.get("profile")
    if not curves:
        raise NotFound("this result has no profile; ask for one with intervals=profile")
    shown = curves[:PANELS]
    across = 2 if len(shown) in (2, 4) else min(3, len(shown))
    sheet_, axes = grid(len(shown), columns=across, row=ROW)
    ends = {row["term"]: (row["conf_low"], row["conf_high"]) for row in answer.get("intervals", {}).get("rows", [])}
    for ax, curve in zip(axes, shown, strict=True):
        _curve(ax, curve, answer["level"], ends.get(curve["name"], (None, None)))
        entitle(ax, curve["name"], 84 // across)
    hidden = len(curves) - len(shown)
    caption = f"Dashed: the {100 * answer['level']:g} % interval" + (
        f"; {hidden} more parameters are not drawn" if hidden else ""
    )
    frame(sheet_, "Value of the parameter", "ζ", caption)
    names = ", ".join(curve["name"] for curve in shown)
    return Drawing(sheet_, short(f"Profile: {answer['formula']}", 200), short(f"Profile zeta of {names}. {caption}.", 600))


def _curve(ax: Axes, curve: dict[str, Any], level: float, ends: tuple[float | None, float | None]) -> None:
    values, zeta = (np.array(curve[key], dtype=float) for key in ("values", "zeta"))
    known = np.isfinite(values) & np.isfinite(zeta)
    reach = NormalDist().inv_cdf(0.5 + level / 2)
    ax.axhline(0, color=SOFT, linewidth=0.7)
    for end, height in zip(ends, (-reach, reach), strict=True):
        if end is not None:
            ax.plot([end, end], [0, height], color=ORANGE, linewidth=1.3, linestyle=(0, (4, 3)))
            ax.plot([end], [height], marker="o", markersize=3.4, markeredgewidth=0, color=ORANGE)
    ax.plot(values[known], zeta[known], color=BLUE, linewidth=1.6, solid_capstyle="round")
    ax.set_ylim(-1.25 * reach, 1.25 * reach)
    ax.locator_params(axis="x", nbins=4)
