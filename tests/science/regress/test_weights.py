"""Weights as in R's lm: they scale the squares, and a row of weight zero does not count."""

import numpy as np
import pytest

from errors import InvalidInput
from science.regress import predict
from science.table import Numeric, Table
from tests.science.regress.data import LIMITS, columns, fitted

X = [1.0, 2.0, 3.0, 4.0, 5.0, 7.0]
Y = [1.1, 1.9, 3.2, 3.9, 5.3, 6.6]
W = [1.0, 2.0, 0.0, 4.0, 0.5, 0.0]

pytestmark = pytest.mark.parametrize("precision", ["double", "exact"])


def data(weights: list[float | None]) -> Table:
    return columns(x=X, y=Y, w=weights)


def test_a_row_of_weight_zero_changes_no_estimate(precision: str) -> None:
    counted = [i for i, weight in enumerate(W) if weight]
    without = fitted("y ~ x", data(W).take(np.array(counted)), weights="w", precision=precision)
    ours = fitted("y ~ x", data(W), weights="w", precision=precision)
    assert (ours.estimate.tolist(), ours.glance) == (without.estimate.tolist(), without.glance)


def test_a_row_of_weight_zero_is_fitted_without_leverage(precision: str) -> None:
    ours = fitted("y ~ x", data(W), weights="w", precision=precision)
    assert ours.fitted == pytest.approx(ours.estimate[0] + ours.estimate[1] * np.array(X))
    assert ours.leverage[[2, 5]].tolist() == [0.0, 0.0]


def test_rows_of_weight_zero_are_not_observations(precision: str) -> None:
    ours = fitted("y ~ x", data(W), weights="w", precision=precision)
    assert (ours.nobs, ours.glance.nobs, ours.glance.df_residual, ours.rows_dropped) == (4, 4, 2, 0)


def test_a_weight_of_two_estimates_as_two_rows(precision: str) -> None:
    twice = data([1.0] * 6).take(np.array([0, 1, 1, 2, 3, 4, 5]))
    ours = fitted("y ~ x", data([1.0, 2.0, 1.0, 1.0, 1.0, 1.0]), weights="w", precision=precision)
    assert ours.estimate == pytest.approx(fitted("y ~ x", twice, precision=precision).estimate, rel=1e-14)


@pytest.mark.parametrize("scale", [1e-300, 0.1, 1e300])
def test_the_unit_of_the_weights_changes_no_standard_error(precision: str, scale: float) -> None:
    ours = fitted("y ~ x", data([weight * scale for weight in W]), weights="w", precision=precision)
    assert ours.std_error == pytest.approx(fitted("y ~ x", data(W), weights="w", precision=precision).std_error, rel=1e-13)


def test_weights_of_one_are_no_weights(precision: str) -> None:
    ours, without = (
        fitted("y ~ x", data([1.0] * 6), weights="w", precision=precision),
        fitted("y ~ x", data(W), precision=precision),
    )
    assert ours.glance == without.glance


def test_a_missing_weight_drops_its_row(precision: str) -> None:
    assert fitted("y ~ x", data([1.0, None, 1.0, 1.0, 1.0, 1.0]), weights="w", precision=precision).rows_dropped == 1


def test_a_negative_weight_is_refused(precision: str) -> None:
    with pytest.raises(InvalidInput, match="column w has a negative value") as caught:
        fitted("y ~ x", data([1.0, -1.0, 1.0, 1.0, 1.0, 1.0]), weights="w", precision=precision)
    assert caught.value.field == "weights"


def test_weights_that_are_all_zero_are_refused(precision: str) -> None:
    with pytest.raises(InvalidInput, match="weights are zero in every row") as caught:
        fitted("y ~ x", data([0.0] * 6), weights="w", precision=precision)
    assert caught.value.field == "weights"


def test_a_response_that_is_constant_where_it_counts_is_refused(precision: str) -> None:
    with pytest.raises(InvalidInput, match="same value in every row"):
        fitted("y ~ x", columns(x=X, y=[3.0] * 5 + [9.0], w=[1.0] * 5 + [0.0]), weights="w", precision=precision)


def test_an_unknown_column_of_weights_is_named(precision: str) -> None:
    with pytest.raises(InvalidInput, match="no column v"):
        fitted("y ~ x", data(W), weights="v", precision=precision)


def test_weights_must_be_numbers(precision: str) -> None:
    with pytest.raises(InvalidInput, match="column g holds no numbers"):
        fitted("y ~ x", columns(x=X, y=Y, g=list("abcabc")), weights="g", precision=precision)


def test_prediction_intervals_of_a_weighted_fit_are_warned_of(precision: str) -> None:
    ours = fitted("y ~ x", data(W), weights="w", precision=precision)
    told = predict(ours, Table({"x": Numeric(np.array([1.0]))}, 1), LIMITS)
    assert [notice.code for notice in told.warnings] == ["constant_variance"]


def test_weights_of_very_different_size_count_by_their_size(precision: str) -> None:
    """Two rows of all the weight are a line through both; the others are nothing beside them."""
    ours = fitted("y ~ x", data([1e300, 1e-300, 1e-300, 1e300, 5e-324, 1e-300]), weights="w", precision=precision)
    assert ours.estimate == pytest.approx([1.1 - 2.8 / 3, 2.8 / 3], rel=1e-14)


def test_a_weight_too_small_for_its_square_is_still_a_weight(precision: str) -> None:
    ours = fitted("y ~ x", data([1e-320] * 6), weights="w", precision=precision)
    assert ours.estimate == pytest.approx(fitted("y ~ x", data([1.0] * 6), precision=precision).estimate, rel=1e-14)
