"""The classic: sleepstudy, against lme4, lmerTest and pbkrtest."""

from __future__ import annotations

import numpy as np
import pytest

from errors import InvalidInput
from science.table import Numeric
from tests.science.mixed.data import extras, fitted, sleepstudy, table, with_columns

EXTRAS = extras()


def test_the_variances_of_sleepstudy():
    random = sleepstudy().random[0]
    # lme4 prints 612.10, a loose stop; the optimum is 612.0899
    np.testing.assert_allclose(random.variance, [612.0899, 35.0717], atol=2e-4)
    assert random.correlation[0, 1] == pytest.approx(0.06555, abs=1e-5)
    assert sleepstudy().residual.variance == pytest.approx(654.9410, abs=2e-4)


def test_the_fixed_effects_of_sleepstudy():
    fixed = sleepstudy().fixed
    np.testing.assert_allclose(fixed.estimate, [251.405104848, 10.46728595960], rtol=1e-9)
    np.testing.assert_allclose(fixed.std_error, [6.824556, 1.545789], atol=1e-6)
    np.testing.assert_allclose(fixed.df, [17.0, 17.0], atol=1e-5)
    np.testing.assert_allclose(fixed.statistic, [36.83831, 6.771485], rtol=1e-6)
    np.testing.assert_allclose(fixed.p_value, [1.17088e-17, 3.263788e-06], rtol=1e-4)


def test_the_conditional_modes_and_variances_of_sleepstudy():
    effects, published = sleepstudy().effects[0], EXTRAS["sleep_ranef"]
    assert effects.levels == tuple(published["levels"])
    np.testing.assert_allclose(effects.estimate[:, 0], published["intercept"], atol=1e-5)
    np.testing.assert_allclose(effects.estimate[:, 1], published["slope"], atol=1e-5)
    np.testing.assert_allclose(effects.covariance, published["condvar"], atol=1e-4)
    np.testing.assert_allclose(effects.std_error[:, 0], np.sqrt(145.705097), atol=1e-5)


def test_marginal_and_conditional_r_squared():
    glance = sleepstudy().fit
    published = EXTRAS["sleep_r2_marginal_conditional"]
    assert [glance.r_squared_marginal, glance.r_squared_conditional] == pytest.approx(published, abs=1e-6)


def test_the_glance_counts():
    glance = sleepstudy().fit
    assert (glance.nobs, glance.df, glance.df_residual, glance.groups) == (180, 6, 174, {"Subject": 18})
    assert glance.converged
    assert not glance.singular
    assert glance.gradient < 1e-6


def test_fitted_values_and_residuals_add_up():
    fit = sleepstudy()
    np.testing.assert_array_equal(np.array(fit.effects[0].levels)[fit.codes["Subject"]][[0, 179]], ["308", "372"])
    np.testing.assert_allclose(fit.fitted + fit.residuals, table("sleepstudy")["Reaction"].values, rtol=1e-14)
    assert fit.residuals @ fit.residuals == pytest.approx(654.941027 * (180 - EXTRAS["sleep_hat_sum"]), rel=1e-5)


DF = [
    pytest.param(entry, id=f"{entry['formula']} {entry.get('n', '')}")
    for entry in EXTRAS["df_methods"] + EXTRAS["df_methods_unbalanced"]
]
DATA = {"Reaction": "sleepstudy", "angle": "cake", "distance": "Orthodont"}


def _table_of(entry):
    data = table(DATA[entry["formula"].split()[0]])
    if "subset" not in entry:
        return data
    step = 7 if "step 7" in entry["subset"] else 5
    return data.take(np.flatnonzero(np.arange(data.rows) % step))


@pytest.mark.parametrize("entry", DF)
def test_satterthwaites_degrees_of_freedom(entry):
    fixed = fitted(entry["formula"], _table_of(entry)).fixed
    np.testing.assert_allclose(fixed.df, entry["df_satt"], rtol=1e-5)
    np.testing.assert_allclose(fixed.p_value, entry["p_satt"], rtol=1e-4)


@pytest.mark.parametrize("entry", DF)
def test_kenward_and_rogers_degrees_of_freedom(entry):
    fixed = fitted(entry["formula"], _table_of(entry), df="kenward-roger").fixed
    np.testing.assert_allclose(fixed.df, entry["df_KR"], rtol=1e-6)
    np.testing.assert_allclose(fixed.std_error, entry["se_KR"], rtol=1e-6)


def test_degrees_of_freedom_with_crossed_factors():
    """R: lmerTest, pbkrtest on Penicillin[-c(3,17,44,45,90),] with x = i %% 7, f = factor(i %% 3)."""
    data = table("Penicillin")
    data = data.take(np.setdiff1d(np.arange(144), np.array([3, 17, 44, 45, 90]) - 1))
    data = with_columns(data, x=Numeric(np.arange(1, 140) % 7 * 1.0), f=Numeric(np.arange(1, 140) % 3 * 1.0))
    formula = "diameter ~ x + factor(f) + (1 | plate) + (1 | sample)"
    expected = [5.66626471742, 107.54321704, 107.4139482530, 107.53059208]
    np.testing.assert_allclose(fitted(formula, data).fixed.df, expected, rtol=1e-5)
    adjusted = fitted(formula, data, df="kenward-roger").fixed
    np.testing.assert_allclose(adjusted.df, [5.66345360199, 107.54100813307, 107.41185195250, 107.52847927519], rtol=1e-6)
    np.testing.assert_allclose(
        adjusted.std_error, [0.8159936827865, 0.0236107601944, 0.1322211688929, 0.1308441230162], rtol=1e-6
    )


def test_without_degrees_of_freedom_there_are_no_p_values():
    fixed = sleepstudy(df="none").fixed
    assert np.isnan(fixed.p_value).all()
    np.testing.assert_allclose(fixed.conf_low, EXTRAS["sleep_ci_wald"]["lo"][4:], rtol=1e-6)
    np.testing.assert_allclose(fixed.conf_high, EXTRAS["sleep_ci_wald"]["hi"][4:], rtol=1e-6)


def test_kenward_and_roger_need_reml():
    with pytest.raises(InvalidInput, match="REML"):
        sleepstudy(method="ml", df="kenward-roger")


@pytest.mark.parametrize(("shift", "factor"), [(2000.0, 1.0), (0.0, 1e6), (0.0, 1e-6), (1e5, 1e3)])
def test_the_origin_and_the_unit_of_a_slope_do_not_matter(shift, factor):
    days = Numeric((table("sleepstudy")["Days"].values + shift) * factor)
    fit = fitted("Reaction ~ Days + (Days | Subject)", with_columns(table("sleepstudy"), Days=days))
    assert fit.fit.reml_criterion + 2.0 * np.log(1.0 / factor) == pytest.approx(1743.628271958, abs=1e-6)
    assert fit.random[0].sd[1] * factor == pytest.approx(5.922133, rel=1e-6)
    np.testing.assert_allclose(fit.fixed.df, [17.0, 17.0], atol=1e-4)
    assert not fit.fit.singular


def test_the_trace_ends_at_the_optimum():
    trace = sleepstudy().trace
    assert trace.columns == ("Subject.(Intercept)", "Subject.Days.(Intercept)", "Subject.Days", "Residual", "criterion")
    np.testing.assert_allclose(trace.values[-1], [612.0899, 9.604333, 35.07166, 654.9410, 1743.6282719585], rtol=1e-6)
    assert (np.diff(trace.values[:, -1]) <= 1e-9).all()
