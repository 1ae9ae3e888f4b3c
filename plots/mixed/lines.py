"""The fitted lines of the groups against their data, in small panels. Imports matplotlib."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from errors import NotFound
from plots.canvas import BLUE, LINE, ORANGE, SOFT, Drawing, sheet, short
from plots.mixed.grid import across, entitle, frame, grid, outer_labels
from plots.points import FloatArray, numbers

GROUPS = 24  # drawn, at most
ROW = 1.45  # inches
LETTERS = 96  # of titles, over the panels beside each other
STRIP = 4.0  # inches high, where the groups stand side by side
SAME = 1e-4  # of the response's range: what is saved for drawing has five digits
TURNS = 0.2  # of the steps from point to point: a fit that turns more often is no curve over x; noise turns at 2 of 3


@dataclass(frozen=True)
class Group:
    """One level: arrays (m,)."""

    level: str
    x: FloatArray  # the fitted values where the model has no slope
    observed: FloatArray
    fitted: FloatArray

    def turns(self, tolerance: float) -> float:
        """How often the fitted values turn or jump on their way along x, of as often as they could."""
        order = np.argsort(self.x, kind="stable")
        steps = np.diff(self.fitted[order])
        jumps = (np.diff(self.x[order]) == 0) & (np.abs(steps) > tolerance)
        ways = np.sign(steps[np.abs(steps) > tolerance])
        return float((np.diff(ways) != 0).sum() + len(steps) * jumps.any()) / max(len(steps) - 1, 1)


@dataclass(frozen=True)
class Groups:
    """Those drawn, in the order of their levels."""

    factor: str
    drawn: tuple[Group, ...]
    total: int
    predictor: str | None

    @property
    def tolerance(self) -> float:
        return SAME * float(np.ptp(np.concatenate([group.observed for group in self.drawn])))

    @property
    def heights(self) -> tuple[float, float]:
        return _ends(np.concatenate([np.append(group.observed, group.fitted) for group in self.drawn]))

    @property
    def curved(self) -> bool:
        """Is the fit a curve over x, or does it depend on more?"""
        return float(np.mean([group.turns(self.tolerance) for group in self.drawn])) <= TURNS


def figure(answer: dict[str, Any], picture: dict[str, Any]) -> Drawing:
    """Draw at most 24 groups: over the slope's predictor, or observed against fitted where there is none."""
    if not picture.get("codes"):
        raise NotFound("this result has no groups to draw")
    groups = read_groups(picture)
    if groups.predictor is None and all(np.ptp(group.fitted) <= groups.tolerance for group in groups.drawn):
        return _beside_each_other(answer, groups)
    columns = across(len(groups.drawn))
    sheet_, axes = grid(len(groups.drawn), columns=columns, row=ROW if len(groups.drawn) > columns else 2.6)
    ends = _ends(np.concatenate([group.x for group in groups.drawn]))
    population, heights, curved = _population(answer, groups), groups.heights, groups.curved
    for ax, group in zip(axes, groups.drawn, strict=True):
        if population is not None:
            ax.plot(ends, [population[0] + population[1] * end for end in ends], color=SOFT, linewidth=0.9, linestyle=(0, (4, 3)))
        if groups.predictor is None:
            ax.plot(ends, ends, color=ORANGE, linewidth=1.4)
        _dots(ax, group.x, group.observed)
        if groups.predictor is not None:
            _fitted(ax, group, curved)
        entitle(ax, group.level, LETTERS // columns)
        ax.set_xlim(*ends)
        ax.set_ylim(*heights)
    outer_labels(axes, columns)
    frame(sheet_, groups.predictor or "Fitted", _response(answer), _caption(groups, population is not None))
    return Drawing(sheet_, short(f"Fitted lines: {answer['formula']}", 200), _described(groups))


def read_groups(picture: dict[str, Any]) -> Groups:
    """Take the levels with most rows, in their order."""
    codes = np.array(picture["codes"], dtype=np.intp)
    fitted, residuals = (numbers(picture[key]) for key in ("fitted", "residuals"))
    slope = picture.get("x")
    x = fitted if slope is None else numbers(slope["values"])
    rows = np.bincount(codes, minlength=len(picture["levels"]))
    largest = np.sort(np.argsort(-rows, kind="stable")[:GROUPS])
    drawn = tuple(
        Group(picture["levels"][code], x[codes == code], (fitted + residuals)[codes == code], fitted[codes == code])
        for code in largest.tolist()
        if rows[code]
    )
    return Groups(picture["group"], drawn, len(picture["levels"]), None if slope is None else slope["name"])


def _dots(ax: Axes, x: FloatArray, y: FloatArray) -> None:
    ax.plot(x, y, linestyle="", marker="o", markersize=3.6, markeredgewidth=0, color=BLUE, alpha=0.75)


def _fitted(ax: Axes, group: Group, curved: bool) -> None:
    order = np.argsort(group.x, kind="stable")
    x, fitted = group.x[order], group.fitted[order]
    if curved:
        ax.plot(x, fitted, color=ORANGE, linewidth=1.6, solid_capstyle="round")
    else:
        ax.plot(x, fitted, linestyle="", marker="_", markersize=6, markeredgewidth=1.4, color=ORANGE)


def _population(answer: dict[str, Any], groups: Groups) -> tuple[float, float] | None:
    """Intercept and slope of the fixed part, where that is a line over x and nothing else."""
    terms = {row["term"]: row["estimate"] for row in answer["fixed"]}
    if answer["family"] != "gaussian" or "offset" in answer["formula"] or groups.predictor is None:
        return None
    if set(terms) != {"(Intercept)", groups.predictor} or None in terms.values():
        return None
    return terms["(Intercept)"], terms[groups.predictor]


def _beside_each_other(answer: dict[str, Any], groups: Groups) -> Drawing:
    """Draw the groups of a model without slopes in one panel: each has one fitted value."""
    sheet_, (ax,) = sheet(1, height=STRIP)
    for at, group in enumerate(groups.drawn):
        ax.plot([at - 0.32, at + 0.32], [group.fitted[0]] * 2, color=ORANGE, linewidth=2.2, solid_capstyle="round")
        _dots(ax, _spread(at, len(group.observed)), group.observed)
    names = [short(group.level, 16) for group in groups.drawn]
    ax.set_xticks(range(len(names)), names, fontsize=8)
    if len(names) * max(map(len, names)) > 90:  # letters that fit beside each other
        ax.tick_params(axis="x", labelrotation=90)
    ax.set_xlim(-0.7, len(groups.drawn) - 0.3)
    ax.grid(axis="y", color=LINE, linewidth=0.6)
    ax.set_axisbelow(True)
    frame(sheet_, groups.factor, _response(answer), _caption(groups, False))
    return Drawing(sheet_, short(f"Fitted values: {answer['formula']}", 200), _described(groups))


def _spread(at: int, count: int) -> FloatArray:
    """Places side by side, so that equal values stay apart."""
    return at + (np.linspace(-0.2, 0.2, count) if count > 1 else np.zeros(1))


def _ends(values: FloatArray) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    margin = 0.06 * (high - low) or 0.5 * abs(high) or 0.5
    return low - margin, high + margin


def _response(answer: dict[str, Any]) -> str:
    return str(answer["formula"]).split("~", 1)[0].strip()


def _caption(groups: Groups, population: bool) -> str:
    told = "Dots: observed; orange: fitted" + ("; dashed: the population" if population else "")
    rest = groups.total - len(groups.drawn)
    return told + (f". {len(groups.drawn)} of {groups.total:,} levels of {groups.factor}, those with most rows" if rest else "")


def _described(groups: Groups) -> str:
    what = (
        f"the data and the fitted line over {groups.predictor}" if groups.predictor else "what was observed and what was fitted"
    )
    return short(f"For {len(groups.drawn)} of {groups.total:,} levels of {groups.factor}, {what}.", 400)
