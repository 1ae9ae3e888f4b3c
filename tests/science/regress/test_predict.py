"""New rows. Numbers of R are in test_reference.py."""

import numpy as np
import pytest

from errors import InvalidInput
from science.regress import predict
from science.table import table_of_columns
from tests.science.regress.data import LIMITS, columns, fitted, table

MTCARS = table("regress/mtcars")
IRIS = table("regress/iris")


def test_a_row_with_a_missing_value_is_nan_throughout() -> None:
    ours = predict(fitted("mpg ~ wt", MTCARS), columns(wt=[3.0, None]), LIMITS)
    assert [np.isnan(getattr(ours, name)).tolist() for name in ("fit", "std_error", "pred_high")] == [[False, True]] * 3


def test_the_rows_of_the_fit_are_predicted_as_fitted() -> None:
    ours = fitted("log(mpg) ~ poly(hp, 2) * factor(cyl) + offset(wt)", MTCARS)
    assert predict(ours, MTCARS, LIMITS).fit == pytest.approx(ours.fitted, rel=1e-12)


def test_standard_errors_are_sigma_times_the_root_of_leverage() -> None:
    ours = fitted("mpg ~ wt * hp", MTCARS)
    assert predict(ours, MTCARS, LIMITS).std_error == pytest.approx(ours.glance.sigma * np.sqrt(ours.leverage), rel=1e-12)


def test_a_prediction_from_aliased_columns_is_warned_of() -> None:
    ours = predict(fitted("mpg ~ wt + I(2 * wt)", MTCARS), columns(wt=[3.0]), LIMITS)
    assert [notice.code for notice in ours.warnings] == ["rank_deficient"]
    assert ours.fit == pytest.approx(predict(fitted("mpg ~ wt", MTCARS), columns(wt=[3.0]), LIMITS).fit, rel=1e-13)


def test_an_unseen_level_is_refused() -> None:
    with pytest.raises(InvalidInput, match="Species") as caught:
        predict(fitted("Sepal_Length ~ Species", IRIS), table_of_columns({"Species": ["rose"]}, LIMITS), LIMITS)
    assert "rose" not in caught.value.detail


def test_a_saturated_fit_predicts_without_intervals() -> None:
    ours = predict(fitted("y ~ x", columns(y=[1, 3], x=[1, 2])), columns(x=[3.0]), LIMITS)
    assert (ours.fit.tolist(), np.isnan(ours.conf_low).all()) == ([5.0], True)


def test_a_prediction_beyond_doubles_is_refused() -> None:
    with pytest.raises(InvalidInput, match="row 2 gives a prediction too large") as caught:
        predict(fitted("y ~ x", columns(y=[1e10, 3e10, 4e10], x=[1, 2, 3])), columns(x=[1.0, 1e308]), LIMITS)
    assert caught.value.field == "/predict/1"


def test_the_level_widens_the_intervals() -> None:
    narrow, wide = (predict(fitted("mpg ~ wt", MTCARS, level=level), columns(wt=[3.0]), LIMITS) for level in (0.8, 0.99))
    assert wide.pred_high[0] - wide.pred_low[0] > narrow.pred_high[0] - narrow.pred_low[0]
