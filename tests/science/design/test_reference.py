"""Our matrices beside those of R 4.2.2: tests/reference/formulas.json, written by formulas.R."""

from typing import Any

import numpy as np
import pytest

from science.design import Recipe, build
from tests.science.formula.tables import LIMITS, REFERENCE, reference_table

DATA, NEW = reference_table("data"), reference_table("new")
CASES = {case["formula"]: case for case in REFERENCE["cases"]}
PREDICTED = {formula: case for formula, case in CASES.items() if "predicted" in case}


def tolerance(formula: str) -> float:
    return 1e-10 if any(word in formula for word in ("poly", "bs(", "ns(", "ordered", "y ~ o")) else 1e-12


def close(ours: Any, theirs: Any, formula: str) -> bool:
    return bool(np.allclose(ours, np.array(theirs, dtype=float), rtol=tolerance(formula), atol=tolerance(formula)))


@pytest.mark.parametrize("formula", CASES)
def test_columns_are_named_and_assigned_as_in_r(formula: str) -> None:
    design, r = build(formula, DATA, LIMITS), CASES[formula]
    assert [list(design.columns), list(design.assign), list(design.terms)] == [r["columns"], r["assign"], r["terms"]]


@pytest.mark.parametrize("formula", CASES)
def test_the_matrix_is_that_of_r(formula: str) -> None:
    design, r = build(formula, DATA, LIMITS), CASES[formula]
    assert close(design.X.T, r["X"], formula)


@pytest.mark.parametrize("formula", CASES)
def test_rows_response_and_offset_are_those_of_r(formula: str) -> None:
    design, r = build(formula, DATA, LIMITS), CASES[formula]
    offset = None if design.offset is None else design.offset.round(12).tolist()
    expected = np.round(r["offset"], 12).tolist() if "offset" in r else None
    assert (design.rows.tolist(), design.y.round(12).tolist(), offset) == (r["rows"], np.round(r["y"], 12).tolist(), expected)


@pytest.mark.parametrize("formula", PREDICTED)
def test_new_rows_get_the_columns_that_r_predicts_with(formula: str) -> None:
    recipe = Recipe.from_json(build(formula, DATA, LIMITS).recipe.to_json())
    assert close(recipe.matrix(NEW, LIMITS).X.T, PREDICTED[formula]["predicted"], formula)
