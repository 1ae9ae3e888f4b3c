"""From a model to an estimate, by the method that is asked for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from errors import InvalidInput
from science.deadline import Deadline
from science.mixed.criterion import Criterion
from science.mixed.estimate import Estimate, estimate_at
from science.mixed.loops import Loop, Walk, starting, walk
from science.mixed.model import Model, given_covariances
from science.mixed.notices import unconverged_notice
from science.mixed.optimise import Search, minimise
from science.mixed.spec import Spec
from science.mixed.trace import Trace, columns_of, entries, trace_of
from science.notice import Notice
from science.table import FloatArray

DEFAULT_ITERATIONS = {"mackay": 100}
MANY_ITERATIONS = 2_000
EXHAUSTED = (
    "the random effects explain the response but for rounding: no residual is left to compare their variances with; "
    "leave effects out, or fit the groups as a factor with /regress"
)


@dataclass(frozen=True)
class Solved:
    estimate: Estimate
    converged: bool
    evaluations: int
    gradient: float | None  # largest entry; None where nothing was minimised
    value: float  # the criterion at the estimate
    trace: Trace
    search: Search
    curvature: FloatArray | None  # a rough inverse Hessian in theta; None where the variances are no optimum
    warnings: tuple[Notice, ...]


def solve(spec: Spec, model: Model, deadline: Deadline) -> Solved:
    """Estimate the variances by optimisation or iteration, or take them as given."""
    criterion = model.prepared.criterion(reml=spec.method != "ml")
    if spec.variances is not None:
        return _given(spec, model, criterion, deadline)
    try:
        if spec.method in ("reml", "ml"):
            return _optimised(model, criterion, deadline)
        return _iterated(spec, model, criterion, deadline)
    except np.linalg.LinAlgError:
        raise InvalidInput(EXHAUSTED, field="formula") from None


def _optimised(model: Model, criterion: Criterion, deadline: Deadline) -> Solved:
    search = Search(criterion, deadline)
    optimum = minimise(search)
    evaluation = optimum.point.evaluation
    gradient = float(np.abs(optimum.point.gradient).max())
    return Solved(
        estimate=estimate_at(model.prepared, criterion, evaluation),
        converged=optimum.converged,
        evaluations=optimum.evaluations,
        gradient=gradient,
        value=evaluation.value,
        trace=trace_of(search.trace, criterion, model.prepared, model.groupings),
        search=search,
        curvature=optimum.inverse_hessian,
        warnings=() if optimum.converged else (unconverged_notice(gradient),),
    )


def _given(spec: Spec, model: Model, criterion: Criterion, deadline: Deadline) -> Solved:
    assert spec.variances is not None
    covariances = given_covariances(spec.variances, model.groupings, "variances")
    residual = spec.variances.residual
    scaled = model.prepared.bases.inward(covariances)
    theta = criterion.pattern.factor([G / residual for G in scaled])
    try:
        evaluation = criterion.at(theta)
    except np.linalg.LinAlgError:
        raise InvalidInput("these variances are too far apart for double precision", field="variances") from None
    value = criterion.given(evaluation, residual / model.prepared.scaling.scale**2)
    columns = columns_of(criterion.pattern, model.groupings)
    row = np.array([[*entries(criterion.pattern, covariances), residual, value]])
    return Solved(
        estimate=estimate_at(model.prepared, criterion, evaluation, residual),
        converged=True,
        evaluations=1,
        gradient=None,
        value=value,
        trace=Trace(columns, row),
        search=Search(criterion, deadline),
        curvature=None,
        warnings=(Notice("variances_given", "the variances were given, not estimated: standard errors take them as known"),),
    )


def _iterated(spec: Spec, model: Model, criterion: Criterion, deadline: Deadline) -> Solved:
    scale = model.prepared.scaling.scale
    most = spec.iterations or DEFAULT_ITERATIONS.get(spec.method, MANY_ITERATIONS)
    try:
        way = walk(Loop(criterion), spec.method, _start(spec, model), most, deadline)
    except np.linalg.LinAlgError:
        raise InvalidInput("the loop cannot begin at this start; the variances are too far apart", field="start") from None
    last = way.iterates[-1]
    search = Search(criterion, deadline)
    at_reml = way.converged and spec.method != "mackay"
    return Solved(
        estimate=estimate_at(model.prepared, criterion, last.evaluation, last.sigma2 * scale**2),
        converged=way.converged,
        evaluations=len(way.iterates),
        gradient=float(np.abs(criterion.gradient(last.evaluation)).max()),
        value=last.value,
        trace=_trace(way, model, criterion, scale),
        search=search,
        curvature=search.curvature(last.evaluation.theta) if at_reml else None,
        warnings=_warnings(spec.method, way, most),
    )


def _start(spec: Spec, model: Model) -> tuple[tuple[FloatArray, ...], float]:
    """Begin where given, or at the residual variance of least squares for each effect on a standardised column."""
    scale = model.prepared.scaling.scale
    if spec.start is not None:
        covariances = given_covariances(spec.start, model.groupings, "start")
        return starting(model.prepared.bases.inward(covariances), spec.start.residual, scale)
    return tuple(np.eye(grouping.width) for grouping in model.groupings), 1.0


def _trace(way: Walk, model: Model, criterion: Criterion, scale: float) -> Trace:
    bases = model.prepared.bases
    rows = [
        [*(scale**2 * entries(criterion.pattern, bases.outward(one.covariances))), scale**2 * one.sigma2, one.value]
        for one in way.iterates
    ]
    return Trace(columns_of(criterion.pattern, model.groupings), np.array(rows))


def _warnings(method: str, way: Walk, most: int) -> tuple[Notice, ...]:
    found = []
    if method == "mackay":
        detail = (
            "the plain loop takes the effects for known and underestimates their variances; mackay_gamma, em and px_em do not"
        )
        found.append(Notice("underestimates", detail))
    if way.broken is not None:
        found.append(Notice("broken", f"the loop stopped after {len(way.iterates) - 1} steps: {way.broken}"))
    elif not way.converged:
        found.append(Notice("not_converged", f"the loop was still moving after {most} steps"))
    return tuple(found)
