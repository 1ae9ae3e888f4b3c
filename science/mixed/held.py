"""The ML criterion with one parameter held, as a smooth function of free coordinates of the others."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from science.deadline import Deadline
from science.mixed.criterion import LOG_TWO_PI
from science.mixed.descent import Point
from science.mixed.estimate import Estimate
from science.mixed.theta import Place, semidefinite_factor
from science.table import FloatArray

PERFECT = 1.0 - 1e-9  # a correlation of one to double precision


@dataclass(frozen=True)
class Held:
    """Which parameter is held. effects: its effect, or the two of a correlation; column: of a fixed effect."""

    kind: Literal["sd", "correlation", "sigma", "fixed"]
    place: Place | None = None
    effects: tuple[int, ...] = ()
    column: int = 0

    def bound(self, sign: float) -> float:
        """Return the end of the parameter's range on one side."""
        if self.kind == "correlation":
            return sign * PERFECT
        return 0.0 if self.kind == "sd" and sign < 0.0 else sign * float("inf")


@dataclass(frozen=True)
class RowMap:
    """One row of L of a term: which effect it is, and where its entries come from."""

    place: Place
    effect: int
    columns: int  # it has entries in the first so many columns
    kind: Literal["free", "length", "direction"]
    entries: slice  # of the coordinates

    def row(self, x: FloatArray, value: float) -> FloatArray:
        if self.kind == "free":
            entries: FloatArray = x[self.entries]
            return entries
        if self.kind == "length":
            free = x[self.entries]
            scaled: FloatArray = value * free / np.linalg.norm(free)
            return scaled
        turned: FloatArray = x[self.entries] * np.array([value, np.sqrt(1.0 - value**2)])
        return turned

    def pulled_back(self, x: FloatArray, value: float, gradient: FloatArray) -> FloatArray:
        """Carry a gradient in the row over to the coordinates."""
        if self.kind == "free":
            return gradient
        if self.kind == "length":
            length = np.linalg.norm(x[self.entries])
            unit = x[self.entries] / length
            pulled: FloatArray = value * (gradient - unit * (unit @ gradient)) / length
            return pulled
        return np.array([gradient @ np.array([value, np.sqrt(1.0 - value**2)])])


@dataclass(frozen=True)
class HeldValue:
    theta: FloatArray  # the coordinates
    value: float
    gradient: FloatArray


@dataclass
class Landscape:
    """The criterion at one held value, in the coordinates: L's rows, then log sigma unless that is held."""

    surface: Surface
    value: float
    evaluations: int = field(default=0)

    def evaluate(self, x: FloatArray) -> HeldValue | None:
        self.surface.deadline.check()
        try:
            return self._evaluated(x)
        except np.linalg.LinAlgError:
            return None

    def point(self, evaluation: HeldValue) -> Point:
        return Point(evaluation, evaluation.gradient)

    def _evaluated(self, x: FloatArray) -> HeldValue:
        surface, held = self.surface, self.surface.held
        criterion = surface.estimate.criterion
        sigma = self.value / surface.scale if held.kind == "sigma" else float(np.exp(x[-1]))
        rows = [(row, row.row(x, self.value / surface.scale if row.kind == "length" else self.value)) for row in surface.rows]
        own_lambdas = [np.zeros((width, width)) for width in criterion.pattern.widths]
        for row, entries in rows:
            start = row.place.start
            own_lambdas[row.place.grouping][start + row.effect, start : start + row.columns] = entries / sigma
        bases = surface.estimate.prepared.bases.T
        lambdas = [T @ Lambda for T, Lambda in zip(bases, own_lambdas, strict=True)]
        factor = criterion.system.factorise(lambdas)
        known, r2 = surface.residual(factor.Q, self.value)
        n = criterion.rows
        value = factor.log_determinant + n * (LOG_TWO_PI + 2.0 * np.log(sigma)) + r2 / sigma**2 + criterion.constant
        scaled = criterion.system.gradient(factor, np.outer(known, known) / sigma**2)  # type: ignore[arg-type]
        gradients = [T.T @ one for T, one in zip(bases, scaled, strict=True)]
        gradient = np.zeros(len(x))
        along = 0.0
        for row, _ in rows:
            start = row.place.start
            at = (start + row.effect, slice(start, start + row.columns))
            own = gradients[row.place.grouping][at]
            along += float(own @ own_lambdas[row.place.grouping][at])
            length = self.value / surface.scale if row.kind == "length" else self.value
            gradient[row.entries] = row.pulled_back(x, length, own / sigma)
        if held.kind != "sigma":
            gradient[-1] = 2.0 * n - 2.0 * r2 / sigma**2 - along
        return HeldValue(x, float(value), gradient)


@dataclass(frozen=True)
class Surface:
    """One parameter held at any value. All in the scaled system; `scale` takes standard deviations there."""

    held: Held
    estimate: Estimate
    deadline: Deadline
    rows: tuple[RowMap, ...]
    start: FloatArray  # coordinates at the optimum
    curvature: FloatArray  # a rough inverse Hessian there

    @property
    def scale(self) -> float:
        return self.estimate.prepared.scaling.scale

    def at(self, value: float) -> Landscape:
        return Landscape(self, value)

    def stride(self, best: float) -> float:
        """Guess how far the parameter moves for a fifth of a unit of zeta."""
        estimate = self.estimate
        if self.held.kind == "fixed":
            return 0.2 * float(np.sqrt(estimate.covariance[self.held.column, self.held.column]))
        if self.held.kind == "sigma":
            return 0.2 * best / float(np.sqrt(2.0 * estimate.criterion.rows))
        if self.held.kind == "correlation":
            return 0.05 * (1.0 - best**2) + 1e-3
        assert self.held.place is not None
        size = _size(estimate, self.held.place, self.held.effects[0])
        return 0.05 * max(best, 0.05 * float(np.sqrt(estimate.sigma2)) / size)

    def residual(self, Q: FloatArray, value: float) -> tuple[FloatArray, float]:
        """Return [-beta, 1] and r2 at the best fixed effects, or at the best with one of them held."""
        root = np.linalg.cholesky(Q[:-1, :-1])
        half = np.linalg.solve(root, Q[:-1, -1])
        r2 = float(Q[-1, -1] - half @ half)
        beta = np.linalg.solve(root.T, half)
        if self.held.kind == "fixed":
            scaling = self.estimate.prepared.scaling
            unit = np.zeros(len(beta))
            unit[self.held.column] = 1.0
            along = np.linalg.solve(scaling.R.T, unit)  # beta_j = start_j + scale along'beta_scaled
            moved = np.linalg.solve(root.T, np.linalg.solve(root, along))
            gap = (value - scaling.start[self.held.column]) / scaling.scale - along @ beta
            beta = beta + moved * gap / (along @ moved)
            r2 += float(gap**2 / (along @ moved))
        if not r2 > 0.0:
            raise np.linalg.LinAlgError("no residual variation is left")
        return np.append(-beta, 1.0), r2


def held_parameters(estimate: Estimate) -> list[Held]:
    """List the parameters in the order of bootstrap's names."""
    found = []
    for place in estimate.criterion.pattern.places:
        for column in range(place.size):
            found.append(Held("sd", place, (column,)))
            found += [Held("correlation", place, (column, row)) for row in range(column + 1, place.size)]
    found.append(Held("sigma"))
    return found + [Held("fixed", column=column) for column in range(len(estimate.beta))]


def surface_of(held: Held, estimate: Estimate, deadline: Deadline) -> Surface:
    """Lay out the coordinates and find the optimum in them."""
    rows: list[RowMap] = []
    start: list[float] = []
    sizes: list[float] = []
    scale = estimate.prepared.scaling.scale
    for place in estimate.criterion.pattern.places:
        own = held.place == place
        first = held.effects if own else ()
        order = [*first, *(effect for effect in range(place.size) if effect not in first)]
        block = slice(place.start, place.start + place.size)
        S = estimate.covariances()[place.grouping][block, block] / scale**2
        L = semidefinite_factor(S[np.ix_(order, order)])
        for number, effect in enumerate(order):
            kind: Literal["free", "length", "direction"] = "free"
            entries = L[number, : number + 1].tolist()
            if own and held.kind == "sd" and effect == held.effects[0]:
                kind, entries = "length", entries if any(entries) else [1.0] * len(entries)
            elif own and held.kind == "correlation" and number == 1:
                kind, entries = "direction", [float(np.linalg.norm(entries))]
            rows.append(RowMap(place, effect, number + 1, kind, slice(len(start), len(start) + len(entries))))
            start += entries
            sizes += [_size(estimate, place, effect)] * len(entries)
    sigma = float(np.sqrt(estimate.sigma2)) / scale
    spread = 0.1 * np.maximum(np.abs(np.array(start)), 0.05 * sigma / np.array(sizes))
    widths = np.concatenate([spread, [0.5 / np.sqrt(estimate.criterion.rows)] if held.kind != "sigma" else []])
    if held.kind != "sigma":
        start.append(float(np.log(sigma)))
    return Surface(held, estimate, deadline, tuple(rows), np.array(start), np.diag(widths**2))


def _size(estimate: Estimate, place: Place, effect: int) -> float:
    """Return the root mean square of an effect's column."""
    return float(np.linalg.norm(estimate.prepared.bases.T[place.grouping][:, place.start + effect]))
