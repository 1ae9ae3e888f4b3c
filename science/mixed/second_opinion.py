"""statsmodels fits the same mixed model: MixedLM on the same columns. For jobs alone; nothing that serves requests imports it."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from science.limits import Limits
from science.mixed.grouping import Grouping
from science.mixed.model import Model, model_of
from science.mixed.spec import Spec
from science.opinion import Numbers
from science.table import FloatArray, Table

MOST_CELLS = 2_000_000  # of the indicator columns that crossed factors make
METHODS = ["bfgs", "cg"]  # each goes on where the one before gave up
ITERATIONS = 500
GRADIENT = 1e-7  # statsmodels' own 1e-5 leaves its variances at six digits


class Unfit(Exception):
    """statsmodels has no such model."""


def statsmodels_fit(spec: Spec, table: Table, limits: Limits) -> tuple[dict[str, Numbers], list[str]]:
    """Fit by statsmodels, and give its numbers by group, named as ours, and what it said. Raises Unfit.

    One factor whose effects are all correlated is MixedLM's own case; independent effects, and factors nested or crossed, are
    variance components, with all rows in one group.
    """
    _check(spec)
    model = model_of(spec, table, limits)
    if model.prepared.scaling.kept.size < model.sample.X.shape[1]:
        raise Unfit("columns that depend on others were left out, which statsmodels does not do")
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        found, numbers = _correlated(spec, model) if _one_block(model) else _components(spec, model)
    fixed = model.design.fixed.columns
    names = list(dict.fromkeys(f"{each.category.__name__}: {each.message}" for each in said))
    told: dict[str, Numbers] = {
        "coefficients": _by(fixed, np.asarray(found.fe_params)),
        "std_errors": _by(fixed, np.asarray(found.bse_fe)),
        **numbers,
        "fit": {"log_lik": float(found.llf), "sigma": float(np.sqrt(found.scale))},
    }
    return told, [*names, "converged" if found.converged else "did not converge"]


def _check(spec: Spec) -> None:
    if spec.family != "gaussian":
        raise Unfit(f"statsmodels maximises no likelihood of {spec.family} models with random effects")
    if spec.method not in ("reml", "ml"):
        raise Unfit(f"statsmodels has no method {spec.method}")
    if spec.weights is not None:
        raise Unfit("statsmodels' mixed models take no weights")
    if spec.variances is not None:
        raise Unfit("statsmodels does not fit for given variances")


def _one_block(model: Model) -> bool:
    return len(model.groupings) == 1 and len(model.groupings[0].sizes) == 1


def _correlated(spec: Spec, model: Model) -> tuple[Any, dict[str, Numbers]]:
    from statsmodels.regression.mixed_linear_model import MixedLM  # late: two seconds and 75 MB

    (grouping,) = model.groupings
    found = _fitted(MixedLM(model.sample.y, model.sample.X, groups=grouping.codes, exog_re=grouping.Z), spec)
    covariance = np.asarray(found.cov_re)
    effects = {
        f"{grouping.group} {grouping.levels[code]} {name}": float(value)
        for code, values in found.random_effects.items()
        for name, value in zip(grouping.names, np.asarray(values), strict=True)
    }
    return found, {"standard_deviations": _deviations(grouping, np.diag(covariance)), "effects": effects}


def _components(spec: Spec, model: Model) -> tuple[Any, dict[str, Numbers]]:
    from statsmodels.regression.mixed_linear_model import MixedLM, VCSpec  # late: two seconds and 75 MB

    _check_components(model)
    names, matrices, owners = [], [], []
    for grouping in model.groupings:
        indicators = (grouping.codes[:, None] == np.arange(len(grouping.levels))).astype(np.float64)
        for place, name in enumerate(grouping.names):
            names.append(f"{grouping.group} {name}")
            matrices.append(indicators * grouping.Z[:, [place]])
            owners.append((grouping, name))
    labels = [[[f"{grouping.group} {level} {name}" for level in grouping.levels]] for grouping, name in owners]
    parts = VCSpec(names, labels, [[matrix] for matrix in matrices])
    groups = np.zeros(model.sample.rows)
    found = _fitted(MixedLM(model.sample.y, model.sample.X, groups=groups, exog_vc=parts), spec)
    deviations: dict[str, float | None] = {
        name: float(np.sqrt(max(variance, 0.0))) for name, variance in zip(names, found.vcomp, strict=True)
    }
    return found, {"standard_deviations": deviations}


def _check_components(model: Model) -> None:
    if any(size > 1 for grouping in model.groupings for size in grouping.sizes):
        raise Unfit("statsmodels takes correlated effects of one factor only, without others beside it")
    cells = sum(len(grouping.levels) * grouping.width for grouping in model.groupings) * model.sample.rows
    if cells > MOST_CELLS:
        raise Unfit("statsmodels would need a dense matrix that is too large for so many levels and rows")


def _fitted(model: Any, spec: Spec) -> Any:
    return model.fit(reml=spec.method == "reml", method=METHODS, maxiter=ITERATIONS, gtol=GRADIENT)


def _deviations(grouping: Grouping, variances: FloatArray) -> Mapping[str, float | None]:
    named = zip(grouping.names, variances, strict=True)
    return {f"{grouping.group} {name}": float(np.sqrt(max(variance, 0.0))) for name, variance in named}


def _by(names: tuple[str, ...], values: FloatArray) -> dict[str, float | None]:
    return dict(zip(names, map(float, values), strict=True))
