"""Effects for variances that are given: the classic exercise on sleepstudy."""

from __future__ import annotations

import numpy as np
import pytest

from errors import InvalidInput
from science.mixed.spec import Variances
from tests.science.mixed.data import extras, fitted, sleepstudy, table

FORMULA = "Reaction ~ Days + (Days | Subject)"
COVARIANCE = 0.066 * np.sqrt(612.1 * 35.07)
CLASSIC = Variances({"Subject": ((612.1, COVARIANCE), (COVARIANCE, 35.07))}, 654.94)


def test_the_classic_variances_give_the_published_effects():
    fit = fitted(FORMULA, table("sleepstudy"), variances=CLASSIC)
    np.testing.assert_allclose(fit.fixed.estimate, [251.405105, 10.467286], atol=1e-6)
    published = extras()["sleep_ranef"]
    np.testing.assert_allclose(fit.effects[0].estimate, np.column_stack([published["intercept"], published["slope"]]), atol=0.02)
    assert fit.random[0].variance == pytest.approx([612.1, 35.07])
    assert fit.residual.variance == pytest.approx(654.94)


def test_the_optimal_variances_give_the_optimal_criterion():
    best = sleepstudy()
    rows = tuple(map(tuple, best.random[0].covariance.tolist()))
    fit = fitted(FORMULA, table("sleepstudy"), variances=Variances({"Subject": rows}, best.residual.variance))
    assert fit.fit.reml_criterion == pytest.approx(best.fit.reml_criterion, abs=1e-9)
    np.testing.assert_allclose(fit.effects[0].estimate, best.effects[0].estimate, rtol=1e-9)


def test_any_other_variances_give_a_larger_criterion():
    assert fitted(FORMULA, table("sleepstudy"), variances=CLASSIC).fit.reml_criterion > sleepstudy().fit.reml_criterion


def test_a_variance_of_zero_takes_the_effect_out():
    given = Variances({"Subject": ((612.1, 0.0), (0.0, 0.0))}, 654.94)
    fit = fitted(FORMULA, table("sleepstudy"), variances=given)
    assert np.abs(fit.effects[0].estimate[:, 1]).max() == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(
    ("groups", "residual", "reason"),
    [
        ({}, 1.0, "one covariance matrix for each"),
        ({"Subject": ((1.0,),)}, 1.0, "2 x 2"),
        ({"Subject": ((1.0, 2.0), (0.0, 1.0))}, 1.0, "symmetric"),
        ({"Subject": ((1.0, 2.0), (2.0, 1.0))}, 1.0, "negative variance"),
        ({"Subject": ((1.0, float("nan")), (float("nan"), 1.0))}, 1.0, "finite"),
        ({"Subject": ((1.0, 0.0), (0.0, 1.0))}, 0.0, "positive"),
        ({"Subject": ((1.0, 0.0), (0.0, 1.0)), "x": ((1.0,),)}, 1.0, "one covariance matrix for each"),
    ],
)
def test_variances_that_cannot_be_are_refused(groups, residual, reason):
    with pytest.raises(InvalidInput, match=reason):
        fitted(FORMULA, table("sleepstudy"), variances=Variances(groups, residual))
