"""Every form that may forecast a series, from many origins: what the automatic choice chooses among."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from science.deadline import Deadline
from science.forecast.airline import airlines
from science.forecast.autoregression import Autoregressions, autoregress
from science.forecast.naive import seasonal_naive
from science.forecast.outlook import Origins, Outlook
from science.forecast.passing import passes
from science.forecast.season import WEAK, indices, strength
from science.forecast.smoothing import FORMS, Form, fitted, smooth
from science.forecast.transform import LOG, NONE, Power
from science.table import FloatArray

SMOOTHED = 1_500  # values that exponential smoothing looks back on: older ones weigh nothing
SEASON_REFITS = 2  # times a season that the indices are estimated anew on the way back through the origins
DRIFT = (0.0, 0.25, 0.5, 0.75, 1.0)  # shares of the mean change that theta may go on with
LOG_DRIFT = (0.5, 0.75)  # the same on logarithms; Assimakopoulos and Nikolopoulos (2000) have 1/2, all of it would be exponential
SEASONAL_LAGS = 24  # values from which the lags of a seasonal series can be told; tuned, as the next five, on half of M3 and M4
LAGS = 14  # the same without a season
DISTRUST, MOST_DISTRUST = 6_000.0, 400.0  # over n: the log prior against quick trends, which short series only seem to have
UNDAMPED, SEASONAL_UNDAMPED = 45, 60  # values, without and with a season, from which a trend that never bends is believed
DIFFERENCED = 72  # values from which seasons are differenced rather than averaged
CYCLES = 6  # of a season, from which an autoregression of its differences already helps the average
STATIONARY = 100  # values from which a level is believed that the series returns to
AIRLINE_SEASON = 52
LONGEST_LAG = 168  # hours of a week; twice the lags are four times the memory, and eight times the time


def outlooks(
    y: FloatArray,
    seasons: Sequence[int],
    powers: Sequence[Power],
    origins: Origins,
    deadline: Deadline,
    *,
    only: str | None = None,
) -> list[Outlook]:
    """Forecast y, (n,) without gaps, by every form that suits its length, on every scale; or by one named form."""
    season = seasons[0] if seasons else 1
    if only == "holt-winters":
        room = season > 1 and min(origins.lengths) >= 2 * season + 2
        return _flown(np.stack([power.forward(y) for power in powers]), season, powers, origins) if room else []
    found = _adjusted(y, season, powers, origins, deadline, only)
    if only is not None:
        return found
    if len(y) < (min(DIFFERENCED, CYCLES * season) if seasons else DIFFERENCED):
        return found
    known = y[: min(origins.lengths)]
    strong = [each for each in seasons if strength(known, each) >= WEAK]
    deadline.check()
    return found + _differenced(y, season, strong, powers, origins, deadline)


def _adjusted(
    y: FloatArray, season: int, powers: Sequence[Power], origins: Origins, deadline: Deadline, only: str | None
) -> list[Outlook]:
    """Forms of the seasonally adjusted series, which is adjusted by what was known at (or before) each origin."""
    groups = _groups(origins.lengths, season, len(y))
    views = [_View(y, season, power, groups, origins) for power in powers]
    rows = np.concatenate([view.rows for view in views])
    first = max(0, rows.shape[1] - SMOOTHED)
    many, members = len(groups), [(length, g) for g, group in enumerate(groups.values()) for length in group]
    cuts = [(length, place * many + g) for place in range(len(views)) for length, g in members]
    passed = passes(rows[:, first:], [(length - first, row) for length, row in cuts], deadline, told=range(0, len(rows), many))
    regressed = _regressed(rows, cuts, season, origins.h, only, deadline)
    found = []
    for place, view in enumerate(views):
        own = slice(place * len(members), (place + 1) * len(members))
        for form in _forms(view.power, len(y), season, only):
            smoothed = smooth(form, passed, own, origins.h)
            one_step = np.full(len(y), np.nan)
            one_step[first:] = fitted(passed, place * many, smoothed)
            if first == 0:
                one_step[0] = np.nan
            lags = (1, 1) if form.name == "holt" else (1,)
            found.append(
                view.outlook(form.name, lags, smoothed.mean, smoothed.sigma, smoothed.psi, one_step, smoothed.parameters)
            )
        if regressed is not None:
            part = regressed.of(own)
            found.append(view.outlook("ar", (1,), part.mean, part.sigma, part.psi, part.fitted, _named(part.phi)))
    return found


def _regressed(
    rows: FloatArray, cuts: Sequence[tuple[int, int]], season: int, h: int, only: str | None, deadline: Deadline
) -> Autoregressions | None:
    if only not in (None, "ar") or (only is None and rows.shape[1] < (SEASONAL_LAGS if season > 1 else LAGS)):
        return None
    return autoregress(rows, cuts, [1], season + 1 if 1 < season <= 24 else 6, False, h, deadline)


class _View:
    """The series on one scale, adjusted for its season: one row per group of origins."""

    def __init__(self, y: FloatArray, season: int, power: Power, groups: dict[int, list[int]], origins: Origins) -> None:
        self.power = power
        self.multiplicative = power == LOG  # seasons of logarithms are ratios to the trend, others are added to it
        base = y if self.multiplicative else power.forward(y)
        n, h = len(y), origins.h
        patterns = [indices(base[:length], season, multiplicative=self.multiplicative) for length in groups]
        wholes = [np.resize(pattern, n + h) for pattern in patterns]
        adjusted = [base / whole[:n] if self.multiplicative else base - whole[:n] for whole in wholes]
        rows = np.stack([power.forward(row) if self.multiplicative else row for row in adjusted])
        self.level = float(rows[0, : min(origins.lengths)].mean())  # taken off, so that a high one costs no digits
        self.rows = rows - self.level
        self.pattern = wholes[0][:n]
        self.season = np.stack(
            [whole[length : length + h] for whole, members in zip(wholes, groups.values(), strict=True) for length in members]
        )

    def outlook(
        self,
        name: str,
        lags: tuple[int, ...],
        mean: FloatArray,
        sigma: FloatArray,
        psi: FloatArray,
        one_step: FloatArray,
        parameters: dict[str, float],
    ) -> Outlook:
        back, one_step, mean = self.power.back, one_step + self.level, mean + self.level
        restored = back(one_step) * self.pattern if self.multiplicative else back(one_step + self.pattern)
        return Outlook(name, lags, self.power, mean, sigma, psi, self.season, self.multiplicative, restored, parameters)


def _differenced(
    y: FloatArray, season: int, strong: Sequence[int], powers: Sequence[Power], origins: Origins, deadline: Deadline
) -> list[Outlook]:
    """Forms of the series as it is, whose seasons are differenced or left to the lags: on each scale in turn."""
    x, n, shortest = np.stack([power.forward(y) for power in powers]), len(y), min(origins.lengths)
    found: list[list[Outlook]] = []  # of each form, one for each scale
    for each in strong:
        if n < DIFFERENCED or shortest < 3 * each + 2:
            continue
        deadline.check()
        found.append([seasonal_naive(row, each, power, origins) for row, power in zip(x, powers, strict=True)])
        if each <= AIRLINE_SEASON:
            found.append(_flown(x, each, powers, origins))
    for lags, order, constant in _stacks(season, strong, n):
        if shortest >= max(3 * sum(lags), 2 * order):
            found.append(_stacked(x, lags, order, constant, powers, origins, deadline))
    return [form[place] for place in range(len(powers)) for form in found if form]


def _stacked(
    x: FloatArray,
    lags: Sequence[int],
    order: int,
    constant: bool,
    powers: Sequence[Power],
    origins: Origins,
    deadline: Deadline,
) -> list[Outlook]:
    many = len(origins.lengths)
    cuts = [(length, row) for row in range(len(x)) for length in origins.lengths]
    levels = (
        np.zeros(len(x)) if lags else x[:, : min(origins.lengths)].mean(axis=1)
    )  # taken off, so that high ones cost no digits
    parts = autoregress(x - levels[:, None], cuts, lags, order, constant, origins.h, deadline)
    if parts is None:
        return []
    name, none, found = f"ar{list(lags)}", np.zeros((many, origins.h)), []
    for place, (power, level) in enumerate(zip(powers, levels, strict=True)):
        part = parts.of(slice(place * many, (place + 1) * many))
        fitted, parameters = power.back(part.fitted + level), _named(part.phi)
        found.append(Outlook(name, tuple(lags), power, part.mean + level, part.sigma, part.psi, none, False, fitted, parameters))
    return found


def _flown(x: FloatArray, season: int, powers: Sequence[Power], origins: Origins) -> list[Outlook]:
    none = np.zeros((len(origins.lengths), origins.h))
    name, lags, found = f"airline[{season}]", (season, 1), []
    for power, flown in zip(powers, airlines(x, season, origins.lengths, origins.h), strict=True):
        fitted, parameters = power.back(flown.fitted), {"ma1": flown.ma, "sma1": flown.seasonal}
        found.append(Outlook(name, lags, power, flown.mean, flown.sigma, flown.psi, none, False, fitted, parameters))
    return found


def _stacks(season: int, strong: Sequence[int], n: int) -> list[tuple[list[int], int, bool]]:
    """Differences, lags and whether there is a constant, for the autoregressions of the series as it is."""
    if n < DIFFERENCED:
        return [([each], min(each, 24) + 2, True) for each in strong]
    stacks: list[tuple[list[int], int, bool]] = []
    for each in strong:
        stacks.append(([each], min(each, 24) + 2, True))
        stacks.append(([each, 1], min(each, 24) + 2, False))
    if len(strong) > 1:
        stacks.append((list(strong[:2]), strong[0] + 2, False))
    if season >= AIRLINE_SEASON:
        stacks.append(([1], min(season, LONGEST_LAG) + 2, False))
    if n >= STATIONARY:
        stacks.append(([], min(season, 50) + 3, True))
    return stacks


def _forms(power: Power, n: int, season: int, only: str | None) -> list[Form]:
    drift = LOG_DRIFT if power != NONE else DRIFT
    if only is None:
        undamped = n >= (SEASONAL_UNDAMPED if season > 1 else UNDAMPED)
        kept = [form for form in FORMS if form.name != "ses" and (form.name != "holt" or undamped)]
    else:
        kept = [form for form in FORMS if form.name == only]
    return [_suited(form, drift, min(MOST_DISTRUST, DISTRUST / n)) for form in kept]


def _suited(form: Form, drift: tuple[float, ...], distrust: float) -> Form:
    if form.name == "theta":
        return replace(form, drift=drift)
    return replace(form, distrust=distrust) if form.name == "damped" else form


def _groups(lengths: Sequence[int], season: int, n: int) -> dict[int, list[int]]:
    """Share the seasonal indices among neighbouring origins: those of the earliest of them, so that none looks ahead."""
    every = max(1, season // SEASON_REFITS)
    if season == 1:
        return {n: list(lengths)}
    groups: dict[int, list[int]] = {}
    for length in lengths:
        behind = n if length == n else max(n - every * -(-(n - length) // every), min(lengths))
        groups.setdefault(behind, []).append(length)
    return groups


def _named(phi: FloatArray) -> dict[str, float]:
    return {f"ar{i + 1}": float(value) for i, value in enumerate(phi)}
