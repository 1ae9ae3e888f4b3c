"""A linear model that is kept: fitted again each night, judged by its squared errors, asked for predictions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from pydantic import BaseModel, ConfigDict

from kinds.columns import check_regress
from kinds.judging import finite_or_none, predicted_rows
from kinds.kind import Judged, Modelled
from kinds.presenting import Prediction, arrays_of, rows_of, warnings_of
from kinds.regress import RegressSpec, spec_of, told_of
from kinds.rows import Rows
from science.deadline import Deadline
from science.design.response import response_of
from science.formula import parse
from science.formula.tree import names
from science.holdout import split_at_end, split_by_content
from science.limits import Limits
from science.losses import fit_metrics, squared_error
from science.regress import Fit, fit, predict
from science.table import FloatArray, Numeric, Table

TOLD = ("fit", "pred_low", "pred_high")
OF_ROWS = ("kept", "fitted", "residuals", "leverage")  # of the data fitted: no prediction needs them


class RowsToPredict(BaseModel):
    """New rows for a stored model to predict."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    data: Rows


def fitted(asked: RegressSpec, table: Table, limits: Limits, deadline: Deadline) -> Fit:
    """Fit, and forget what only the rows fitted need."""
    whole = fit(spec_of(asked), table, limits, deadline)
    return replace(whole, **{name: getattr(whole, name)[:0] for name in OF_ROWS})


def split(asked: RegressSpec, table: Table, share: float) -> tuple[Table, Table]:
    """Hold rows back by their content; the last ones where a formula looks back at the rows before."""
    return (split_at_end if "lag(" in asked.formula else split_by_content)(table, share)


def predictions(kept: Fit, body: RowsToPredict, table: Table | None, limits: Limits) -> dict[str, object]:
    assert table is not None
    told = predict(kept, table, limits)
    return {"predictions": rows_of(arrays_of(told, Prediction.model_fields)), "warnings": warnings_of(told.warnings)}


def judge(kept: Fit, rest: Table, held: Table, limits: Limits) -> Judged:
    """Squared errors (weighted where the model is) of the rows held back."""
    told = predicted_rows(lambda rows: predict(kept, rows, limits), held, TOLD)
    y = response_of(kept.spec.formula, held, limits)
    weights = _weights(kept, held)
    losses = squared_error(y, told["fit"], weights)
    mean = float(np.nanmean(y)) if np.isfinite(y).any() else 0.0
    nothing = squared_error(y, np.full(len(y), mean), weights)
    scale = float(np.nanmean(nothing)) if np.isfinite(nothing).any() else 0.0
    return Judged(losses, finite_or_none(fit_metrics(y, told["fit"], told["pred_low"], told["pred_high"])), scale)


def finite(kept: Fit) -> bool:
    known = kept.estimate[~np.isnan(kept.estimate)]
    return bool(len(known) and np.isfinite(known).all() and np.isfinite(kept.root).all())


def columns(kept: Fit) -> tuple[str, ...]:
    """The variables, the response's columns and the weights."""
    response = parse(kept.spec.formula, Limits()).response
    assert response is not None
    also = () if kept.spec.weights is None else (kept.spec.weights,)
    return tuple(dict.fromkeys((*(name.text for name in names(response)), *kept.recipe.variables, *also)))


def scores(kept: Fit, table: Table, limits: Limits) -> FloatArray:
    return predicted_rows(lambda rows: predict(kept, rows, limits), table, ("fit",))["fit"]


def _weights(kept: Fit, table: Table) -> FloatArray | None:
    column = None if kept.spec.weights is None else table.columns.get(kept.spec.weights)
    return column.values if isinstance(column, Numeric) else None


REGRESS_MODEL = Modelled(
    check=check_regress,
    predicts=RowsToPredict,
    split=split,
    parameters=Fit.to_parameters,
    restore=Fit.from_parameters,
    predict=predictions,
    judge=judge,
    told=told_of,
    finite=finite,
    columns=columns,
    scores=scores,
    fit=fitted,
)
