"""Predict new rows: with the effects of the levels the fit knows, and at the population's mean for new ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True)
class Predictions:
    """Arrays (m,), one number per new row; NaN where a needed value is missing.

    conf: of x'beta + z'u, the uncertainty of both in it (not that of the variances). pred: of a new observation; for a
    level that is new, its own effect counts among what is unknown. new_levels: rows of which a level is new.
    """

    fit: FloatArray
    std_error: FloatArray
    conf_low: FloatArray
    conf_high: FloatArray
    pred_low: FloatArray
    pred_high: FloatArray
    new_levels: BoolArray
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


def predict(fit: Fit, table: Table, limits: Limits, *, random: bool = True) -> Predictions:
    """Predict the rows of a table at the fit's level. random: False leaves the random effects out altogether."""
    rows = fit.recipe.matrix(table, limits)
    X = rows.X[:, fit.posterior.kept]
    parts = [_part(fit, effects, table, limits) for effects in fit.effects] if random else []
    missing = np.logical_or.reduce([rows.missing, *(part.missing for part in parts)])
    mean = X @ fit.posterior.beta + (0.0 if rows.offset is None else rows.offset)
    for part, effects in zip(parts, fit.effects, strict=False):
        known = part.codes >= 0
        mean[known] += (part.Z[known] * effects.estimate[part.codes[known]]).sum(1)
    mean[missing] = np.nan
    variance = _variance(fit, np.nan_to_num(X), parts, table.rows)
    unknown = _unknown_variance(fit, parts, table.rows)
    variance[missing] = np.nan
    return _predictions(fit, mean, variance, unknown, parts)


def _predictions(fit: Fit, mean: FloatArray, variance: FloatArray, unknown: FloatArray, parts: list[_Part]) -> Predictions:
    z = float(special.ndtri(0.5 + fit.spec.level / 2.0))
    error = np.sqrt(variance)
    new = np.logical_or.reduce([part.new for part in parts]) if parts else np.zeros(len(mean), dtype=np.bool_)
    low, high = mean - z * error, mean + z * error
    warnings = _notices(fit, parts)
    if fit.residual is None:
        inverse = family_of(fit.spec.family).mean
        nothing = np.full(len(mean), np.nan)
        return Predictions(inverse(mean), error, inverse(low), inverse(high), nothing, nothing, new, warnings)
    wide = z * np.sqrt(variance + unknown + fit.residual.variance)
    return Predictions(mean, error, low, high, mean - wide, mean + wide, new, warnings)


def level_codes(fit: Fit, effects: GroupEffects, table: Table, limits: Limits) -> IntArray:
    """Code the rows of a table by the levels of a fitted factor: (m,); -1 for a level that is new, or missing."""
    recipe = next(recipe for recipe in fit.term_recipes if recipe.group == effects.group)
    codes, levels = levels_of(recipe.parts, table, effects.group, limits)
    place = {level: number for number, level in enumerate(effects.levels)}
    return np.array([place.get(level, -1) for level in levels] + [-1], dtype=np.intp)[codes]


def _part(fit: Fit, effects: GroupEffects, table: Table, limits: Limits) -> _Part:
    recipes = [recipe for recipe in fit.term_recipes if recipe.group == effects.group]
    for part in recipes[0].parts:
        if part not in table:
            raise InvalidInput(f"the rows to predict need the column {part}", field="predict")
    Z = np.hstack([_columns(recipe, table, limits) for recipe in recipes])
    unnamed = np.logical_or.reduce([table[part].missing for part in recipes[0].parts])
    missing = unnamed | np.isnan(Z).any(1)
    codes = level_codes(fit, effects, table, limits)
    return _Part(np.where(missing, -1, codes), np.nan_to_num(Z), missing)


def _columns(recipe: TermRecipe, table: Table, limits: Limits) -> FloatArray:
    if recipe.recipe is None:
        return np.ones((table.rows, 1))
    return recipe.recipe.matrix(table, limits).X


def _variance(fit: Fit, X: FloatArray, parts: Sequence[_Part], m: int) -> FloatArray:
    loadings = []
    for number, effects in enumerate(fit.effects):
        J, q = effects.estimate.shape
        if number >= len(parts):
            loadings.append(sparse.csr_matrix((J * q, m)))
            continue
        part = parts[number]
        known = np.flatnonzero(part.codes >= 0)
        rows = (part.codes[known][:, None] * q + np.arange(q)).ravel()
        scaled = part.Z[known] @ fit.posterior.bases.inverses[number]
        loadings.append(sparse.csr_matrix((scaled.ravel(), (rows, np.repeat(known, q))), shape=(J * q, m)))
    return fit.posterior.variances(X, loadings)


def _unknown_variance(fit: Fit, parts: Sequence[_Part], m: int) -> FloatArray:
    total = np.zeros(m)
    for part, S in zip(parts, fit.posterior.covariances(), strict=False):
        new = part.new
        total[new] += np.einsum("ma,ab,mb->m", part.Z[new], S, part.Z[new])
    return total


def _notices(fit: Fit, parts: Sequence[_Part]) -> tuple[Notice, ...]:
    found = []
    for part, effects in zip(parts, fit.effects, strict=False):
        count = int(part.new.sum())
        if count:
            detail = f"{count} rows have a level of {effects.group} that the fit never saw: predicted at the population's mean"
            found.append(Notice("new_levels", detail))
    return tuple(found)
