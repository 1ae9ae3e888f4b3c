"""A fitted mixed model → the answer of /mixed, and what its pictures need."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import BaseModel

from kinds.presenting import Prediction, Warned, arrays_of, drawn, fields_of, rows_of, thinned, warnings_of
from science.limits import Limits
from science.mixed import Bootstrap, Comparison, Fit, GroupEffects, Predictions, Profile, level_codes
from science.table import FloatArray, Numeric, Table

TRACE_STEPS = 500  # of a long loop, thinned evenly; the first and the last always


class FixedEffect(BaseModel):
    term: str
    estimate: float | None
    std_error: float | None
    df: float | None
    statistic: float | None
    p_value: float | None
    conf_low: float | None
    conf_high: float | None


class RandomTerm(BaseModel):
    """What varies over the levels of a group; its correlations with the earlier terms it varies together with."""

    group: str
    term: str
    sd: float
    variance: float
    correlations: dict[str, float | None]


class ResidualVariance(BaseModel):
    sd: float
    variance: float


class MixedGlance(BaseModel):
    """The fit in numbers. R squared as of Nakagawa; icc is the share of the groups in what the fixed effects leave."""

    reml_criterion: float | None
    log_lik: float | None
    deviance: float | None
    aic: float | None
    bic: float | None
    df: int
    df_residual: int
    sigma: float | None
    nobs: int
    groups: dict[str, int]
    converged: bool
    singular: bool
    evaluations: int
    gradient: float | None
    icc: float | None
    r_squared_marginal: float | None
    r_squared_conditional: float | None


class Effect(BaseModel):
    """A conditional mode (BLUP) and its conditional standard deviation."""

    group: str
    level: str
    term: str
    estimate: float | None
    std_error: float | None


class TraceOfIterates(BaseModel):
    columns: list[str]
    values: list[list[float | None]]


class Interval(BaseModel):
    term: str
    estimate: float | None
    conf_low: float | None
    conf_high: float | None


class Intervals(BaseModel):
    method: Literal["profile", "bootstrap"]
    rows: list[Interval]
    unconverged: int | None = None


class AnovaRow(BaseModel):
    """One model, compared with the row before."""

    formula: str
    npar: int
    aic: float | None
    bic: float | None
    log_lik: float | None
    deviance: float | None
    statistic: float | None
    df: int | None
    p_value: float | None


class FittedRow(BaseModel):
    row: int
    fitted: float | None
    residual: float | None


class MixedAnswer(BaseModel):
    """A fitted mixed model, kept under its url."""

    id: str
    kind: Literal["mixed"]
    url: str
    formula: str
    method: str
    family: str
    df_method: str
    level: float
    rows: int
    nobs: int
    rows_dropped: int
    fixed: list[FixedEffect]
    random: list[RandomTerm]
    residual: ResidualVariance | None
    fit: MixedGlance
    effects: list[Effect]
    trace: TraceOfIterates
    predictions: list[Prediction] | None = None
    intervals: Intervals | None = None
    anova: list[AnovaRow] | None = None
    residuals: list[FittedRow] | None = None
    simulations: list[list[float]] | None = None
    warnings: list[Warned]
    engine: str


@dataclass(frozen=True)
class Extras:
    """What is computed beside the fit, when it is asked for."""

    intervals: Profile | Bootstrap | None
    anova: Comparison | None
    simulations: FloatArray | None  # (count, n)


FIXED_ARRAYS = tuple(name for name in FixedEffect.model_fields if name != "term")
INTERVAL_ARRAYS = ("estimate", "conf_low", "conf_high")


def answer_of(fitted: Fit, predictions: Predictions | None, extras: Extras, *, residuals: bool) -> dict[str, object]:
    """Present a fit and what was asked for beside it."""
    spec = fitted.spec
    answer: dict[str, object] = {
        "formula": spec.formula,
        "method": spec.method if spec.family == "gaussian" else "ml",
        "family": spec.family,
        "df_method": spec.df if spec.family == "gaussian" else "none",
        "level": spec.level,
        "rows": fitted.rows,
        "nobs": fitted.nobs,
        "rows_dropped": fitted.rows_dropped,
        "fixed": rows_of({"term": fitted.fixed.terms, **arrays_of(fitted.fixed, FIXED_ARRAYS)}),
        "random": list(_random(fitted)),
        "residual": fitted.residual and fields_of(fitted.residual, ResidualVariance),
        "fit": fields_of(fitted.fit, MixedGlance),
        "effects": list(_effects(fitted)),
        "trace": _trace(fitted),
        **_beside(extras),
        "warnings": _warnings(fitted, predictions, extras),
    }
    if predictions is not None:
        answer["predictions"] = rows_of(arrays_of(predictions, Prediction.model_fields))
    if residuals:
        answer["residuals"] = rows_of(
            {"row": (fitted.kept + 1).tolist(), "fitted": fitted.fitted.tolist(), "residual": fitted.residuals.tolist()}
        )
    return answer


def picture_of(fitted: Fit, table: Table, extras: Extras, limits: Limits) -> dict[str, object]:
    """What drawings of the fit need: the rows with the codes of one factor, and the profile where there is one."""
    shown = thinned(len(fitted.kept))
    picture: dict[str, object] = {"fitted": drawn(fitted.fitted[shown]), "residuals": drawn(fitted.residuals[shown])}
    if fitted.effects:
        most_slopes = max(fitted.effects, key=lambda each: len(each.names))
        picture |= _groups(most_slopes, fitted, table.take(fitted.kept[shown]), limits)
    if isinstance(extras.intervals, Profile):
        names, curves = extras.intervals.names, extras.intervals.curves
        picture["profile"] = [
            {"name": name, "values": curve.values.tolist(), "zeta": curve.zeta.tolist()}
            for name, curve in zip(names, curves, strict=True)
        ]
    return picture


def _random(fitted: Fit) -> Iterator[dict[str, object]]:
    for block in fitted.random:
        for place, term in enumerate(block.names):
            earlier = zip(block.names[:place], block.correlation[place, :place].tolist(), strict=True)
            yield {
                "group": block.group,
                "term": term,
                "sd": float(block.sd[place]),
                "variance": float(block.variance[place]),
                "correlations": dict(earlier),
            }


def _effects(fitted: Fit) -> Iterator[dict[str, object]]:
    for each in fitted.effects:
        for level, estimates, errors in zip(each.levels, each.estimate.tolist(), each.std_error.tolist(), strict=True):
            for term, estimate, error in zip(each.names, estimates, errors, strict=True):
                yield {"group": each.group, "level": level, "term": term, "estimate": estimate, "std_error": error}


def _trace(fitted: Fit) -> dict[str, object]:
    steps = len(fitted.trace.values)
    shown = np.unique(np.linspace(0, steps - 1, min(steps, TRACE_STEPS)).round().astype(np.intp)) if steps else slice(0)
    return {"columns": fitted.trace.columns, "values": np.ascontiguousarray(fitted.trace.values[shown])}


def _beside(extras: Extras) -> dict[str, object]:
    told: dict[str, object] = {}
    if (intervals := extras.intervals) is not None:
        told["intervals"] = {
            "method": "profile" if isinstance(intervals, Profile) else "bootstrap",
            "rows": rows_of({"term": intervals.names, **arrays_of(intervals, INTERVAL_ARRAYS)}),
            "unconverged": None if isinstance(intervals, Profile) else intervals.unconverged,
        }
    if extras.anova is not None:
        told["anova"] = [fields_of(row, AnovaRow) for row in extras.anova.rows]
    if extras.simulations is not None:
        told["simulations"] = np.ascontiguousarray(extras.simulations)
    return told


def _warnings(fitted: Fit, predictions: Predictions | None, extras: Extras) -> list[dict[str, str]]:
    told = (*fitted.warnings, *(predictions.warnings if predictions else ()), *(extras.anova.warnings if extras.anova else ()))
    return warnings_of(dict.fromkeys(told))


def _groups(effects: GroupEffects, fitted: Fit, rows: Table, limits: Limits) -> dict[str, object]:
    """The factor drawn, its level in each row shown, and the number its slope is over."""
    name = next((name for name in effects.names if isinstance(rows.columns.get(name), Numeric)), None)
    x = None if name is None else rows[name]
    return {
        "group": effects.group,
        "levels": effects.levels,
        "codes": level_codes(fitted, effects, rows, limits),
        "x": {"name": name, "values": drawn(x.values)} if isinstance(x, Numeric) else None,
    }
