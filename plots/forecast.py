"""The picture of a forecast: history, forecast and the fan of its intervals, and under it what each step stands on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from plots.canvas import BLUE, HEIGHT, INK, LINE, ORANGE, SOFT, Drawing, sheet, short
from plots.forecast_stack import LEVEL_HEIGHT, draw_stack
from plots.forecast_time import mark_time
from plots.points import FloatArray

ROOM = 1.0  # of the range of history and forecast: as far as bounds may widen the picture on each side
PALEST, DARKEST = 0.14, 0.30  # of the bands, the widest first
COLUMNS = 3  # of the panels of many series
PANEL_HEIGHT = 1.7  # inches
SPARSE = 80  # values, up to which each is marked by a point
TICKS = 7  # of the time axis of a large panel


def figure(answer: dict[str, Any], picture: dict[str, Any]) -> Drawing:
    """Draw one forecast above its stack, or a panel for each of the first of many."""
    if answer.get("series") is not None:
        return _many(answer, picture)
    lags = answer["differences"]["applied"]
    sheet_, ax, below = _sheet(len(lags))
    _draw(ax, answer, picture["histories"][0])
    _title(ax, _named(answer))
    if below is not None:
        draw_stack(below, answer["forecast"])
    return Drawing(sheet_, short(f"Forecast, {answer['h']} steps", 200), _described(answer))


def _sheet(levels: int) -> tuple[Figure, Axes, Axes | None]:
    """One panel, and a low one under it with a row for each level."""
    if not levels:
        drawn, (ax,) = sheet(1)
        return drawn, ax, None
    low = 0.85 + LEVEL_HEIGHT * levels
    drawn, (ax, below) = sheet(2, columns=1, height=HEIGHT + low - 0.35)
    grid = ax.get_gridspec()
    assert grid is not None
    grid.set_height_ratios([HEIGHT - 0.35, low])
    return drawn, ax, below


def _many(answer: dict[str, Any], picture: dict[str, Any]) -> Drawing:
    found = [one for one in answer["series"] if "error" not in one][: len(picture["histories"])]
    count = len(found)
    columns = min(COLUMNS, max(count, 1))
    rows = -(-max(count, 1) // columns)
    drawn, axes = sheet(rows * columns, columns=columns, height=max(3.0, PANEL_HEIGHT * rows))
    for ax, one, history in zip(axes, found, picture["histories"], strict=False):
        _draw(ax, one, history, ticks=3)
        ax.locator_params(axis="y", nbins=4)
        ax.tick_params(labelsize=8)
        ax.set_title(short(str(one["unique_id"]), 28), loc="left", fontsize=9.5, color=INK, fontweight="bold")
    for ax in axes[count:]:
        ax.set_visible(False)
    told = f"{count} of {picture['series']} series" if count < picture["series"] else f"{count} series"
    drawn.supxlabel(f"{told}, {answer['h']} steps ahead, {_levels(answer['level'])} intervals", fontsize=9, color=SOFT)
    return Drawing(drawn, f"Forecasts of {told}", f"A panel for each of {told}: history, forecast and its intervals.")


def _draw(ax: Axes, told: Mapping[str, Any], history: Mapping[str, Any], ticks: int = TICKS) -> None:
    """History, a line where the forecast begins, the fan and the forecast."""
    y = _numbers(history["y"])
    rows = told["forecast"]
    median = _numbers([row["median"] for row in rows])
    known, ahead = np.arange(len(y)), np.arange(len(y), len(y) + len(rows))
    _fan(ax, rows, y[-1], ahead)
    ax.axvline(len(y) - 0.5, color=LINE, linewidth=1.0, zorder=0)
    marked = len(y) + len(rows) <= SPARSE and ticks == TICKS
    ax.plot(known, y, color=BLUE, linewidth=1.5, solid_capstyle="round", marker="o" if marked else None, markersize=2.6)
    ax.plot(np.r_[len(y) - 1, ahead], np.r_[y[-1], median], color=ORANGE, linewidth=1.8, solid_capstyle="round")
    if marked:
        ax.plot(ahead, median, color=ORANGE, linestyle="", marker="o", markersize=2.9)
    ax.set_xlim(-0.02 * len(ahead) - 0.5, ahead[-1] + 0.5 + 0.02 * len(ahead))
    ax.set_ylim(*_range(y, median, rows))
    mark_time(ax, [*history["ds"], *(row["ds"] for row in rows)], ticks)


def _fan(ax: Axes, rows: Sequence[Mapping[str, Any]], last: float, ahead: NDArray[np.intp]) -> None:
    """A band for each level, the widest palest, all of them starting at the last value."""
    levels = sorted(rows[0]["lo"], key=float, reverse=True)
    for place, level in enumerate(levels):
        low, high = (_numbers([row[side][level] for row in rows]) for side in ("lo", "hi"))
        alpha = float(np.interp(place, [0, max(len(levels) - 1, 1)], [PALEST, DARKEST]))
        places = np.r_[ahead[0] - 1, ahead]
        ax.fill_between(places, np.r_[last, low], np.r_[last, high], color=ORANGE, alpha=alpha, linewidth=0)


def _range(y: FloatArray, median: FloatArray, rows: Sequence[Mapping[str, Any]]) -> tuple[float, float]:
    """The range of what is shown; bounds may widen it, but not so far that the history becomes a line."""
    shown = np.r_[y, median]
    low, high = float(np.nanmin(shown)), float(np.nanmax(shown))
    room = ROOM * (high - low)
    bounds = _numbers([value for row in rows for side in ("lo", "hi") for value in row[side].values()])
    if np.isfinite(bounds).any():
        low, high = min(low, max(float(np.nanmin(bounds)), low - room)), max(high, min(float(np.nanmax(bounds)), high + room))
    margin = 0.05 * (high - low) or 0.1 * abs(high) or 0.5
    return low - margin, high + margin


def _title(ax: Axes, title: str) -> None:
    ax.set_title(short(title, 90), loc="left", fontsize=11, color=INK, fontweight="bold", pad=10)


def _named(answer: Mapping[str, Any]) -> str:
    name = answer["model"]["name"]
    model = {"average": "an average of forms", "constant": "its one value"}.get(name, name)
    of = f" of {answer['columns']['y']}" if answer.get("columns") else ""
    return f"Forecast{of} by {model}, with {_levels(answer['level'])} intervals"


def _levels(levels: Sequence[float]) -> str:
    shown = [f"{level:g} %" for level in levels[:4]]
    return " and ".join((", ".join(shown[:-1]), shown[-1])) if len(shown) > 1 else shown[0]


def _numbers(values: Sequence[float | None]) -> FloatArray:
    return np.array([np.nan if value is None else value for value in values], dtype=float)


def _described(answer: Mapping[str, Any]) -> str:
    rows = answer["forecast"]
    real = sum(row["stack"]["all_real"] for row in rows)
    last = rows[-1]
    ending = "" if last["median"] is None else f", ending at {last['median']:.6g}"
    stack = f" Under it, for each step and level of the differences, whether it stands on a real value: {real} of {len(rows)} do."
    return short(
        f"History and forecast of {len(rows)} steps to {last['ds']}{ending}, with intervals."
        + (stack if answer["differences"]["applied"] else ""),
        400,
    )
