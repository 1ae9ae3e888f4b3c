"""Fit a linear model by least squares, as R's lm and summary.lm."""

from __future__ import annotations

from dataclasses import asdict, astuple, dataclass, fields, replace
from typing import Any

import numpy as np

from errors import InvalidInput, RefitNeeded
from science.deadline import Deadline
from science.design import Design, Recipe, build
from science.limits import Limits
from science.notice import Notice
from science.regress.coefficients import Coefficients, coefficients_of
from science.regress.exact import exact_solution
from science.regress.glance import Glance, glance_of
from science.regress.rank import TOO_CLOSE
from science.regress.sample import Sample, sample_of
from science.regress.solution import Solution
from science.regress.solver import kept_columns, solution_of
from science.regress.spec import Spec
from science.regress.warn import notices_of
from science.regress.weights import rows_with_weight, weights_of
from science.table import FloatArray, IntArray, Table

FORMAT = 1  # of the stored parameters
BLOCK_CELLS = 45_056  # 4096 rows of ten columns and y stay in a 512 kB cache
LEAST_ROWS = 256  # of a block: with fewer a product of matrices is slow


@dataclass(frozen=True)
class Fit:
    """A fitted linear model. Arrays over coefficients have NaN where a column is aliased; p of them, n rows."""

    spec: Spec
    recipe: Recipe
    terms: tuple[str, ...]  # (p,) the names of the coefficients, as R prints them
    estimate: FloatArray
    std_error: FloatArray
    statistic: FloatArray
    p_value: FloatArray
    conf_low: FloatArray
    conf_high: FloatArray
    aliased: tuple[str, ...]
    rank: int
    glance: Glance
    nobs: int
    rows: int  # of the table
    rows_dropped: int  # because a value was missing
    kept: IntArray  # (n,) the rows of the table that took part
    fitted: FloatArray  # (n,)
    residuals: FloatArray  # (n,)
    leverage: FloatArray  # (n,)
    root: FloatArray  # (rank, rank) root root' = inv(X'X) of the columns times 2**-exponents
    exponents: IntArray  # (rank,)
    warnings: tuple[Notice, ...]

    def to_parameters(self) -> tuple[dict[str, Any], dict[str, FloatArray | IntArray]]:
        """Split the fit into what JSON holds and what arrays hold; from_parameters puts it together again."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        arrays = {name: value for name, value in values.items() if isinstance(value, np.ndarray)}
        arrays["glance"] = np.array([np.nan if number is None else number for number in astuple(self.glance)], dtype=np.float64)
        document = {name: value for name, value in values.items() if name not in arrays}
        document |= {
            "format": FORMAT,
            "spec": asdict(self.spec),
            "recipe": self.recipe.to_json(),
            "warnings": [asdict(notice) for notice in self.warnings],
            "terms": list(self.terms),
            "aliased": list(self.aliased),
        }
        return document, arrays

    @classmethod
    def from_parameters(cls, document: dict[str, Any], arrays: dict[str, Any]) -> Fit:
        """Rebuild a fit. Raises RefitNeeded for a format that is not read here."""
        if document.get("format") != FORMAT:
            raise RefitNeeded("the stored fit has a format that this version does not read; fit the model again")
        values = {name: value for name, value in document.items() if name != "format"} | dict(arrays)
        values |= {
            "spec": Spec(**document["spec"]),
            "recipe": Recipe.from_json(document["recipe"]),
            "warnings": tuple(Notice(**notice) for notice in document["warnings"]),
            "terms": tuple(document["terms"]),
            "aliased": tuple(document["aliased"]),
            "glance": _glance(arrays["glance"]),
        }
        return cls(**values)


def fit(spec: Spec, table: Table, limits: Limits, deadline: Deadline) -> Fit:
    """Fit the model of `spec` to a table.

    Rows of weight zero get fitted values but count for nothing, as in R. A column that depends on those before it is
    aliased: named, NaN, and left out. Raises InvalidInput for a model that cannot be fitted to these rows.
    """
    also = () if spec.weights is None else (spec.weights,)
    weights = weights_of(spec, table)
    design = build(spec.formula, table, limits, missing=spec.missing, also=also)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore", under="ignore"):
        return _fitted(spec, table, design, None if weights is None else weights[design.rows], limits, deadline)


def _fitted(spec: Spec, table: Table, design: Design, weights: FloatArray | None, limits: Limits, deadline: Deadline) -> Fit:
    used = rows_with_weight(weights)
    sample = _sample(design, weights, used)
    _check(design, sample, used)
    if spec.precision == "exact":
        solution = exact_solution(spec.formula, design, table, sample, weights, used, limits, deadline)
    else:
        solution = solution_of(sample, deadline, intercept=design.intercept)
    nobs, rank = len(sample), len(solution.kept)
    if nobs == rank:
        solution = replace(solution, residual_squares=0.0)
    glance = glance_of(solution, nobs, sample.log_weights, intercept=design.intercept)
    coefficients = coefficients_of(solution, nobs - rank, spec.level)
    fitted = _fitted_values(design, solution, coefficients)
    residuals, aliased = design.y - fitted, _aliased(design, solution)
    leverage = _leverage(sample, solution, used, len(fitted), deadline)
    _check_range(design, coefficients, residuals, leverage)
    return Fit(
        spec=spec,
        recipe=design.recipe,
        terms=design.columns,
        **vars(coefficients),
        aliased=aliased,
        rank=rank,
        glance=glance,
        nobs=nobs,
        rows=design.rows_total,
        rows_dropped=design.rows_dropped,
        kept=design.rows,
        fitted=fitted,
        residuals=residuals,
        leverage=leverage,
        root=solution.root,
        exponents=solution.exponents[solution.kept],
        warnings=design.warnings + notices_of(aliased, glance, fitted),
    )


def _sample(design: Design, weights: FloatArray | None, used: IntArray | None) -> Sample:
    if used is None:
        return sample_of(design.X, design.y, X_low=design.X_low, offset=design.offset, weights=weights)
    assert weights is not None
    low = None if design.X_low is None else design.X_low[used]
    offset = None if design.offset is None else design.offset[used]
    return sample_of(design.X[used], design.y[used], X_low=low, offset=offset, weights=weights[used])


def _check(design: Design, sample: Sample, used: IntArray | None) -> None:
    n, p = len(sample), len(design.columns)
    if p == 0:
        raise InvalidInput("the formula has no coefficient to estimate; add a term or the intercept", field="formula")
    if n < p:
        raise InvalidInput(
            f"the formula makes {p} columns and only {n} rows can be used; give more rows or fewer terms", field="formula"
        )
    if not design.intercept and not sample.columns[:, :p].any():
        raise InvalidInput("every column of the formula is zero in the rows used; there is nothing to estimate", field="formula")
    response = design.y if design.offset is None else design.y - design.offset
    response = response if used is None else response[used]
    if n > 1 and response.min() == response.max():
        raise InvalidInput(
            f"the response {design.recipe.response} has the same value in every row; there is nothing to explain",
            field="formula",
        )


def _check_range(design: Design, coefficients: Coefficients, residuals: FloatArray, leverage: FloatArray) -> None:
    for what, values in (("coefficient", coefficients.estimate), ("standard error", coefficients.std_error)):
        beyond = np.isinf(values)
        if beyond.any():
            name = design.columns[int(beyond.argmax())]
            raise InvalidInput(f"the {what} of {name} is too large for double precision; rescale the column", field="formula")
    if not np.isfinite(residuals).all():
        raise InvalidInput("the fitted values are too large for double precision; rescale the columns", field="formula")
    if not np.isfinite(leverage).all():
        raise InvalidInput(TOO_CLOSE, field="formula")


def _fitted_values(design: Design, solution: Solution, coefficients: Coefficients) -> FloatArray:
    estimate = coefficients.estimate[solution.kept]
    fitted: FloatArray = kept_columns(design.X, solution) @ estimate
    if design.X_low is not None:
        fitted += kept_columns(design.X_low, solution) @ estimate
    return fitted if design.offset is None else fitted + design.offset


def _leverage(sample: Sample, solution: Solution, used: IntArray | None, n: int, deadline: Deadline) -> FloatArray:
    leverage = np.empty(len(sample))
    step = max(LEAST_ROWS, BLOCK_CELLS // sample.columns.shape[1])
    for start in range(0, len(sample), step):
        deadline.check()
        Q = kept_columns(sample.columns[start : start + step], solution) @ solution.root
        np.vecdot(Q, Q, out=leverage[start : start + step])
    if used is None:
        return leverage
    spread = np.zeros(n)
    spread[used] = leverage
    return spread


def _aliased(design: Design, solution: Solution) -> tuple[str, ...]:
    if len(solution.kept) == len(design.columns):
        return ()
    kept = set(solution.kept.tolist())
    return tuple(name for j, name in enumerate(design.columns) if j not in kept)


def _glance(numbers: FloatArray) -> Glance:
    values: dict[str, Any] = dict(zip((field.name for field in fields(Glance)), numbers.tolist(), strict=True))
    values["df"] = None if np.isnan(values["df"]) else int(values["df"])
    return Glance(**values | {name: int(values[name]) for name in ("df_residual", "nobs")})
