"""Profiles, bootstraps and simulations of generalized models, against lme4's confint, bootMer and the models' own moments."""

from __future__ import annotations

import numpy as np
import pytest

from errors import InvalidInput
from science.deadline import no_deadline
from science.mixed import Spec, analyse, bootstrap, profile, simulated
from science.table import Numeric
from tests.science.mixed.data import LIMITS, table, with_columns

CBPP = "cbind(incidence, size - incidence) ~ period + (1 | herd)"
TICKS = "TICKS ~ YEAR + scale(HEIGHT) + (1 | BROOD)"
# R 4.2.2, lme4 1.1-31: confint(glmer(..., control = glmerControl("bobyqa", tolPwrss = 1e-13, rhoend = 1e-9)), "profile")
BOOTSTRAP = [0.21602, -1.83440, -1.58454, -1.77115, -2.59366], [0.98098, -0.96146, -0.43531, -0.58500, -0.91600]
PROFILES = {
    "Laplace": (
        (CBPP, "cbpp", {"family": "binomial"}),
        [0.34609446, -1.90115611, -1.61667866, -1.80091763, -2.50060071],
        [1.09988190, -0.94779139, -0.40784052, -0.51161031, -0.80083104],
    ),
    "9 points": (
        (CBPP, "cbpp", {"family": "binomial", "quadrature": 9}),
        [0.34880155, -1.90468293, -1.61608392, -1.80040819, -2.50019234],
        [1.11129206, -0.94621347, -0.40661098, -0.51045024, -0.79959225],
    ),
    "Poisson": (
        (TICKS, "grouseticks", {"family": "poisson"}),
        [0.80159813, 0.12830639, 0.66350014, -1.53769519, -1.07598150],
        [1.13711728, 0.86692024, 1.62453082, -0.47021016, -0.64729272],
    ),
}


def analysed(formula, name, **options):
    return analyse(Spec(formula, **options), table(name), LIMITS, no_deadline())


@pytest.mark.parametrize("case", ["Laplace", "Poisson", pytest.param("9 points", marks=pytest.mark.soak)])
def test_the_profile_is_that_of_confint(case):
    """Ours goes along a smooth criterion, glmer's along one with an inner tolerance: they agree to four digits."""
    (formula, name, options), low, high = PROFILES[case]
    found = profile(analysed(formula, name, **options), LIMITS, no_deadline())
    np.testing.assert_allclose(found.conf_low, low, atol=2e-4)
    np.testing.assert_allclose(found.conf_high, high, atol=2e-4)


def test_a_profile_with_correlated_effects_surrounds_its_estimate():
    data = with_columns(table("cbpp"), big=Numeric(table("cbpp")["size"].values / 10.0))
    analysis = analyse(
        Spec("cbind(incidence, size - incidence) ~ period + (big | herd)", family="binomial"), data, LIMITS, no_deadline()
    )
    found = profile(analysis, LIMITS, no_deadline())
    assert found.names[:3] == ("sd_(Intercept)|herd", "cor_big.(Intercept)|herd", "sd_big|herd")
    assert (found.conf_low <= found.estimate).all()
    assert (found.conf_high >= found.estimate).all()
    assert (-1.0 <= found.conf_low[1] < found.conf_high[1] <= 1.0).all()


def test_a_bootstrap_is_near_that_of_lme4():
    """R: bootMer(fit, function(f) c(sqrt(unlist(VarCorr(f))), fixef(f)), 500), set.seed(101); ends vary by a tenth."""
    found = bootstrap(analysed(CBPP, "cbpp", family="binomial"), no_deadline(), seed=1, count=60)
    low, high = np.array(BOOTSTRAP[0]), np.array(BOOTSTRAP[1])
    assert found.names == ("sd_(Intercept)|herd", "(Intercept)", "period2", "period3", "period4")
    assert (np.abs(found.conf_low - low) < 0.3 * (high - low)).all()
    assert (np.abs(found.conf_high - high) < 0.3 * (high - low)).all()


def test_simulated_counts_have_the_mean_of_the_model():
    """Of a Poisson model with one effect of variance v: E y = exp(x'beta + v / 2)."""
    analysis = analysed(TICKS, "grouseticks", family="poisson")
    drawn = simulated(analysis, LIMITS, no_deadline(), seed=3, count=400)
    fit = analysis.fit
    eta = fit.recipe.matrix(table("grouseticks"), LIMITS).X @ fit.fixed.estimate
    expected = np.exp(eta + 0.5 * fit.random[0].variance[0])
    assert drawn.shape == (400, 403)
    assert (drawn == np.round(drawn)).all()
    assert drawn.mean() == pytest.approx(expected.mean(), rel=0.1)


def test_simulated_successes_are_within_their_trials():
    drawn = simulated(analysed(CBPP, "cbpp", family="binomial"), LIMITS, no_deadline(), seed=3, count=50)
    size = table("cbpp")["size"].values
    assert ((drawn >= 0.0) & (drawn <= size) & (drawn == np.round(drawn))).all()


def test_parts_of_trials_cannot_be_drawn():
    data = with_columns(table("cbpp"), share=Numeric(np.full(56, 0.25) + 0.1 * (np.arange(56) % 3)), w=Numeric(np.full(56, 2.5)))
    analysis = analyse(Spec("share ~ 1 + (1 | herd)", family="binomial", weights="w"), data, LIMITS, no_deadline())
    with pytest.raises(InvalidInput, match="whole numbers of trials"):
        simulated(analysis, LIMITS, no_deadline(), seed=1)


@pytest.mark.parametrize(
    ("formula", "options"),
    [
        ("half ~ period + (1 | herd)", {"family": "poisson"}),
        ("share ~ period + (1 | herd)", {"family": "binomial"}),
        ("cbind(half, size) ~ period + (1 | herd)", {"family": "binomial"}),
    ],
)
def test_parts_of_a_count_are_told_as_by_r(formula, options):
    columns = {"half": Numeric(table("cbpp")["incidence"].values + 0.5), "share": Numeric(np.full(56, 0.3))}
    fit = analyse(Spec(formula, **options), with_columns(table("cbpp"), **columns), LIMITS, no_deadline()).fit
    assert "not_whole" in {notice.code for notice in fit.warnings}


def test_whole_counts_are_not_told():
    assert analysed(CBPP, "cbpp", family="binomial").fit.warnings == ()
