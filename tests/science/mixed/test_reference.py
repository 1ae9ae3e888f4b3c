"""Every published model: criterion, variance components, fixed effects, standard errors, singularity."""

from __future__ import annotations

import numpy as np
import pytest

from tests.science.mixed.data import fitted, models, question

LONG = {("insteval_sd_dept", "reml"), ("insteval_sd_dept", "ml"), ("insteval_4", "ml")}  # the fourth is always run
CASES = [
    pytest.param(model, method, id=f"{model['id']}-{method}", marks=[pytest.mark.soak] if (model["id"], method) in LONG else [])
    for model in models()
    for method in ("reml", "ml")
]


@pytest.mark.parametrize(("model", "method"), CASES)
def test_a_published_model_is_reached(model, method):
    data, weights = question(model)
    published = model["fits"][method.upper()]
    fit = fitted(model["formula"], data, method=method, weights=weights, df="none")

    assert -2.0 * fit.fit.log_lik - published["minus2ll"] < 1e-6
    assert fit.fit.converged
    assert fit.fit.singular == published["singular"]
    assert list(fit.fixed.terms) == list(published["fixef"])
    estimate, error = np.array(list(published["fixef"].values())), np.array(list(published["se"].values()))
    # lme4's theta on InstEval with four terms is right to 1e-5, which moves its standard errors by 6e-7
    np.testing.assert_allclose(fit.fixed.estimate, estimate, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(fit.fixed.std_error, error, rtol=1e-6, atol=1e-6)
    assert fit.fit.aic == pytest.approx(published["AIC"], abs=1e-6)
    assert fit.fit.bic == pytest.approx(published["BIC"], abs=1e-6)
    assert fit.fit.groups == published["n_groups"]
    _check_variances(fit, published)


def _check_variances(fit, published):
    ours = {}
    for effect in fit.random:
        for a, name in enumerate(effect.names):
            ours[effect.group, name, None] = effect.covariance[a, a]
            for b in range(a + 1, len(effect.names)):
                ours[effect.group, name, effect.names[b]] = effect.covariance[a, b]
    for row in published["varcomp"]:
        group = row["grp"].split(".")[0] if row["grp"] != "Residual" else "Residual"
        own = fit.residual.variance if group == "Residual" else ours[group, row["var1"], row["var2"]]
        scale = max(abs(row["vcov"]), 1e-10 * fit.residual.variance)
        assert abs(own - row["vcov"]) <= max(1e-4 * scale, 1e-9 * fit.residual.variance)


def test_the_data_are_those_of_the_package():
    assert {model["id"]: question(model)[0].rows for model in models()} == {model["id"]: model["nobs"] for model in models()}
