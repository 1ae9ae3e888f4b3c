"""A fitted mixed model → the answer of /mixed, and what its pictures need."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Literal

import numpy as np
from pydantic import BaseModel

from kinds.opinion import SecondOpinion
from kinds.presenting import Prediction, Warned, arrays_of, fields_of, pointed, rows_of, thinned, warnings_of
from science.mixed import Bootstrap, Comparison, Fit, FTest, GroupEffects, Predictions, Profile
from science.table import FloatArray, IntArray, Numeric, Table

TRACE_STEPS = 500  # of a long loop, the first ones all, then ever fewer; the last always
GROUPS_SHOWN = 24  # as many as the picture of groups has panels


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
    """steps: the number of each row; 0 is the start. Of a long loop the later steps are told more and more sparsely."""

    columns: list[str]
    steps: list[int]
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


class TermTest(BaseModel):
    """One term of the fixed part: type III. den_df: null for Wald's test, of a generalized model."""

    term: str
    sum_sq: float | None
    mean_sq: float | None
    num_df: int
    den_df: float | None
    statistic: float | None
    p_value: float | None


class MixedPrediction(Prediction):
    """new_levels: the grouping factors of which the row has a level that the fit never saw."""

    new_levels: list[str]


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
    predictions: list[MixedPrediction] | None = None
    intervals: Intervals | None = None
    anova: list[AnovaRow] | None = None
    f_tests: list[TermTest] | None = None
    residuals: list[FittedRow] | None = None
    simulations: list[list[float]] | None = None
    second_opinion: SecondOpinion | None = None
    warnings: list[Warned]
    engine: str


@dataclass(frozen=True)
class Extras:
    """What is computed beside the fit, when it is asked for."""

    intervals: Profile | Bootstrap | None = None
    anova: Comparison | None = None
    simulations: FloatArray | None = None  # (count, n)
    f_tests: Sequence[FTest] | None = None


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
        "trace": trace_told(fitted.trace.columns, fitted.trace.values),
        **_beside(extras),
        "warnings": _warnings(fitted, predictions, extras),
    }
    if predictions is not None:
        answer["predictions"] = predicted(predictions)
    if residuals:
        answer["residuals"] = rows_of(
            {"row": (fitted.kept + 1).tolist(), "fitted": fitted.fitted.tolist(), "residual": fitted.residuals.tolist()}
        )
    return answer


def predicted(predictions: Predictions) -> list[dict[str, object]]:
    """Present predictions, a row for each new row."""
    names = list(predictions.new_levels)
    new = zip(*(rows.tolist() for rows in predictions.new_levels.values()), strict=True)
    groups = [list(compress(names, row)) for row in new] if names else [[] for _ in predictions.fit]
    return rows_of({**arrays_of(predictions, Prediction.model_fields), "new_levels": groups})


def trace_told(columns: Sequence[str], values: FloatArray) -> dict[str, object]:
    """Present the iterates, of a long loop the later ones more and more sparsely. values: (steps, columns)."""
    steps = np.arange(len(values))
    if len(steps) > TRACE_STEPS:
        steps = np.unique(np.geomspace(1, len(steps), TRACE_STEPS).round().astype(np.intp)) - 1
    return {"columns": columns, "steps": steps, "values": np.ascontiguousarray(values[steps])}


def picture_of(fitted: Fit, table: Table, extras: Extras) -> dict[str, object]:
    """What drawings of the fit need: the rows of one factor's largest groups, and the profile where there is one."""
    effects = max(fitted.effects, key=lambda each: len(each.names))
    codes = fitted.codes[effects.group]
    shown = _of_the_largest(codes, len(effects.levels))
    picture: dict[str, object] = {
        "fitted": pointed(fitted.fitted[shown]),
        "residuals": pointed(fitted.residuals[shown]),
        "group": effects.group,
        "levels": effects.levels,
        "codes": codes[shown],
        "x": _slope(effects, table, fitted.kept[shown]),
    }
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


def _beside(extras: Extras) -> dict[str, object]:
    told: dict[str, object] = {}
    if (intervals := extras.intervals) is not None:
        told["intervals"] = {
            "method": "profile" if isinstance(intervals, Profile) else "bootstrap",
            "rows": rows_of({"term": intervals.names, **arrays_of(intervals, INTERVAL_ARRAYS)}),
            "unconverged": None if isinstance(intervals, Profile) else intervals.unconverged,
        }
    if extras.f_tests is not None:
        told["f_tests"] = [fields_of(test, TermTest) for test in extras.f_tests]
    if extras.anova is not None:
        told["anova"] = [fields_of(row, AnovaRow) for row in extras.anova.rows]
    if extras.simulations is not None:
        told["simulations"] = np.ascontiguousarray(extras.simulations)
    return told


def _warnings(fitted: Fit, predictions: Predictions | None, extras: Extras) -> list[dict[str, str]]:
    told = (*fitted.warnings, *(predictions.warnings if predictions else ()), *(extras.anova.warnings if extras.anova else ()))
    return warnings_of(dict.fromkeys(told))


def _of_the_largest(codes: IntArray, levels: int) -> IntArray:
    """Choose the rows of the groups with most rows: all of them, or as many of each in proportion as a picture shows."""
    largest = np.zeros(levels, dtype=np.bool_)
    largest[np.argsort(-np.bincount(codes, minlength=levels), kind="stable")[:GROUPS_SHOWN]] = True
    rows = np.flatnonzero(largest[codes])
    by_group = rows[np.argsort(codes[rows], kind="stable")]
    return np.sort(by_group[thinned(len(by_group))])


def _slope(effects: GroupEffects, table: Table, rows: IntArray) -> dict[str, object] | None:
    """The number that the factor's slope is over."""
    name = next((name for name in effects.names if isinstance(table.columns.get(name), Numeric)), None)
    column = None if name is None else table[name]
    return {"name": name, "values": pointed(column.values[rows])} if isinstance(column, Numeric) else None
