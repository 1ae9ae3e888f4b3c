"""The lm cases of tests/reference/regress/reference.json: R 4.2.2, to 1e-8 relative, in either precision."""

from functools import cache
from typing import Any

import numpy as np
import pytest

from science.regress import Fit, predict
from science.table import table_of_records
from tests.science.regress.data import LIMITS, cases, fitted, table

CASES = cases()
FIT_NAMES = {"f_statistic": "statistic", "f_p_value": "p_value"}
FIT = (
    "r_squared",
    "adj_r_squared",
    "sigma",
    "f_statistic",
    "f_p_value",
    "df_residual",
    "log_lik",
    "aic",
    "bic",
    "deviance",
    "nobs",
)
COEFFICIENTS = ("estimate", "std_error", "statistic", "p_value")
PREDICTED = [(name, column) for name, case in CASES.items() for column in case.get("predict", ())]

pytestmark = pytest.mark.parametrize("precision", ["double", "exact"])


@cache
def answer(name: str, precision: str) -> Fit:
    case = CASES[name]
    return fitted(case["formula"], table(f"regress/{case['dataset']}"), weights=case["weights"], precision=precision)


def close(ours: Any, r: Any) -> bool:
    return np.ravel(ours) == pytest.approx(np.ravel(np.asarray(r, dtype=float)), rel=1e-8, abs=1e-300, nan_ok=True)


def known(name: str, precision: str) -> Any:
    return ~np.isnan(answer(name, precision).estimate)


@pytest.mark.parametrize("name", CASES)
def test_terms_and_aliased_columns_are_r_s(name: str, precision: str) -> None:
    ours, case = answer(name, precision), CASES[name]
    terms = [term for term in ours.terms if term not in ours.aliased]
    aliased = case["fit"]["aliased"] or []
    assert [terms, list(ours.aliased)] == [case["coefficients"]["terms"], [aliased] if isinstance(aliased, str) else aliased]


@pytest.mark.parametrize("column", COEFFICIENTS)
@pytest.mark.parametrize("name", CASES)
def test_coefficients_are_r_s(name: str, column: str, precision: str) -> None:
    ours = getattr(answer(name, precision), column)
    assert close(ours[known(name, precision)], CASES[name]["coefficients"][column])


@pytest.mark.parametrize("name", CASES)
def test_intervals_are_those_of_confint(name: str, precision: str) -> None:
    ours = answer(name, precision)
    assert close([ours.conf_low, ours.conf_high], [CASES[name]["conf_int"][end] for end in ("low", "high")])


@pytest.mark.parametrize("number", FIT)
@pytest.mark.parametrize("name", CASES)
def test_the_fit_is_that_of_summary(name: str, number: str, precision: str) -> None:
    assert close(getattr(answer(name, precision).glance, FIT_NAMES.get(number, number)), CASES[name]["fit"][number])


@pytest.mark.parametrize("name", CASES)
def test_the_degrees_of_freedom_of_f_are_r_s(name: str, precision: str) -> None:
    glance = answer(name, precision).glance
    assert [glance.df, glance.df_residual] == CASES[name]["fit"]["f_df"]


@pytest.mark.parametrize("name", CASES)
def test_leverages_are_those_of_hatvalues(name: str, precision: str) -> None:
    r = CASES[name]["influence"]["hat"]
    assert close(answer(name, precision).leverage[: len(r)], r)


@pytest.mark.parametrize(("name", "column"), PREDICTED)
def test_predictions_are_those_of_predict(name: str, column: str, precision: str) -> None:
    case = CASES[name]
    ours = predict(answer(name, precision), table_of_records(case["newdata"], LIMITS), LIMITS)
    assert close(getattr(ours, {"se_fit": "std_error"}.get(column, column)), case["predict"][column])
