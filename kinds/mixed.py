"""Linear and generalized linear mixed models: what can be asked, how it is answered."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from kinds.kind import Computed, Kind, Tables
from kinds.mixed_answer import Extras, answer_of, picture_of
from science.deadline import Deadline
from science.limits import Limits
from science.mixed import (
    Analysis,
    Bootstrap,
    GeneralizedAnalysis,
    Profile,
    Spec,
    Variances,
    analyse,
    bootstrap,
    compare,
    f_tests,
    predict,
    profile,
    simulated,
)
from science.table import Table

BESIDE = {"intervals", "anova", "f_tests", "residuals", "simulate", "samples", "seed", "predict_type", "predict_population"}

Analyses = Analysis | GeneralizedAnalysis


class VarianceComponents(BaseModel):
    """Variances given: the covariance matrix of each grouping factor, by rows, and the residual variance."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    groups: Annotated[dict[str, list[list[float]]], Field(examples=[{"Subject": [[612.1, 9.6], [9.6, 35.07]]}])]
    residual: float


class MixedSpec(BaseModel):
    """A mixed model to fit: a formula in lme4's spelling, how to fit it, and what to tell beside."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    formula: Annotated[str, Field(min_length=1, description="In lme4's spelling: y ~ x + (x | g), (1 | a/b), (x || g).")]
    method: Annotated[
        Literal["reml", "ml", "mackay", "mackay_gamma", "em", "px_em"],
        Field(description="How the variances are found; the last four are loops that tell their iterates."),
    ] = "reml"
    df: Annotated[
        Literal["satterthwaite", "kenward-roger", "none"], Field(description="Degrees of freedom of the fixed effects.")
    ] = "satterthwaite"
    level: Annotated[float, Field(ge=0.5, le=0.999, description="Of the confidence and prediction intervals.")] = 0.95
    missing: Annotated[Literal["drop", "refuse"], Field(description="What to do with rows that lack a value.")] = "drop"
    weights: Annotated[str | None, Field(description="A column of weights, as in R's lmer.")] = None
    family: Literal["gaussian", "binomial", "poisson"] = "gaussian"
    quadrature: Annotated[int, Field(ge=1, le=25, description="Points per group for binomial and poisson; 1 is Laplace.")] = 1
    variances: Annotated[VarianceComponents | None, Field(description="Fixed variances: only the effects are fitted.")] = None
    start: Annotated[VarianceComponents | None, Field(description="Where a loop begins.")] = None
    iterations: Annotated[int | None, Field(ge=1, le=100_000, description="At most so many, of a loop.")] = None
    intervals: Annotated[Literal["profile", "bootstrap"] | None, Field(description="Intervals of the variances, too.")] = None
    anova: Annotated[
        list[str] | None,
        Field(min_length=1, max_length=10, description="Formulas of nested models to compare with this one, refitted by ML."),
    ] = None
    f_tests: Annotated[bool, Field(description="Test each term of the fixed part: type III, as lmerTest's anova.")] = False
    predict_type: Annotated[
        Literal["response", "link"], Field(description="Scale of the predictions of a binomial or poisson model.")
    ] = "response"
    predict_population: Annotated[
        bool, Field(description="Predict for a level nobody has seen, whatever the rows say: R's re.form = NA.")
    ] = False
    residuals: Annotated[bool, Field(description="Tell fitted values and residuals of every row.")] = False
    simulate: Annotated[int | None, Field(ge=1, le=100, description="Draw so many responses from the fit.")] = None
    samples: Annotated[int, Field(ge=10, le=2_000, description="Of the bootstrap.")] = 500
    seed: Annotated[int, Field(ge=0, le=2**63 - 1, description="Of the bootstrap and of simulate.")] = 1
    backend: Annotated[
        Literal["numpy", "tensorflow"],
        Field(description="What walks the loops mackay and em; tensorflow does it in a job, by automatic derivatives."),
    ] = "numpy"

    @model_validator(mode="after")
    def _known_to_tensorflow(self) -> MixedSpec:
        if self.backend == "tensorflow" and not (self.method in ("mackay", "em") and self.family == "gaussian"):
            raise ValueError("backend tensorflow is for the methods mackay and em of gaussian models")
        return self


def decides(asked: MixedSpec) -> object:
    """What of a question decides its answer: a seed does only where something is drawn."""
    also = asked.model_dump(include=BESIDE)
    if asked.intervals != "bootstrap":
        del also["samples"]
    if asked.intervals != "bootstrap" and asked.simulate is None:
        del also["seed"]
    if asked.backend != "numpy":
        also["backend"] = asked.backend
    return {"spec": spec_of(asked), "also": also}


def answer(asked: MixedSpec, tables: Tables, limits: Limits, deadline: Deadline) -> Computed:
    """Fit, compute what was asked for beside, and present all of it."""
    table = tables["data"]
    analysis = analyse(spec_of(asked), table, limits, deadline)
    predictions = None
    if "predict" in tables:
        new_rows, population = tables["predict"], asked.predict_population
        predictions = predict(analysis.fit, new_rows, limits, population=population, scale=asked.predict_type)
    extras = _extras(asked, analysis, table, limits, deadline)
    told = answer_of(analysis.fit, predictions, extras, residuals=asked.residuals)
    return Computed(told, picture_of(analysis.fit, table, extras))


def spec_of(asked: MixedSpec) -> Spec:
    """Turn what was asked into the question that science answers."""
    return Spec(
        formula=asked.formula.strip(),
        method=asked.method,
        level=asked.level,
        df=asked.df,
        missing=asked.missing,
        weights=asked.weights,
        variances=_variances(asked.variances),
        family=asked.family,
        quadrature=asked.quadrature,
        iterations=asked.iterations,
        start=_variances(asked.start),
    )


def _variances(given: VarianceComponents | None) -> Variances | None:
    if given is None:
        return None
    return Variances({group: tuple(map(tuple, rows)) for group, rows in given.groups.items()}, given.residual)


def _extras(asked: MixedSpec, analysis: Analyses, table: Table, limits: Limits, deadline: Deadline) -> Extras:
    """Compute what was asked for beside the fit, from the fit."""
    formulas = None if asked.anova is None else [formula.strip() for formula in asked.anova]
    return Extras(
        intervals=_intervals(asked, analysis, limits, deadline),
        anova=None if formulas is None else compare(analysis, formulas, table, limits, deadline),
        simulations=None
        if asked.simulate is None
        else simulated(analysis, limits, deadline, seed=asked.seed, count=asked.simulate),
        f_tests=f_tests(analysis, table, limits, deadline) if asked.f_tests else None,
    )


def _intervals(asked: MixedSpec, analysis: Analyses, limits: Limits, deadline: Deadline) -> Profile | Bootstrap | None:
    if asked.intervals == "profile":
        return profile(analysis, limits, deadline)
    if asked.intervals == "bootstrap":
        return bootstrap(analysis, deadline, seed=asked.seed, count=asked.samples)
    return None


MIXED = Kind("mixed", asks=MixedSpec, decides=decides, answer=answer)
