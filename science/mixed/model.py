"""A question and its data made ready: the design, the rows and their cross-products."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from errors import InvalidInput
from science.limits import Limits
from science.mixed.design import MixedDesign, build_mixed
from science.mixed.grouping import Grouping
from science.mixed.sample import Prepared, Sample, prepare, sample_of
from science.mixed.spec import Spec, Variances
from science.regress.weights import weights_column
from science.table import FloatArray, Table

SYMMETRIC = 1e-9  # relative difference of two entries that should be equal
LARGEST, SMALLEST = 1e140, 1e-140  # of a column's greatest number: squares of columns, and of what is left of them, stay in range


@dataclass(frozen=True)
class Model:
    design: MixedDesign
    sample: Sample
    prepared: Prepared

    @property
    def groupings(self) -> tuple[Grouping, ...]:
        return self.sample.groupings

    def fixed_part(self, beta: FloatArray) -> FloatArray:
        """Return X beta (n,) for the kept columns' beta (k,)."""
        whole = np.zeros(self.sample.X.shape[1])
        whole[self.prepared.scaling.kept] = beta
        product: FloatArray = self.sample.X @ whole
        return product

    def random_part(self, modes: Sequence[FloatArray]) -> FloatArray:
        """Return Z u (n,) for effects (J, q) per factor."""
        total = np.zeros(self.sample.rows)
        for grouping, mode in zip(self.groupings, modes, strict=True):
            total += (grouping.Z * mode[grouping.codes]).sum(1)
        return total

    @property
    def offset(self) -> FloatArray | float:
        return 0.0 if self.design.fixed.offset is None else self.design.fixed.offset


def model_of(spec: Spec, table: Table, limits: Limits) -> Model:
    """Build the model of a question. Raises InvalidInput and its kinds for what cannot be fitted."""
    weights = weights_of(spec, table)
    design = build_mixed(spec.formula, table, limits, missing=spec.missing, also=() if spec.weights is None else (spec.weights,))
    check_variances(design, limits)
    _check_effects(design)
    check_units(design)
    fixed = design.fixed
    y = fixed.y if fixed.offset is None else fixed.y - fixed.offset
    sample = sample_of(y, fixed.X, list(design.terms), None if weights is None else weights[fixed.rows])
    return Model(design, sample, prepare(sample, limits))


def given_covariances(variances: Variances, groupings: Sequence[Grouping], field: str) -> list[FloatArray]:
    """Return the covariance matrix (q, q) of each factor. Raises InvalidInput unless all are given and can be covariances."""
    unknown = set(variances.groups) - {grouping.group for grouping in groupings}
    if unknown or len(variances.groups) < len(groupings):
        wanted = ", ".join(f"{grouping.group} ({len(grouping.names)} x {len(grouping.names)})" for grouping in groupings)
        raise InvalidInput(f"{field} must give one covariance matrix for each grouping factor: {wanted}", field=field)
    if not (np.isfinite(variances.residual) and variances.residual > 0.0):
        raise InvalidInput("the residual variance must be a positive number", field=f"{field}.residual")
    return [_given(variances.groups[grouping.group], grouping, field) for grouping in groupings]


def _given(rows: tuple[tuple[float, ...], ...], grouping: Grouping, field: str) -> FloatArray:
    q = len(grouping.names)
    where = f"{field}.groups.{grouping.group}"
    if len(rows) != q or any(len(row) != q for row in rows):
        raise InvalidInput(
            f"the covariance matrix of {grouping.group} must be {q} x {q}: {', '.join(grouping.names)}", field=where
        )
    G = np.array(rows, dtype=np.float64)
    if not np.isfinite(G).all() or np.abs(G - G.T).max() > SYMMETRIC * np.abs(G).max(initial=0.0):
        raise InvalidInput(f"the covariance matrix of {grouping.group} must be symmetric and finite", field=where)
    values = np.linalg.eigvalsh(G)
    if values[0] < -SYMMETRIC * max(float(values[-1]), 0.0) or values[-1] < 0.0:
        raise InvalidInput(f"the matrix of {grouping.group} is no covariance matrix: it has a negative variance", field=where)
    return G


def check_units(design: MixedDesign) -> None:
    """Refuse a column whose squares double precision cannot hold."""
    fixed = design.fixed
    parts = [((fixed.recipe.response,), fixed.y[:, None]), (fixed.columns, fixed.X)]
    for names, values in [*parts, *((term.names, term.Z) for term in design.terms)]:
        greatest = np.abs(values).max(0, initial=0.0)
        beyond = np.flatnonzero((greatest > LARGEST) | ((greatest < SMALLEST) & (greatest > 0.0)))
        if beyond.size:
            size = "large" if greatest[beyond[0]] > 1.0 else "small"
            detail = f"the numbers of {names[beyond[0]]} are too {size} for double precision to square; change the units"
            raise InvalidInput(detail, field="data")


def check_variances(design: MixedDesign, limits: Limits) -> None:
    variances = sum(len(term.names) * (len(term.names) + 1) // 2 for term in design.terms)
    limits.check("max_variances", variances, f"the random effects have {variances} variances and covariances", field="formula")


def _check_effects(design: MixedDesign) -> None:
    rows = len(design.fixed.y)
    for term in design.terms:
        effects = len(term.names) * len(term.levels)
        if effects >= rows:
            detail = (
                f"the term {', '.join(term.names)} over {term.group} has {effects} effects for {rows} rows; "
                "with as many effects as rows they cannot be told from the residual"
            )
            raise InvalidInput(detail, field="formula")


def weights_of(spec: Spec, table: Table) -> FloatArray | None:
    if spec.weights is None:
        return None
    column = weights_column(spec.weights, table)
    if (column.values <= 0.0).any():
        raise InvalidInput(
            f"the column {spec.weights} must be positive in every row; leave a row of weight zero out", field="weights"
        )
    return column.values
