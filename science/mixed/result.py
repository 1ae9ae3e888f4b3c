"""A fitted mixed model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from errors import RefitNeeded
from science.design import Recipe
from science.mixed.design import TermRecipe
from science.mixed.fixed import FixedEffects
from science.mixed.glance import Glance
from science.mixed.posterior import Posterior
from science.mixed.random import GroupEffects, RandomEffect
from science.mixed.spec import Spec
from science.mixed.stored import FORMAT, decoded, encoded
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

    def to_parameters(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Split the fit into what JSON holds and what arrays hold; from_parameters puts it together again."""
        arrays: dict[str, np.ndarray] = {}
        return {"format": FORMAT, "fit": encoded(self, arrays)}, arrays

    @classmethod
    def from_parameters(cls, document: dict[str, Any], arrays: dict[str, np.ndarray]) -> Fit:
        """Rebuild a fit. Raises RefitNeeded for a format that is not read here."""
        if document.get("format") != FORMAT:
            raise RefitNeeded("the stored fit has a format that this version does not read; fit the model again")
        fit: Fit = decoded(document["fit"], arrays, {"Fit": cls, "Residual": Residual})
        return fit
