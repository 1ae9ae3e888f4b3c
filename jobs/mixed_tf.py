"""A mixed model whose loop TensorFlow walks, by automatic derivatives: it finds the variances, NumPy tells what they mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from kinds.kind import Computed, Tables
from kinds.mixed import MIXED, MixedSpec, VarianceComponents, spec_of
from kinds.mixed_answer import trace_told
from kinds.mixed_model import MIXED_MODEL
from science.deadline import Deadline
from science.limits import Limits
from science.mixed import Fit
from science.mixed.grouping import Grouping
from science.mixed.loops import Loop
from science.mixed.model import Model, given_covariances, model_of
from science.mixed.spec import Spec
from science.mixed.trace import columns_of, entries
from science.mixed.train_tf import loop
from science.notice import Notice
from science.table import FloatArray, Table

ITERATIONS = 100  # unless the caller says how many; each solves a dense system
GIVEN = "variances_given"  # what science says of the fit at the variances found, which is not how it was asked for

Start = tuple[Sequence[FloatArray], float]


def tensorflow_answer(asked: MixedSpec, tables: Tables, limits: Limits, deadline: Deadline) -> Computed:
    """Answer as kinds.mixed does, with the variances and the iterates of TensorFlow's loop."""
    model = model_of(spec_of(asked), tables["data"], limits)
    iterates = _iterates(asked, model, deadline)
    computed = MIXED.answer(_at(asked, iterates[-1], model.groupings), tables, limits, deadline)
    found = [each for each in computed.answer["warnings"] if each["code"] != GIVEN]  # type: ignore[attr-defined]
    told = {
        "method": asked.method,
        "trace": _trace(iterates, model),
        "warnings": [*found, vars(_notice(asked, iterates))],
    }
    return Computed(computed.answer | told, computed.picture)


def tensorflow_fit(asked: MixedSpec, table: Table, limits: Limits, deadline: Deadline) -> Fit:
    """Fit a model that is kept, as kinds.mixed_model does, at the variances that TensorFlow's loop arrives at."""
    assert MIXED_MODEL.fit is not None
    model = model_of(spec_of(asked), table, limits)
    iterates = _iterates(asked, model, deadline)
    fit: Fit = MIXED_MODEL.fit(_at(asked, iterates[-1], model.groupings), table, limits, deadline)
    found = [each for each in fit.warnings if each.code != GIVEN]
    return replace(fit, spec=spec_of(asked), warnings=(*found, _notice(asked, iterates)))


def _iterates(asked: MixedSpec, model: Model, deadline: Deadline) -> list[Start]:
    spec = spec_of(asked)
    rows, _ = loop(model.sample, spec.method, _start(spec, model), spec.iterations or ITERATIONS, deadline)
    return [_variances(row, model.groupings) for row in rows]


def _notice(asked: MixedSpec, iterates: Sequence[Start]) -> Notice:
    steps = len(iterates) - 1
    detail = f"TensorFlow found the variances in {steps} steps of {asked.method}; standard errors take them as known"
    return Notice("tensorflow", detail)


def _start(spec: Spec, model: Model) -> Start:
    """Begin where the loops of NumPy begin: where given, or at the residual variance for each effect on a standardised column."""
    if spec.start is not None:
        return given_covariances(spec.start, model.groupings, "start"), spec.start.residual
    variance = model.prepared.scaling.scale**2
    units = model.prepared.bases.outward([np.eye(grouping.width) for grouping in model.groupings])
    return [variance * unit for unit in units], variance


def _variances(row: FloatArray, groupings: Sequence[Grouping]) -> Start:
    """Read an iterate: the lower triangle of each factor's covariance by columns, then the residual variance."""
    covariances, position = [], 0
    for grouping in groupings:
        columns, rows = np.triu_indices(grouping.width)
        G = np.zeros((grouping.width, grouping.width))
        G[rows, columns] = G[columns, rows] = row[position : position + len(rows)]
        covariances.append(G)
        position += len(rows)
    return covariances, float(row[position])


def _at(asked: MixedSpec, found: Start, groupings: Sequence[Grouping]) -> MixedSpec:
    """Ask for the same at given variances."""
    groups = {grouping.group: G.tolist() for grouping, G in zip(groupings, found[0], strict=True)}
    given = {"variances": VarianceComponents(groups=groups, residual=found[1]), "method": "reml", "backend": "numpy"}
    return asked.model_copy(update={**given, "iterations": None, "start": None})


def _trace(iterates: Sequence[Start], model: Model) -> dict[str, object]:
    """Tell the iterates as the loops of NumPy do, with the REML criterion at each."""
    criterion, scale = model.prepared.criterion(reml=True), model.prepared.scaling.scale
    at = Loop(criterion)
    values = [
        [
            *entries(criterion.pattern, covariances),
            sigma2,
            at.iterate([G / scale**2 for G in model.prepared.bases.inward(covariances)], sigma2 / scale**2).value,
        ]
        for covariances, sigma2 in iterates
    ]
    return trace_told(columns_of(criterion.pattern, model.groupings), np.array(values))
