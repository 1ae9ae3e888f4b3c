"""The response of a generalized model in its several spellings, as means of trials or as counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from errors import FormulaError, InvalidInput
from science.design import build
from science.formula import parse
from science.formula.tree import Call, Name, names
from science.limits import Limits
from science.mixed.bars import response_text
from science.mixed.design import MixedDesign, build_mixed
from science.mixed.model import check_units, check_variances, weights_of
from science.mixed.spec import Spec
from science.notice import Notice
from science.table import Factor, FloatArray, Numeric, Table

SUCCESSES = 1e-3  # how far their number may be from a whole one, as in R's binomial family
COUNTS = 1e-7  # the same of a count, relatively: R's dpois


@dataclass(frozen=True)
class Answered:
    """y: (n,) the means of `trials`, or counts. counted: they were given as successes and failures."""

    design: MixedDesign
    y: FloatArray
    trials: FloatArray
    counted: bool = False
    warnings: tuple[Notice, ...] = ()


def answered_by(spec: Spec, table: Table, limits: Limits) -> Answered:
    """Read the response. Raises InvalidInput for one that the family cannot have, FormulaError for the formula."""
    tree = parse(spec.formula, limits)
    response_text(tree)
    weights = weights_of(spec, table)
    also = () if spec.weights is None else (spec.weights,)
    response = tree.response
    if isinstance(response, Call) and response.function == "cbind":
        return _of_two_columns(spec, response, table, limits, also)
    if isinstance(response, Name) and isinstance(column := table.columns.get(response.text), Factor):
        table = _with_numbers(response.text, column, table)
    design = build_mixed(spec.formula, table, limits, missing=spec.missing, also=also)
    _check(design, limits)
    y = design.fixed.y
    trials = np.ones(len(y)) if weights is None else weights[design.fixed.rows]
    if spec.family == "poisson":
        if (y < 0.0).any():
            raise InvalidInput("a count cannot be negative; the poisson family needs counts as its response", field="formula")
        return Answered(design, y, trials, warnings=_part_counts(y, COUNTS * np.maximum(y, 1.0), "counts"))
    if ((y < 0.0) | (y > 1.0)).any():
        detail = (
            "the binomial family needs 0 and 1, a factor of two levels, cbind(successes, failures), or proportions with weights"
        )
        raise InvalidInput(detail, field="formula")
    return Answered(design, y, trials, warnings=_part_counts(y * trials, SUCCESSES, "numbers of successes"))


def constant_of(family: str, y: FloatArray, trials: FloatArray) -> float:
    """Return -2 times the part of the log likelihood that has no parameter."""
    if family == "poisson":
        return 2.0 * float(trials @ special.gammaln(y + 1.0))
    hits = y * trials
    logs = special.gammaln(trials + 1.0) - special.gammaln(hits + 1.0) - special.gammaln(trials - hits + 1.0)
    return -2.0 * float(logs.sum())


def _of_two_columns(spec: Spec, response: Call, table: Table, limits: Limits, also: tuple[str, ...]) -> Answered:
    if spec.family != "binomial" or len(response.arguments) != 2 or also:
        reason = "cbind(successes, failures) is the response of the binomial family, without weights"
        raise FormulaError(reason, formula=spec.formula, position=response.start)
    successes, failures = (spec.formula[a.value.start : a.value.end] for a in response.arguments)
    needed = tuple(name.text for name in names(response.arguments[1].value))
    design = build_mixed(successes + " " + spec.formula[response.end :], table, limits, missing=spec.missing, also=needed)
    hits = design.fixed.y
    misses = build(f"{failures} ~ 1", table.take(design.fixed.rows), limits).y
    trials = hits + misses
    if (hits < 0.0).any() or (misses < 0.0).any() or not trials.all():
        raise InvalidInput("successes and failures must not be negative, and each row needs one trial or more", field="formula")
    _check(design, limits)
    warnings = _part_counts(np.append(hits, misses), SUCCESSES, "numbers of successes or failures")
    return Answered(design, hits / trials, trials, counted=True, warnings=warnings)


def _check(design: MixedDesign, limits: Limits) -> None:
    check_variances(design, limits)
    check_units(design)


def _with_numbers(name: str, column: Factor, table: Table) -> Table:
    if len(column.levels) != 2:
        raise InvalidInput(f"{name} has {len(column.levels)} levels; the binomial family takes a factor of two", field="formula")
    numbers = np.where(column.codes < 0, np.nan, column.codes.astype(np.float64))
    return Table({**table.columns, name: Numeric(numbers)}, table.rows)


def _part_counts(values: FloatArray, tolerance: FloatArray | float, what: str) -> tuple[Notice, ...]:
    """Tell of counts that are no whole numbers, as R does."""
    count = int((np.abs(values - np.round(values)) > tolerance).sum())
    if not count:
        return ()
    detail = (
        f"{count} {what} are no whole numbers: the likelihood is that of no distribution, and only the estimates mean something"
    )
    return (Notice("not_whole", detail),)
