"""Models that the engine was not made with, against lme4, lmerTest and pbkrtest: tests/reference/mixed/unseen.R."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import numpy as np
import pytest

from science.deadline import no_deadline
from science.mixed import Spec, analyse, f_tests
from science.table import Factor, Numeric, Table
from tests.science.mixed.data import LIMITS, REFERENCE, fitted

UNSEEN = json.loads((REFERENCE / "unseen.json").read_text())
LINEAR = [model for model in UNSEEN["models"] if "family" not in model]
GENERALIZED = [model for model in UNSEEN["models"] if "family" in model]


@cache
def unseen_table(name: str) -> Table:
    columns = {column: read(values) for column, values in UNSEEN["data"][name].items()}
    rows = next(len(column.values) for column in columns.values() if isinstance(column, Numeric))
    return Table(columns, rows)


def read(values: Any) -> Factor | Numeric:
    if isinstance(values, list):
        return Numeric(np.array(values, dtype=np.float64))
    return Factor(np.array(values["codes"], dtype=np.intp), tuple(values["levels"]), values["ordered"])


def of(models: list[dict[str, Any]]) -> Any:
    return pytest.mark.parametrize("model", [pytest.param(model, id=f"{model['data']}: {model['formula']}") for model in models])


def fit_of(model: dict[str, Any], **options: Any) -> Any:
    return fitted(model["formula"], unseen_table(model["data"]), weights=model["weights"], **options)


@pytest.mark.parametrize("method", ["reml", "ml"])
@of(LINEAR)
def test_a_model_is_fitted_as_lme4_does(model, method):
    expected, fit = model[method], fit_of(model, method=method)
    assert -2.0 * fit.fit.log_lik - expected["minus2ll"] < 1e-6
    assert list(fit.fixed.terms) == np.atleast_1d(expected["terms"]).tolist()
    errors = np.array(expected["std_error"])
    np.testing.assert_allclose((fit.fixed.estimate - expected["fixef"]) / errors, 0.0, atol=1e-6)
    np.testing.assert_allclose(fit.fixed.std_error, errors, rtol=1e-6)
    assert fit.fit.singular == expected["singular"]
    check_components(fit, expected["variances"], 1e-4)
    check_modes(fit, expected["modes"], 1e-4)


@of(LINEAR)
def test_satterthwaites_degrees_of_freedom_are_lmertests(model):
    tolerance = 1e-3 if model["reml"]["singular"] else 1e-4  # lmerTest's differences step over the boundary
    np.testing.assert_allclose(fit_of(model).fixed.df, model["satterthwaite"], rtol=tolerance)


@of([model for model in LINEAR if "kenward_roger" in model])
def test_kenward_and_rogers_degrees_of_freedom_are_pbkrtests(model):
    table = fit_of(model, df="kenward-roger").fixed
    np.testing.assert_allclose(table.df, model["kenward_roger"]["df"], rtol=1e-4)
    np.testing.assert_allclose(table.std_error, model["kenward_roger"]["std_error"], rtol=1e-5)


@of(GENERALIZED)
def test_a_generalized_model_is_fitted_as_lme4_does(model):
    expected, fit = model["ml"], fit_of(model, family=model["family"])
    assert -2.0 * fit.fit.log_lik - expected["minus2ll"] < 1e-5
    assert list(fit.fixed.terms) == np.atleast_1d(expected["terms"]).tolist()
    np.testing.assert_allclose(fit.fixed.estimate, expected["fixef"], rtol=1e-4)
    np.testing.assert_allclose(fit.fixed.std_error, expected["std_error"], rtol=1e-3)  # glmer's Hessian is by differences
    assert fit.fit.singular == expected["singular"]
    check_components(fit, expected["variances"], 1e-3)
    check_modes(fit, expected["modes"], 1e-3)


def test_weights_count_in_kenward_and_rogers_degrees_of_freedom():
    """pbkrtest 0.5.2 leaves weights out; of the same model with its rows multiplied by their roots it says, with r = sqrt(w):

    lmer(I(y * r) ~ 0 + r + I(x * r) + (0 + r + I(x * r) | a) + (0 + I(x * r) | b)), coef(summary(ddf = "Kenward-Roger"))
    """
    table = fit_of(next(model for model in LINEAR if model["weights"]), df="kenward-roger").fixed
    np.testing.assert_allclose(table.df, [10.9774026585, 13.1809462055], rtol=1e-5)
    np.testing.assert_allclose(table.std_error, [0.334073512051, 0.232067636254], rtol=1e-6)


def check_components(fit: Any, rows: list[dict[str, Any]], tolerance: float) -> None:
    theirs = sorted(abs(row["vcov"]) for row in rows)
    ours = [0.0 if fit.residual is None else fit.residual.variance] * (fit.residual is not None)
    for effect in fit.random:
        ours += np.abs(effect.covariance[np.tril_indices(len(effect.names))]).tolist()
    np.testing.assert_allclose(sorted(ours), theirs, rtol=tolerance, atol=1e-7 * theirs[-1])


def check_modes(fit: Any, modes: dict[str, list[list[float]]], tolerance: float) -> None:
    for effects in fit.effects:
        expected = np.array(modes[effects.group])
        size = np.abs(effects.estimate).max() or 1.0
        np.testing.assert_allclose(effects.estimate[: len(expected)] / size, expected / size, atol=tolerance)


def test_a_test_with_two_degrees_of_freedom_is_no_ratio_of_roundings():
    """R: anova(lmer(sugpct ~ block + sow + harvest + (1 | block:harvest), beets), ddf = "Kenward-Roger"), 7 digits"""
    spec = Spec("sugpct ~ block + sow + harvest + (1 | block:harvest)", df="kenward-roger")
    data, deadline = unseen_table("beets"), no_deadline()
    block, sow, harvest = f_tests(analyse(spec, data, LIMITS, deadline), data, LIMITS, deadline)
    assert (block.den_df, sow.den_df, harvest.den_df) == pytest.approx((2.0, 20.0, 2.0), rel=1e-6)
    assert (block.statistic, sow.statistic, harvest.statistic) == pytest.approx((2.5789, 101.0, 15.2105), rel=1e-4)
    assert (block.p_value, harvest.p_value) == pytest.approx((0.2794, 0.0599), abs=1e-4)
