"""A mixed model whose loop TensorFlow walks, by automatic derivatives: it finds the variances, NumPy tells what they mean."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kinds.kind import Computed, Tables
from kinds.mixed import MIXED, MixedSpec, VarianceComponents, spec_of
from science.deadline import Deadline
from science.limits import Limits
from science.mixed.grouping import Grouping
from science.mixed.loops import Loop
from science.mixed.model import Model, given_covariances, model_of
from science.mixed.spec import Spec
from science.mixed.trace import columns_of, entries
from science.mixed.train_tf import loop
from science.table import FloatArray

ITERATIONS = 100  # unless the caller says how many; each solves a dense system

Start = tuple[Sequence[FloatArray], float]


def tensorflow_answer(asked: MixedSpec, tables: Tables, limits: Limits, deadline: Deadline) -> Computed:
    """Answer as kinds.mixed does, with the variances and the iterates of TensorFlow's loop."""
    spec = spec_of(asked)
    model = model_of(spec, tables["data"], limits)
    steps = spec.iterations or ITERATIONS
    rows, _ = loop(model.sample, spec.method, _start(spec, model), steps, deadline)
    iterates = [_variances(row, model.groupings) for row in rows]
    computed = MIXED.answer(_at(asked, iterates[-1], model.groupings), tables, limits, deadline)
    found = [each for each in computed.answer["warnings"] if each["code"] != "variances_given"]  # type: ignore[attr-defined]
    detail = f"TensorFlow found the variances in {steps} steps of {spec.method}; standard errors take them as known"
    told = {
        "method": spec.method,
        "trace": _trace(iterates, model),
        "warnings": [*found, {"code": "tensorflow", "detail": detail}],
    }
    return Computed(computed.answer | told, computed.picture)


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
    return {"columns": columns_of(criterion.pattern, model.groupings), "values": np.array(values)}
