"""F tests of terms against lmerTest's anova. Numbers: tests/reference/mixed/f_tests.R."""

from __future__ import annotations

import json

import numpy as np
import pytest

from errors import InvalidInput
from science.deadline import no_deadline
from science.mixed import Spec, analyse, f_tests
from tests.science.mixed.data import LIMITS, REFERENCE, table

LMERTESTS_DIFFERENCES = 2e-4  # how well its Hessian is known, which it takes by numerical differences
CASES = json.loads((REFERENCE / "f_tests.json").read_text())


def chosen(name, keep):
    data = table(name)
    if keep == "without each seventh":
        return data.take(np.flatnonzero(np.arange(1, data.rows + 1) % 7))
    if keep == "without a cell":
        return data.take(np.flatnonzero((data["recipe"].codes != 0) | (data["temp"].values != 225.0)))
    return data


def anova_of(formula, data, **options):
    return f_tests(analyse(Spec(formula, **options), data, LIMITS, no_deadline()), data, LIMITS, no_deadline())


@pytest.mark.parametrize("df", ["satterthwaite", "kenward-roger"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['formula']} {case['keep']}")
def test_every_term_is_tested_as_by_lmertest(case, df):
    found = anova_of(case["formula"], chosen(case["data"], case["keep"]), df=df)
    assert [(one.term, one.num_df) for one in found] == [(row["term"], row["num_df"]) for row in case[df]]
    for one, row in zip(found, case[df], strict=True):
        for name in ("sum_sq", "mean_sq", "statistic"):
            assert getattr(one, name) == pytest.approx(row[name], rel=2e-5), (one.term, name)
        for name in ("den_df", "p_value"):
            assert getattr(one, name) == pytest.approx(row[name], rel=LMERTESTS_DIFFERENCES), (one.term, name)


def test_other_contrasts_test_the_same_hypotheses():
    data = chosen("cake", "without each seventh")
    plain, summed = (
        anova_of(f"angle ~ {recipe} * temp + (1 | recipe:replicate)", data) for recipe in ("recipe", "C(recipe, sum)")
    )
    assert [one.statistic for one in summed] == pytest.approx([one.statistic for one in plain], rel=1e-6)


def test_a_generalized_model_is_tested_by_wald():
    """R: b'solve(V)b with b = fixef(fit)[2:4], V = vcov(fit)[2:4, 2:4], of the glmer fit in test_generalized.py"""
    (one,) = anova_of("cbind(incidence, size - incidence) ~ period + (1 | herd)", table("cbpp"), family="binomial")
    assert (one.num_df, one.den_df, one.sum_sq) == (3, None, None)
    assert one.statistic * 3 == pytest.approx(24.94866, abs=1e-4)


@pytest.mark.parametrize("options", [{"df": "none"}, {"method": "mackay"}])
def test_without_degrees_of_freedom_there_is_no_test(options):
    with pytest.raises(InvalidInput, match="degrees of freedom") as caught:
        anova_of("Reaction ~ Days + (Days | Subject)", table("sleepstudy"), **options)
    assert caught.value.field == "f_tests"


def test_an_intercept_alone_has_no_test():
    assert anova_of("Yield ~ 1 + (1 | Batch)", table("Dyestuff")) == ()
