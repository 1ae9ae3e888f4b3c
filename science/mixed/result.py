"""A fitted mixed model."""

from __future__ import annotations

from dataclasses import dataclass

from science.design import Recipe
from science.mixed.design import TermRecipe
from science.mixed.fixed import FixedEffects
from science.mixed.glance import Glance
from science.mixed.posterior import Posterior
from science.mixed.random import GroupEffects, RandomEffect
from science.mixed.spec import Spec
from science.mixed.trace import Trace
from science.notice import Notice
from science.table import FloatArray, IntArray


@dataclass(frozen=True)
class Residual:
    sd: float
    variance: float


@dataclass(frozen=True)
class Fit:
    """A fitted mixed model. n rows took part."""

    spec: Spec
    recipe: Recipe  # of the fixed part
    term_recipes: tuple[TermRecipe, ...]
    fixed: FixedEffects
    random: tuple[RandomEffect, ...]
    residual: Residual | None  # None where the family has none
    fit: Glance
    effects: tuple[GroupEffects, ...]
    trace: Trace
    nobs: int
    rows: int  # of the table
    rows_dropped: int  # because a value was missing
    kept: IntArray  # (n,) the rows of the table that took part
    codes: dict[str, IntArray]  # (n,) of each grouping factor, into the levels of its effects
    fitted: FloatArray  # (n,)
    residuals: FloatArray  # (n,)
    posterior: Posterior  # what predictions need
    warnings: tuple[Notice, ...]
