"""A mixed model that is kept: fitted again each night, judged by what its family loses, asked for predictions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from kinds.columns import check_mixed
from kinds.judging import finite_or_none, predicted_rows
from kinds.kind import Judged, Modelled
from kinds.mixed import MixedSpec, spec_of
from kinds.mixed_answer import Extras, answer_of, predicted
from kinds.presenting import warnings_of
from kinds.regress_model import RowsToPredict, split
from science.deadline import Deadline
from science.formula import parse
from science.formula.tree import names
from science.limits import Limits
from science.losses import fit_metrics
from science.mixed import Fit, fit, predict
from science.mixed.losses import losses_of, observed
from science.mixed.stored import from_parameters, to_parameters
from science.table import FloatArray, Table

TOLD = ("fit", "pred_low", "pred_high")
LARGE = ("effects", "trace")  # of the answer: a row for each level, and for each step of a loop


def fitted(asked: MixedSpec, table: Table, limits: Limits, deadline: Deadline) -> Fit:
    """Fit, and forget what only the rows fitted need."""
    with np.errstate(all="ignore"):  # a step too far is seen by its value
        whole = fit(spec_of(asked), table, limits, deadline)
    none = whole.fitted[:0]
    return replace(whole, kept=whole.kept[:0], codes={}, fitted=none, residuals=none)


def predictions(kept: Fit, body: RowsToPredict, table: Table | None, limits: Limits) -> dict[str, object]:
    assert table is not None
    told = predict(kept, table, limits)
    return {"predictions": predicted(told), "warnings": warnings_of(told.warnings)}


def judge(kept: Fit, rest: Table, held: Table, limits: Limits) -> Judged:
    """The family's losses of the rows held back; a row of a new group is predicted at the population's mean."""
    told = predicted_rows(lambda rows: predict(kept, rows, limits), held, TOLD)
    response = observed(kept.spec, held, limits)
    losses = losses_of(kept.spec, response, told["fit"])
    metrics = fit_metrics(response.y, told["fit"], told["pred_low"], told["pred_high"])
    metrics["loss"] = float(np.nanmean(losses)) if np.isfinite(losses).any() else float("nan")
    mean = float(np.nanmean(response.y)) if np.isfinite(response.y).any() else 0.0
    nothing = losses_of(kept.spec, response, np.full(len(losses), mean))
    return Judged(losses, finite_or_none(metrics), float(np.nanmean(nothing)) if np.isfinite(nothing).any() else 0.0)


def told_of(kept: Fit) -> dict[str, object]:
    """What people read of a fit, without what grows with the data."""
    answer = answer_of(kept, None, Extras(), residuals=False)
    return {name: value for name, value in answer.items() if name not in LARGE}


def finite(kept: Fit) -> bool:
    """Whether the effects and variances that predictions are made of are numbers."""
    posterior = kept.posterior
    arrays = (posterior.beta, posterior.R, *posterior.lambdas, *(each.estimate for each in kept.effects))
    return bool(all(np.isfinite(array).all() for array in arrays) and np.isfinite(posterior.sigma2))


def columns(kept: Fit) -> tuple[str, ...]:
    """The variables, the grouping factors, the response's columns and the weights."""
    response = parse(kept.spec.formula, Limits()).response
    assert response is not None
    found = [*(name.text for name in names(response)), *kept.recipe.variables]
    for recipe in kept.term_recipes:
        found += [*recipe.parts, *(recipe.recipe.variables if recipe.recipe else ())]
    return tuple(dict.fromkeys((*found, *(() if kept.spec.weights is None else (kept.spec.weights,)))))


def scores(kept: Fit, table: Table, limits: Limits) -> FloatArray:
    return predicted_rows(lambda rows: predict(kept, rows, limits), table, ("fit",))["fit"]


MIXED_MODEL = Modelled(
    check=check_mixed,
    predicts=RowsToPredict,
    split=split,
    parameters=to_parameters,
    restore=from_parameters,
    predict=predictions,
    judge=judge,
    told=told_of,
    finite=finite,
    columns=columns,
    scores=scores,
    fit=fitted,
)
