"""Profile intervals against lme4's confint."""

from __future__ import annotations

import numpy as np
import pytest

from science.deadline import no_deadline
from science.mixed.fit import analyse
from science.mixed.profile import profile
from science.mixed.spec import Spec
from science.table import Numeric
from tests.science.mixed.data import LIMITS, extras, table, with_columns


def profiled(formula, data, **options):
    return profile(analyse(Spec(formula, **options), data, LIMITS, no_deadline()), LIMITS, no_deadline())


def test_the_intervals_of_sleepstudy():
    ours, published = profiled("Reaction ~ Days + (Days | Subject)", table("sleepstudy")), extras()["sleep_ci_profile"]
    assert list(ours.names) == published["names"]
    np.testing.assert_allclose(ours.conf_low, published["lo"], rtol=1e-4)
    np.testing.assert_allclose(ours.conf_high, published["hi"], rtol=1e-4)


def test_crossed_factors():
    """R: confint(profile(lmer(diameter ~ 1 + (1 | plate) + (1 | sample), Penicillin, REML = FALSE)))"""
    ours = profiled("diameter ~ 1 + (1 | plate) + (1 | sample)", table("Penicillin"))
    np.testing.assert_allclose(ours.conf_low, [0.633565966, 1.095789465, 0.4858454, 21.266627383], rtol=1e-4)
    np.testing.assert_allclose(ours.conf_high, [1.182103975, 3.556291864, 0.629453479, 24.677817616], rtol=1e-4)


def test_the_unit_of_a_slope_changes_nothing_else():
    days = Numeric(table("sleepstudy")["Days"].values * 1e5)
    ours = profiled("Reaction ~ Days + (Days | Subject)", with_columns(table("sleepstudy"), Days=days))
    published = np.array(extras()["sleep_ci_profile"]["hi"]) / [1.0, 1.0, 1e5, 1.0, 1.0, 1e5]
    np.testing.assert_allclose(ours.conf_high, published, rtol=1e-4)


def test_a_variance_that_may_be_zero_has_zero_as_its_end():
    ours = profiled("Yield ~ 1 + (1 | Batch)", table("Dyestuff2"))
    assert ours.conf_low[0] == 0.0
    assert 0.0 < ours.conf_high[0] < 10.0


def test_zeta_rises_and_is_zero_at_the_estimate():
    ours = profiled("Yield ~ 1 + (1 | Batch)", table("Dyestuff"))
    for curve, best in zip(ours.curves, ours.estimate, strict=True):
        assert (np.diff(curve.values) > 0.0).all()
        assert (np.diff(curve.zeta) > 0.0).all()
        assert curve.zeta[np.argmin(np.abs(curve.values - best))] == pytest.approx(0.0, abs=1e-6)


def test_a_higher_level_is_wider():
    narrow = profiled("Yield ~ 1 + (1 | Batch)", table("Dyestuff"), level=0.9)
    wide = profiled("Yield ~ 1 + (1 | Batch)", table("Dyestuff"), level=0.99)
    assert (wide.conf_low <= narrow.conf_low).all()
    assert (wide.conf_high > narrow.conf_high).all()
