"""Generalized models against glmer."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special

from errors import FormulaError, InvalidInput
from science.deadline import no_deadline
from science.limits import Limits
from science.mixed.family import family_of
from science.mixed.laplace import Laplace, responses_of
from science.mixed.predict import predict
from science.mixed.theta import pattern_of
from science.table import Factor, Numeric, table_of_columns
from tests.science.mixed.data import LIMITS, extras, fitted, table, with_columns
from tests.science.mixed.samples import SHAPES, random_theta, sample

PUBLISHED = {entry["id"]: entry for entry in extras()["glmm"]}
CBPP = "cbind(incidence, size - incidence) ~ period + (1 | herd)"


def published_fit(entry, name):
    return fitted(entry["formula"], table(name), family=entry["family"], quadrature=entry["nAGQ"])


@pytest.mark.parametrize(("entry", "name"), [("cbpp_obs", "cbpp"), ("grouseticks", "grouseticks")])
def test_a_published_model_is_reached(entry, name):
    published = PUBLISHED[entry]
    fit = published_fit(published, name)
    assert fit.fit.deviance <= published["deviance_laplace"] + 1e-6
    assert fit.fit.deviance == pytest.approx(published["deviance_laplace"], abs=1e-4)
    np.testing.assert_allclose(fit.fixed.estimate, list(published["fixef"].values()), rtol=1e-4)
    np.testing.assert_allclose(fit.fixed.std_error, published["se"], rtol=1e-4)
    assert {effect.group: effect.sd[0] for effect in fit.random} == pytest.approx(published["sd"], rel=1e-4)
    assert fit.fit.aic == pytest.approx(published["AIC"], abs=1e-4)
    assert fit.fit.bic == pytest.approx(published["BIC"], abs=1e-4)


def test_laplace_on_cbpp_is_better_than_glmers_default():
    """R: glmer(..., control = glmerControl(optimizer = "bobyqa", tolPwrss = 1e-13, optCtrl = list(rhoend = 1e-9)))"""
    fit = fitted(CBPP, table("cbpp"), family="binomial")
    assert fit.fit.deviance == pytest.approx(184.052563743, abs=1e-7)
    assert fit.fit.deviance < PUBLISHED["cbpp"]["deviance_laplace"] - 5e-4
    np.testing.assert_allclose(fit.fixed.estimate, [-1.39853214, -0.99233268, -1.12867204, -1.5803139], rtol=1e-6)
    np.testing.assert_allclose(fit.fixed.std_error, [0.23247176, 0.30664207, 0.32663741, 0.42743582], rtol=1e-5)
    assert fit.random[0].sd[0] == pytest.approx(0.642261439, rel=1e-6)


def test_quadrature_on_cbpp():
    published, data = PUBLISHED["cbpp_agq9"], table("cbpp")
    fit = published_fit(published, "cbpp")
    np.testing.assert_allclose(fit.fixed.estimate, list(published["fixef"].values()), rtol=1e-6)
    np.testing.assert_allclose(fit.fixed.std_error, published["se"], rtol=1e-5)
    assert fit.random[0].sd[0] == pytest.approx(published["sd"]["herd"], rel=1e-6)
    size, hits = data["size"].values, data["incidence"].values
    saturated = special.xlogy(hits, hits / size) + special.xlogy(size - hits, 1.0 - hits / size)
    saturated += special.gammaln(size + 1) - special.gammaln(hits + 1) - special.gammaln(size - hits + 1)
    assert fit.fit.deviance + 2.0 * saturated.sum() == pytest.approx(published["deviance_laplace"], abs=1e-6)  # glmer drops it


def test_a_slope_varies_in_a_generalized_model():
    """R: glmer(cbind(incidence, size - incidence) ~ period + (size | herd), cbpp, binomial), tolPwrss = 1e-13"""
    fit = fitted("cbind(incidence, size - incidence) ~ period + (size | herd)", table("cbpp"), family="binomial")
    assert fit.fit.deviance == pytest.approx(180.448094807, abs=1e-6)
    theta = np.array([1.1319859652, -0.077696516737, 0.0370688762451])
    L = np.array([[theta[0], 0.0], [theta[1], theta[2]]])
    np.testing.assert_allclose(fit.random[0].covariance, L @ L.T, rtol=1e-4)


def test_one_point_of_quadrature_is_laplace():
    assert fitted(CBPP, table("cbpp"), family="binomial", quadrature=2).fit.deviance != pytest.approx(184.0525637, abs=1e-4)


def test_quadrature_settles_with_more_points():
    deviances = [fitted(CBPP, table("cbpp"), family="binomial", quadrature=points).fit.deviance for points in (9, 15, 25)]
    assert deviances[1] == pytest.approx(deviances[2], abs=1e-6)
    assert deviances[0] == pytest.approx(deviances[2], abs=1e-3)


@pytest.mark.parametrize("family", ["binomial", "poisson"])
@pytest.mark.parametrize("shape", [shape for shape in SHAPES if "weighted" not in shape])
def test_the_gradient_is_that_of_differences(shape, family):
    model, rng = sample(shape), np.random.default_rng(2)
    n = model.rows
    y = rng.integers(0, 2, n) * 1.0 if family == "binomial" else rng.poisson(2.0, n) * 1.0
    responses = responses_of(family_of(family), y, model.X, np.zeros(n), np.ones(n), 0.0, model.groupings, Limits())
    laplace = Laplace(responses, pattern_of(tuple(grouping.sizes for grouping in model.groupings)), no_deadline())
    at = np.append(random_theta(laplace.pattern), [0.2, -0.1, 0.05])
    moves = 1e-5 * np.eye(len(at))
    differences = [(laplace.evaluate(at + move).value - laplace.evaluate(at - move).value) / 2e-5 for move in moves]
    np.testing.assert_allclose(laplace.gradient(laplace.evaluate(at)), differences, rtol=1e-4, atol=1e-4)


def test_the_forms_of_a_binary_response_agree():
    rng = np.random.default_rng(4)
    y, g = rng.integers(0, 2, 80), [str(i % 8) for i in range(80)]
    data = table_of_columns({"y": y.tolist(), "g": g}, LIMITS)
    as_factor = with_columns(data, y=Factor(y.astype(np.intp), ("no", "yes")))
    as_pair = with_columns(data, z=Numeric(1.0 - y))
    fits = [
        fitted("y ~ 1 + (1 | g)", data, family="binomial"),
        fitted("y ~ 1 + (1 | g)", as_factor, family="binomial"),
        fitted("cbind(y, z) ~ 1 + (1 | g)", as_pair, family="binomial"),
    ]
    assert len({round(fit.fit.deviance, 8) for fit in fits}) == 1


def test_proportions_with_weights_equal_two_columns():
    data = table("cbpp")
    share = with_columns(data, share=Numeric(data["incidence"].values / data["size"].values))
    fit = fitted("share ~ period + (1 | herd)", share, family="binomial", weights="size")
    assert fit.fit.deviance == pytest.approx(184.052563743, abs=1e-6)


def test_new_rows_are_predicted_on_the_scale_of_the_response():
    data = table("cbpp")
    predictions = predict(fit := fitted(CBPP, data, family="binomial"), data, LIMITS)
    np.testing.assert_allclose(predictions.fit, fit.fitted, rtol=1e-9)
    assert ((predictions.conf_low > 0.0) & (predictions.conf_high < 1.0)).all()
    assert (predictions.conf_low < predictions.fit).all()


def test_predictions_on_the_links_scale_are_carried_over_by_the_link():
    data = table("cbpp")
    fit = fitted(CBPP, data, family="binomial")
    link, response = (predict(fit, data, LIMITS, scale=scale) for scale in ("link", "response"))
    for name in ("fit", "conf_low", "conf_high"):
        np.testing.assert_allclose(special.expit(getattr(link, name)), getattr(response, name), rtol=1e-12)
    np.testing.assert_allclose(response.std_error, link.std_error * response.fit * (1.0 - response.fit), rtol=1e-12)
    assert [notice.code for notice in link.warnings] == ["no_prediction_intervals"]


def test_the_standard_error_of_a_row_is_that_of_the_joint_precision():
    """R: solve() of crossprod(sqrt(weights(m, "working")) * cbind(X, Z)) with solve(Lambda Lambda') added.

    So does lme4's predict(se.fit = TRUE), from 1.1-34 on; R's optimHess() of the joint log likelihood of fixed effects and
    modes gives the same to 1e-7.
    """
    data, rows = table("cbpp"), np.array([1, 2, 20, 56]) - 1
    told = predict(fitted(CBPP, data, family="binomial"), data, LIMITS, scale="link")
    np.testing.assert_allclose(told.fit[rows], [-0.8085121286, -1.8008448110, -1.7988007174, -3.5093223809], rtol=1e-6)
    np.testing.assert_allclose(told.std_error[rows], [0.3707274736, 0.4176492959, 0.4046703797, 0.5521732021], rtol=1e-6)


def test_a_saddle_between_two_equal_maxima_is_left():
    """Half of the groups succeed always, half never. R's glmer: an intercept of 13.546, an sd of 68.377, -2 log L 9.790611."""
    x = np.sin(np.arange(60.0))
    columns = {"y": [1, 0] * 30, "x": x.tolist(), "g": [f"g{i % 6}" for i in range(60)]}
    fit = fitted("y ~ x + (1 | g)", table_of_columns(columns, LIMITS), family="binomial")
    assert abs(fit.fixed.estimate[0]) > 5.0
    assert fit.fit.deviance < 9.790611
    assert fit.fixed.std_error[0] > 1.0
    assert "within each level of g" in " ".join(notice.detail for notice in fit.warnings)


def test_separable_data_are_told():
    x = np.linspace(-1.0, 1.0, 60)
    data = table_of_columns({"y": (x > 0).astype(int).tolist(), "x": x.tolist(), "g": [str(i % 6) for i in range(60)]}, LIMITS)
    fit = fitted("y ~ x + (1 | g)", data, family="binomial")
    assert "extreme_fit" in {notice.code for notice in fit.warnings}


@pytest.mark.parametrize(
    ("formula", "options", "reason"),
    [
        ("size ~ period + (1 | herd)", {"family": "binomial"}, "0 and 1"),
        ("I(-size) ~ period + (1 | herd)", {"family": "poisson"}, "negative"),
        ("period ~ size + (1 | herd)", {"family": "binomial"}, "factor of two"),
        ("size ~ 1 + (1 | herd) + (1 | period)", {"family": "poisson", "quadrature": 5}, "one grouping factor"),
        ("cbind(size, incidence) ~ 1 + (1 | herd)", {"family": "poisson"}, "binomial"),
    ],
)
def test_what_a_family_cannot_have_is_refused(formula, options, reason):
    with pytest.raises((InvalidInput, FormulaError), match=reason):
        fitted(formula, table("cbpp"), **options)


@pytest.mark.parametrize(
    ("unit", "std_error", "close"), [(1e3, 0.207562365, 1e-5), (1e5, 0.207529855, 1e-4), (1e6, 0.207950098, 0.03)]
)
def test_large_counts_have_the_standard_errors_of_glmer(unit, std_error, close):
    """lme4 1.1-31: summary(glmer(y ~ (1 | g), family = poisson)) of y = c(1, 2, 3, 1, 5, 1, 7, 2) * unit, g in pairs."""
    data = table_of_columns({"y": [one * unit for one in (1, 2, 3, 1, 5, 1, 7, 2)], "g": list("aabbccdd")}, LIMITS)
    fit = fitted("y ~ (1 | g)", data, family="poisson")
    assert fit.fixed.std_error[0] == pytest.approx(std_error, rel=close)
    assert "no_maximum" not in [notice.code for notice in fit.warnings]
