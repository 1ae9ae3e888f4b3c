"""Likelihood ratio tests, as R's anova."""

from __future__ import annotations

import numpy as np
import pytest

from errors import InvalidInput
from science.deadline import no_deadline
from science.mixed.compare import compare
from science.mixed.fit import analyse
from science.mixed.spec import Spec
from science.table import Numeric
from tests.science.mixed.data import LIMITS, extras, table, with_columns

FORMULAS = ["Reaction ~ Days + (Days | Subject)", "Reaction ~ Days + (1 | Subject)", "Reaction ~ Days + (Days || Subject)"]


def compared(formulas, data=None):
    data = data or table("sleepstudy")
    return compare(analyse(Spec(formulas[0]), data, LIMITS, no_deadline()), formulas[1:], data, LIMITS, no_deadline())


def test_nested_models_are_compared_as_by_anova():
    comparison, published = compared(FORMULAS), extras()["sleep_lrt"]
    rows = comparison.rows
    assert [row.npar for row in rows] == published["npar"]
    np.testing.assert_allclose([row.deviance for row in rows], published["deviance"], rtol=1e-9)
    np.testing.assert_allclose([row.aic for row in rows], published["AIC"], rtol=1e-9)
    np.testing.assert_allclose([row.bic for row in rows], published["BIC"], rtol=1e-9)
    np.testing.assert_allclose([row.statistic for row in rows[1:]], published["Chisq"][1:], rtol=1e-6)
    np.testing.assert_allclose([row.p_value for row in rows[1:]], published["p"][1:], rtol=1e-6)
    assert rows[0].p_value is None


def test_refitting_is_told():
    assert [notice.code for notice in compared(FORMULAS).warnings] == ["refitted"]


def test_models_that_do_not_look_nested_are_told():
    comparison = compared(["Reaction ~ Days + (1 | Subject)", "Reaction ~ I(Days^2) + (Days | Subject)"])
    assert "not_nested" in {notice.code for notice in comparison.warnings}


def test_one_model_is_no_comparison():
    with pytest.raises(InvalidInput, match="another model"):
        compared(FORMULAS[:1])


def test_models_of_different_rows_are_refused():
    holes = table("sleepstudy")["Days"].values.copy()
    holes[3] = np.nan
    data = with_columns(table("sleepstudy"), x=Numeric(holes))
    with pytest.raises(InvalidInput, match="different rows"):
        compared(["Reaction ~ 1 + (1 | Subject)", "Reaction ~ x + (1 | Subject)"], data)
