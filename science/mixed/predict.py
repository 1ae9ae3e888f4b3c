"""Predict new rows: with the effects of the levels the fit knows, and at the population's mean for new ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import sparse, special

from errors import InvalidInput
from science.limits import Limits
from science.mixed.design import TermRecipe, levels_of
from science.mixed.family import family_of
from science.mixed.random import GroupEffects
from science.mixed.result import Fit
from science.notice import Notice
from science.table import BoolArray, FloatArray, IntArray, Table

NO_PREDICTION_INTERVALS = (
    "the limits are of confidence in the expected value; a new count or success varies more, and how much more is for simulate "
    "to tell: pred_low and pred_high are left empty"
)

Scale = Literal["response", "link"]


@dataclass(frozen=True)
class Predictions:
    """Arrays (m,), one number per new row; NaN where a needed value is missing.

    conf: of x'beta + z'u, the uncertainty of both in it (not that of the variances). pred: of a new observation; for a
    level that is new, its own effect counts among what is unknown. new_levels: by factor, the rows of which the level is new.
    """

    fit: FloatArray
    std_error: FloatArray
    conf_low: FloatArray
    conf_high: FloatArray
    pred_low: FloatArray
    pred_high: FloatArray
    new_levels: dict[str, BoolArray]
    warnings: tuple[Notice, ...] = ()


@dataclass(frozen=True)
class _Part:
    """The new rows of one factor. codes: (m,), -1 for a level that is new."""

    codes: IntArray
    Z: FloatArray  # (m, q)
    missing: BoolArray

    @property
    def new(self) -> BoolArray:
        new: BoolArray = (self.codes < 0) & ~self.missing
        return new


def predict(fit: Fit, table: Table, limits: Limits, *, population: bool = False, scale: Scale = "response") -> Predictions:
    """Predict the rows of a table at the fit's level.

    population: predict for levels nobody has seen, whatever the rows say of the grouping factors. scale: of a generalized model,
    where intervals are made on the link's and carried over; the standard error then by the delta method, as in R's predict.glm.
    """
    rows = fit.recipe.matrix(table, limits)
    X = rows.X[:, fit.posterior.kept]
    parts = [_part(fit, effects, table, limits, population=population) for effects in fit.effects]
    missing = np.logical_or.reduce([rows.missing, *(part.missing for part in parts)])
    mean = X @ fit.posterior.beta + (0.0 if rows.offset is None else rows.offset)
    for part, effects in zip(parts, fit.effects, strict=True):
        known = part.codes >= 0
        mean[known] += (part.Z[known] * effects.estimate[part.codes[known]]).sum(1)
    mean[missing] = np.nan
    variance = _variance(fit, np.nan_to_num(X), parts, table.rows)
    variance[missing] = np.nan
    new = {} if population else {effects.group: part.new for part, effects in zip(parts, fit.effects, strict=True)}
    if fit.residual is None:
        return _generalized(fit, mean, np.sqrt(variance), new, scale)
    return _linear(fit, mean, variance, _unknown_variance(fit, parts, table.rows) + fit.residual.variance, new)


def _linear(fit: Fit, mean: FloatArray, variance: FloatArray, unknown: FloatArray, new: dict[str, BoolArray]) -> Predictions:
    """unknown: (m,) what varies beside the mean, in a new observation."""
    z = float(special.ndtri(0.5 + fit.spec.level / 2.0))
    error = np.sqrt(variance)
    wide = z * np.sqrt(variance + unknown)
    return Predictions(mean, error, mean - z * error, mean + z * error, mean - wide, mean + wide, new, _notices(new))


def _generalized(fit: Fit, eta: FloatArray, error: FloatArray, new: dict[str, BoolArray], scale: Scale) -> Predictions:
    z = float(special.ndtri(0.5 + fit.spec.level / 2.0))
    low, high, nothing = eta - z * error, eta + z * error, np.full(len(eta), np.nan)
    warnings = (*_notices(new), Notice("no_prediction_intervals", NO_PREDICTION_INTERVALS))
    if scale == "link":
        return Predictions(eta, error, low, high, nothing, nothing, new, warnings)
    family = family_of(fit.spec.family)
    slope = family.variance(eta)  # of the mean in eta: the links are canonical
    return Predictions(family.mean(eta), slope * error, family.mean(low), family.mean(high), nothing, nothing, new, warnings)


def _part(fit: Fit, effects: GroupEffects, table: Table, limits: Limits, *, population: bool) -> _Part:
    recipes = [recipe for recipe in fit.term_recipes if recipe.group == effects.group]
    Z = np.hstack([_columns(recipe, table, limits) for recipe in recipes])
    missing = np.isnan(Z).any(1)
    if population:
        return _Part(np.full(table.rows, -1, dtype=np.intp), np.nan_to_num(Z), missing)
    for part in recipes[0].parts:
        if part not in table:
            raise InvalidInput(f"the rows to predict need the column {part}", field="predict")
    missing = np.logical_or.reduce([missing, *(table[part].missing for part in recipes[0].parts)])
    codes = _level_codes(fit, effects, table, limits)
    return _Part(np.where(missing, -1, codes), np.nan_to_num(Z), missing)


def _level_codes(fit: Fit, effects: GroupEffects, table: Table, limits: Limits) -> IntArray:
    """Code the rows of a table by the levels of a fitted factor: (m,); -1 for a level that is new, or missing."""
    recipe = next(recipe for recipe in fit.term_recipes if recipe.group == effects.group)
    codes, levels = levels_of(recipe.parts, table, effects.group, limits)
    place = {level: number for number, level in enumerate(effects.levels)}
    return np.array([place.get(level, -1) for level in levels] + [-1], dtype=np.intp)[codes]


def _columns(recipe: TermRecipe, table: Table, limits: Limits) -> FloatArray:
    if recipe.recipe is None:
        return np.ones((table.rows, 1))
    return recipe.recipe.matrix(table, limits).X


def _variance(fit: Fit, X: FloatArray, parts: Sequence[_Part], m: int) -> FloatArray:
    loadings = []
    for number, effects in enumerate(fit.effects):
        J, q = effects.estimate.shape
        part = parts[number]
        known = np.flatnonzero(part.codes >= 0)
        rows = (part.codes[known][:, None] * q + np.arange(q)).ravel()
        scaled = part.Z[known] @ fit.posterior.bases.inverses[number]
        loadings.append(sparse.csr_matrix((scaled.ravel(), (rows, np.repeat(known, q))), shape=(J * q, m)))
    return fit.posterior.variances(X, loadings)


def _unknown_variance(fit: Fit, parts: Sequence[_Part], m: int) -> FloatArray:
    total = np.zeros(m)
    for part, S in zip(parts, fit.posterior.covariances(), strict=True):
        new = part.new
        total[new] += np.einsum("ma,ab,mb->m", part.Z[new], S, part.Z[new])
    return total


def _notices(new_levels: dict[str, BoolArray]) -> tuple[Notice, ...]:
    found = []
    for group, new in new_levels.items():
        count = int(new.sum())
        if count:
            rows = "1 row has" if count == 1 else f"{count} rows have"
            detail = f"{rows} a level of {group} that the fit never saw: predicted at the population's mean"
            found.append(Notice("new_levels", detail))
    return tuple(found)
