"""The picture of a regression: what was observed against what is fitted, and what is left over. Imports matplotlib."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from plots.canvas import BLUE, INK, ORANGE, SOFT, Drawing, name, sheet, short
from plots.points import FloatArray, numbers
from plots.smooth import smooth

LABELLED = 3  # points named by their row, at most
CHANCE = 0.25  # of naming any point at all when the residuals are normal
CROWDED = 0.05  # of the height: a label nearer to another would be written across it
MANY = 300  # points, beyond which the first panel is too full for labels
PLACES = 80  # of a smooth band
ROUNDED = 3e-5  # of a range: what is saved for drawing has five digits
EXACT = 1e-10  # residuals below this part of the response are rounding, not misfit


@dataclass(frozen=True)
class Points:
    """What is drawn: arrays (n,), in one order."""

    observed: FloatArray
    fitted: FloatArray
    residuals: FloatArray
    leverage: FloatArray
    rows: NDArray[np.intp]  # from 1, of the table that was sent
    sigma: float  # NaN when no degrees of freedom are left

    @property
    def exact(self) -> bool:
        """Is nothing left over but rounding?"""
        return bool(np.abs(self.residuals).max(initial=0.0) <= EXACT * max(float(np.abs(self.observed).max(initial=0.0)), 1e-300))

    @property
    def standardised(self) -> FloatArray:
        with np.errstate(divide="ignore", invalid="ignore"):
            scaled = self.residuals / (self.sigma * np.sqrt(1 - self.leverage))
        return np.where(np.isfinite(scaled), scaled, 0.0)


def figure(answer: dict[str, Any], picture: dict[str, Any]) -> Drawing:
    """Draw two panels. With one numeric predictor the first is the fitted curve with its confidence band."""
    points = _points(answer, picture)
    sheet_, (left, right) = sheet(2)
    x = picture.get("x")
    if x is not None:
        _curve(left, answer, points, x["name"], numbers(x["values"]))
    else:
        _observed(left, answer, points)
    _left_over(right, points)
    return Drawing(sheet_, short(answer["formula"], 200), _described(answer, x))


def _points(answer: dict[str, Any], picture: dict[str, Any]) -> Points:
    sigma = answer["fit"]["sigma"]
    fitted, residuals, leverage = (numbers(picture[key]) for key in ("fitted", "residuals", "leverage"))
    if np.ptp(fitted) <= EXACT * np.abs(fitted).max():  # one value, but for rounding
        fitted = np.full_like(fitted, fitted.mean())
    rows = np.arange(1, len(fitted) + 1) if picture["rows"] is None else np.array(picture["rows"], dtype=np.intp)
    return Points(fitted + residuals, fitted, residuals, leverage, rows, float("nan") if sigma is None else sigma)


def _curve(ax: Axes, answer: dict[str, Any], points: Points, predictor: str, x: FloatArray) -> None:
    places, fitted, leverage = _between(x, points)
    half = _quantile(answer) * points.sigma * np.sqrt(leverage)
    banded = bool(np.isfinite(half).all() and half.any())
    if banded:
        ax.fill_between(places, fitted - half, fitted + half, color=ORANGE, alpha=0.18, linewidth=0)
    _scatter(ax, x, points.observed)
    ax.plot(places, fitted, color=ORANGE, linewidth=1.8, solid_capstyle="round")
    _margins(ax, x, np.concatenate((points.observed, _visible(fitted, half, points) if banded else fitted)))
    _label_few(ax, x, points)
    name(ax, f"The fit and its {100 * answer['level']:g} % band" if banded else "The fit", predictor, _response(answer))


def _between(x: FloatArray, points: Points) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Places along x, with fit and leverage there: between the points too where the fit is a line, its leverage a parabola."""
    line, parabola = _polynomial(x, points.fitted, 1), _polynomial(x, points.leverage, 2)
    if line is not None and parabola is not None:
        places = np.linspace(x.min(), x.max(), PLACES)
        return places, line(places), np.maximum(parabola(places), 0.0)
    order = np.argsort(x, kind="stable")
    return x[order], points.fitted[order], points.leverage[order]


def _polynomial(x: FloatArray, y: FloatArray, degree: int) -> np.polynomial.Polynomial | None:
    """The polynomial that all the points lie on as far as they are told, None when there is none."""
    if len(np.unique(x)) <= degree:
        return None
    found = np.polynomial.Polynomial.fit(x, y, degree)
    scale = float(np.ptp(y)) or float(np.abs(y).max(initial=0.0))
    return found if np.abs(found(x) - y).max() <= ROUNDED * scale else None


def _quantile(answer: dict[str, Any]) -> float:
    """Student's t for the answer's level, taken back from one of its intervals; NaN when it has none."""
    for row in answer["coefficients"]:
        if row["std_error"] and row["conf_high"] is not None:
            return float((row["conf_high"] - row["estimate"]) / row["std_error"])
    return float("nan")


def _visible(fitted: FloatArray, half: FloatArray, points: Points) -> FloatArray:
    """The band's ends, as far as they may widen the picture: with few points a band can be far wider than the data."""
    room = 0.5 * float(np.ptp(points.observed))
    low, high = float(points.observed.min()) - room, float(points.observed.max()) + room
    return np.clip(np.concatenate((fitted - half, fitted + half)), low, high)


def _observed(ax: Axes, answer: dict[str, Any], points: Points) -> None:
    ends = _ends(np.concatenate((points.fitted, points.observed)))
    ax.plot(ends, ends, color=ORANGE, linewidth=1.8, solid_capstyle="round")
    _scatter(ax, points.fitted, points.observed)
    _margins(ax, points.fitted, points.observed)
    _label_few(ax, points.fitted, points)
    name(ax, "Observed against fitted", "Fitted", _response(answer))


def _left_over(ax: Axes, points: Points) -> None:
    ax.axhline(0, color=SOFT, linewidth=0.9, linestyle=(0, (4, 3)))
    residuals = np.zeros_like(points.residuals) if points.exact else points.residuals
    _scatter(ax, points.fitted, residuals)
    curve = None if points.exact else smooth(points.fitted, residuals)
    if curve is not None:
        ax.plot(*curve, color=ORANGE, linewidth=1.8, solid_capstyle="round")
    _margins(ax, points.fitted, np.append(residuals, 0.0))
    _label(ax, points.fitted, residuals, points)
    title = "Residuals: none but rounding" if points.exact else "Residuals" + (" and their trend" if curve is not None else "")
    name(ax, title, "Fitted", "Residual")


def _scatter(ax: Axes, x: FloatArray, y: FloatArray) -> None:
    """The more points, the smaller and paler, so that their density shows."""
    size = float(np.interp(np.log10(max(len(x), 1)), [1.5, 3.3], [5.0, 2.6]))
    alpha = float(np.interp(np.log10(max(len(x), 1)), [1.5, 3.3], [0.75, 0.35]))
    ax.plot(x, y, linestyle="", marker="o", markersize=size, markeredgewidth=0, color=BLUE, alpha=alpha)


def _margins(ax: Axes, x: FloatArray, y: FloatArray) -> None:
    ax.set_xlim(*_ends(x))
    ax.set_ylim(*_ends(y))


def _ends(values: FloatArray) -> tuple[float, float]:
    """The range with a margin; around a single value, a range that shows it."""
    low, high = float(values.min()), float(values.max())
    margin = 0.06 * (high - low) or 0.5 * abs(high) or 0.5
    return low - margin, high + margin


def _label_few(ax: Axes, x: FloatArray, points: Points) -> None:
    if len(x) <= MANY:
        _label(ax, x, points.observed, points)


def _label(ax: Axes, x: FloatArray, y: FloatArray, points: Points) -> None:
    """Name by their row the points further off than normal residuals lie, as far as there is room for the labels."""
    size = np.abs(points.standardised)
    far = NormalDist().inv_cdf(1 - CHANCE / (2 * len(size)))
    middle, height = float(np.mean(ax.get_xlim())), float(np.ptp(ax.get_ylim()))
    written: list[float] = []
    for at in np.argsort(-size, kind="stable")[:LABELLED]:
        if points.exact or size[at] <= far or any(abs(y[at] - other) < CROWDED * height for other in written):
            continue
        side, align = (-5, "right") if x[at] > middle else (5, "left")
        _write(ax, f"row {points.rows[at]}", (x[at], y[at]), (side, 0), align)
        written.append(y[at])


def _write(ax: Axes, text: str, place: tuple[float, float], shift: tuple[int, int], align: str) -> None:
    ax.annotate(text, place, shift, textcoords="offset points", ha=align, va="center", fontsize=8, color=INK)


def _response(answer: dict[str, Any]) -> str:
    return str(answer["formula"]).split("~", 1)[0].strip()


def _described(answer: dict[str, Any], x: dict[str, Any] | None) -> str:
    first = f"the observations and the fitted curve over {x['name']}" if x else "the observations against the fitted values"
    r_squared = answer["fit"]["r_squared"]
    share = "" if r_squared is None else f" R squared is {r_squared:.4g}."
    return short(f"Left, {first}; right, the residuals against the fitted values. {answer['nobs']} rows.{share}", 400)
