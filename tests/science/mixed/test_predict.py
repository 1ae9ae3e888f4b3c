"""Predictions of new rows and new levels."""

from __future__ import annotations

import numpy as np
import pytest

from errors import InvalidInput
from science.mixed.predict import predict
from science.table import Numeric, table_of_columns
from tests.science.mixed.data import LIMITS, extras, fitted, sleepstudy, table

PUBLISHED = extras()["sleep_predict"]


def new_rows(**columns):
    return table_of_columns(columns, LIMITS, field="predict")


NEW = new_rows(Days=[0, 5, 10, 10], Subject=["308", "308", "335", "999"])


def test_known_and_new_levels_are_predicted_as_lme4_does():
    predictions = predict(sleepstudy(), NEW, LIMITS)
    np.testing.assert_allclose(predictions.fit, PUBLISHED["all"], rtol=1e-8)
    assert predictions.new_levels["Subject"].tolist() == [False, False, False, True]
    assert [notice.code for notice in predictions.warnings] == ["new_levels"]


def test_without_random_effects_the_population_is_predicted():
    predictions = predict(sleepstudy(), NEW, LIMITS, population=True)
    np.testing.assert_allclose(predictions.fit, PUBLISHED["fixed"], rtol=1e-9)
    days = np.array([0.0, 5.0, 10.0, 10.0])
    X = np.column_stack([np.ones(4), days])
    np.testing.assert_allclose(predictions.std_error, np.sqrt(np.einsum("ma,ab,mb->m", X, sleepstudy().fixed.covariance, X)))


def test_a_new_level_is_as_uncertain_as_the_population_varies():
    predictions = predict(sleepstudy(), NEW, LIMITS)
    random, residual = sleepstudy().random[0].covariance, sleepstudy().residual.variance
    z = np.array([1.0, 10.0])
    width = predictions.pred_high[3] - predictions.fit[3]
    expected = 1.959964 * np.sqrt(predictions.std_error[3] ** 2 + z @ random @ z + residual)
    assert width == pytest.approx(expected, rel=1e-6)


def test_the_fitted_rows_are_predicted_as_fitted():
    for name, formula in [
        ("Pastes", "strength ~ 1 + (1 | batch/cask)"),
        ("Penicillin", "diameter ~ 1 + (1 | plate) + (1 | sample)"),
        ("cake", "angle ~ recipe * temperature + (1 | recipe:replicate)"),
        ("Orthodont", "distance ~ Sex + (Sex || Subject)"),
    ]:
        fit = fitted(formula, table(name))
        np.testing.assert_allclose(predict(fit, table(name), LIMITS).fit, fit.fitted, rtol=1e-10)


def test_a_missing_value_predicts_nothing():
    rows = new_rows(Days=[1, None, 3], Subject=["308", "308", None])
    predictions = predict(sleepstudy(), rows, LIMITS)
    assert np.isnan(predictions.fit).tolist() == [False, True, True]
    assert np.isnan(predictions.pred_high).tolist() == [False, True, True]
    assert not predictions.new_levels["Subject"].any()


def test_a_numeric_group_finds_its_levels():
    rows = table_of_columns({"Days": [0], "Subject": [308]}, LIMITS)
    assert predict(sleepstudy(), rows, LIMITS).fit[0] == pytest.approx(PUBLISHED["all"][0])


def test_the_grouping_factor_is_needed():
    with pytest.raises(InvalidInput, match="Subject"):
        predict(sleepstudy(), new_rows(Days=[1]), LIMITS)


def test_no_rows_at_hand_are_needed_for_a_population():
    assert len(predict(sleepstudy(), new_rows(Days=[1]), LIMITS, population=True).fit) == 1


def test_a_population_is_as_uncertain_as_a_new_level():
    known, new = (predict(sleepstudy(), new_rows(Days=[4], Subject=[who]), LIMITS, population=True) for who in ("308", "nobody"))
    asked = predict(sleepstudy(), new_rows(Days=[4], Subject=["nobody"]), LIMITS)
    assert known.pred_high[0] == new.pred_high[0] == pytest.approx(asked.pred_high[0], rel=1e-12)
    assert known.warnings == ()


def test_the_standard_error_shrinks_with_more_rows_of_a_group():
    y = np.random.default_rng(0).normal(size=60) + np.repeat(np.arange(6.0), 10)
    data = table_of_columns({"y": y.tolist(), "g": [str(i // 10) for i in range(59)] + ["6"]}, LIMITS)
    predictions = predict(fitted("y ~ 1 + (1 | g)", data), new_rows(g=["0", "6"]), LIMITS)
    assert predictions.std_error[0] < predictions.std_error[1]
    assert isinstance(data["y"], Numeric)
