"""The corners of a linear model: what is refused, what is told, and numbers at the ends of double's range."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from errors import DeadlineExceeded, InvalidInput, LamplightError, RefitNeeded
from science.deadline import Deadline
from science.regress import Fit, predict
from science.table import Numeric, Table
from tests.science.regress.data import LIMITS, columns, fitted, table

IRIS = table("regress/iris")
MTCARS = table("regress/mtcars")
X = [1.0, 2.0, 3.0, 5.0]
Y = [2.0, 4.0, 6.0, 9.0]
CAR = MTCARS.take(np.array([0, 5]))

both = pytest.mark.parametrize("precision", ["double", "exact"])


def codes(fit: Fit) -> list[str]:
    return [notice.code for notice in fit.warnings]


@both
def test_iris_gives_the_published_numbers(precision: str) -> None:
    """Of R's documentation of lm on iris, as in the README."""
    ours = fitted("Sepal_Length ~ Sepal_Width + Petal_Length", IRIS, precision=precision)
    assert ours.estimate.round(4).tolist() == [2.2491, 0.5955, 0.4719]
    assert ours.std_error.round(3).tolist() == [0.248, 0.069, 0.017]
    assert ours.statistic.round(3).tolist() == [9.070, 8.590, 27.569]


@both
def test_an_aliased_column_is_named_and_nan(precision: str) -> None:
    ours = fitted("mpg ~ wt + I(2 * wt) + hp", MTCARS, precision=precision)
    assert (ours.aliased, np.isnan(ours.estimate).tolist(), codes(ours)) == (
        ("I(2 * wt)",),
        [False, False, True, False],
        ["aliased"],
    )
    assert "I(2 * wt)" in ours.warnings[0].detail


@both
def test_the_later_of_two_equal_columns_is_aliased(precision: str) -> None:
    assert fitted("mpg ~ hp + I(hp + 0) + wt", MTCARS, precision=precision).aliased == ("I(hp + 0)",)


@both
def test_aliased_columns_change_no_other_number(precision: str) -> None:
    with_alias = fitted("mpg ~ wt + I(2 * wt) + hp", MTCARS, precision=precision)
    without = fitted("mpg ~ wt + hp", MTCARS, precision=precision)
    assert with_alias.estimate[[0, 1, 3]] == pytest.approx(without.estimate, rel=1e-14)
    assert with_alias.glance.aic == pytest.approx(without.glance.aic, rel=1e-14)


def test_many_aliased_columns_are_found() -> None:
    rng = np.random.default_rng(1)
    base = rng.standard_normal((60, 10))
    mixed = np.hstack([base, base @ rng.standard_normal((10, 5)), rng.standard_normal((60, 1))])
    data = Table({f"x{j:02}": Numeric(column) for j, column in enumerate(mixed.T)} | {"y": Numeric(rng.standard_normal(60))}, 60)
    ours = fitted("y ~ .", data)
    assert ours.aliased == tuple(f"x{j}" for j in range(10, 15))
    expected = np.linalg.lstsq(np.column_stack([np.ones(60), base, mixed[:, -1]]), data["y"].values, rcond=None)[0]
    assert ours.estimate[~np.isnan(ours.estimate)] == pytest.approx(expected, rel=1e-9)


@both
def test_a_saturated_model_has_no_standard_errors(precision: str) -> None:
    ours = fitted("y ~ x", columns(x=[1, 2], y=[1, 3]), precision=precision)
    assert (ours.estimate.tolist(), codes(ours), ours.glance.df_residual) == ([-1.0, 2.0], ["saturated"], 0)
    assert np.isnan(np.concatenate([ours.std_error, ours.p_value, ours.conf_low])).all()


@both
def test_one_row_has_a_mean(precision: str) -> None:
    ours = fitted("y ~ 1", columns(y=[3.0]), precision=precision)
    assert (ours.estimate.tolist(), codes(ours)) == ([3.0], ["saturated"])


@both
def test_one_row_of_zero_is_told_as_saturated(precision: str) -> None:
    assert codes(fitted("y ~ 0 + x", columns(y=[0.0], x=[2.0]), precision=precision)) == ["saturated"]


@both
def test_a_perfect_fit_is_told(precision: str) -> None:
    ours = fitted("y ~ x", columns(x=X, y=[2.0, 4.0, 6.0, 10.0]), precision=precision)
    assert (ours.glance.sigma, codes(ours)) == (0.0, ["perfect_fit"])


@both
def test_an_offset_is_subtracted(precision: str) -> None:
    ours = fitted("y ~ x + offset(z)", columns(x=X, y=Y, z=[1, 1, 2, 3]), precision=precision)
    other = fitted("I(y - z) ~ x", columns(x=X, y=Y, z=[1, 1, 2, 3]), precision=precision)
    assert ours.estimate == pytest.approx(other.estimate, rel=1e-14)
    assert ours.fitted + ours.residuals == pytest.approx(Y)


@both
def test_without_an_intercept_r_squared_is_about_zero(precision: str) -> None:
    ours = fitted("y ~ 0 + x", columns(x=X, y=Y), precision=precision).glance
    assert ours.r_squared == pytest.approx(1 - ours.deviance / np.square(Y).sum(), rel=1e-12)


@pytest.mark.parametrize(
    ("formula", "values", "message"),
    [
        ("y ~ x + z", {"y": [3, 4], "x": [2, 1], "z": [1, 5]}, "3 columns and only 2 rows"),
        ("y ~ x", {"y": [3, 3, 3], "x": [1, 2, 3]}, "response y has the same value in every row"),
        ("y ~ x + offset(y)", {"y": [3, 4, 6], "x": [1, 2, 3]}, "response y has the same value in every row"),
        ("y ~ 0 + x", {"y": [3, 4, 5], "x": [0, 0, 0]}, "every column of the formula is zero"),
        ("y ~ x", {"y": [1e300, 2e300, 4e300], "x": [1e-300, 2e-300, 3e-300]}, "coefficient of x is too large"),
    ],
)
@both
def test_a_model_that_cannot_be_fitted_is_refused(
    formula: str, values: dict[str, list[float]], message: str, precision: str
) -> None:
    with pytest.raises(InvalidInput, match=message) as caught:
        fitted(formula, columns(**values), precision=precision)
    assert caught.value.field == "formula"


@pytest.mark.parametrize("scale", [1e-300, 1e-150, 1e150, 1e300])
@both
def test_the_unit_of_a_column_is_the_unit_of_its_coefficient(scale: float, precision: str) -> None:
    plain = fitted("y ~ x", columns(x=X, y=Y), precision=precision)
    ours = fitted("y ~ x", columns(x=[x * scale for x in X], y=Y), precision=precision)
    assert ours.estimate * [1, scale] == pytest.approx(plain.estimate, rel=1e-13)
    assert ours.std_error * [1, scale] == pytest.approx(plain.std_error, rel=1e-13)


@pytest.mark.parametrize("scale", [1e-300, 1e-150, 1e150, 1e300])
@both
def test_the_unit_of_the_response_changes_no_statistic(scale: float, precision: str) -> None:
    plain = fitted("y ~ x", columns(x=X, y=Y), precision=precision)
    ours = fitted("y ~ x", columns(x=X, y=[y * scale for y in Y]), precision=precision)
    assert ours.statistic == pytest.approx(plain.statistic, rel=1e-12)
    assert ours.glance.r_squared == pytest.approx(plain.glance.r_squared, rel=1e-13)


@both
def test_a_sum_of_squares_beyond_doubles_is_told(precision: str) -> None:
    assert codes(fitted("y ~ x", columns(x=X, y=[y * 1e300 for y in Y]), precision=precision)) == ["out_of_range"]


@both
def test_columns_at_opposite_ends_of_the_range_are_fitted_together(precision: str) -> None:
    z = [1.0, -1.0, 0.0, 1.0, -1.0]
    x, y = [*X, 8.0], [*Y, 1.0]
    plain = fitted("y ~ x + z", columns(x=x, y=y, z=z), precision=precision)
    ours = fitted("y ~ x + z", columns(x=[v * 1e300 for v in x], y=y, z=[v * 1e-300 for v in z]), precision=precision)
    assert ours.estimate * [1, 1e300, 1e-300] == pytest.approx(plain.estimate, rel=1e-12)


@both
def test_whole_numbers_at_the_end_of_doubles_keep_their_last_digit(precision: str) -> None:
    """y = 2**53 - 1 - 3 x, exactly, with residuals 1, -1, -1, 1 that are orthogonal to 1 and x."""
    y = [2.0**53 - 1 - 3 * x + e for x, e in zip(range(4), [1, -1, -1, 1], strict=True)]
    ours = fitted("y ~ x", columns(x=list(range(4)), y=y), precision=precision)
    assert (ours.estimate.tolist(), ours.glance.deviance) == ([2.0**53 - 1, -3.0], 4.0)


@both
def test_a_huge_offset_of_the_response_costs_no_digit_of_the_slope(precision: str) -> None:
    ours = fitted("y ~ x", columns(x=X, y=[y + 1e12 for y in Y]), precision=precision)
    assert ours.estimate[1] == fitted("y ~ x", columns(x=X, y=Y), precision=precision).estimate[1]


@both
def test_a_huge_offset_of_a_column_costs_no_digit_of_its_slope(precision: str) -> None:
    ours = fitted("y ~ x", columns(x=[x + 1e9 for x in X], y=Y), precision=precision)
    assert ours.estimate[1] == fitted("y ~ x", columns(x=X, y=Y), precision=precision).estimate[1]


NUMBER = st.one_of(
    st.sampled_from([0.0, -0.0, 1.0, -1.0, 0.1, 1e300, -1e300, 1e-300, 5e-324, 2.0**53, 1.7e308]), st.floats(-1e3, 1e3)
)
COLUMN = st.lists(NUMBER, min_size=5, max_size=5)


@given(
    y=COLUMN,
    x=COLUMN,
    z=COLUMN,
    w=st.lists(NUMBER.map(abs), min_size=5, max_size=5),
    precision=st.sampled_from(["double", "exact"]),
)
@settings(deadline=None, max_examples=100)
def test_any_numbers_are_fitted_or_refused_and_nan_is_explained(
    y: list[float], x: list[float], z: list[float], w: list[float], precision: str
) -> None:
    """Warnings are errors here, so a warning of NumPy's would fail too."""
    try:
        ours = fitted("y ~ x + z", columns(x=x, y=y, z=z, w=w), weights="w", precision=precision)
    except LamplightError:
        return
    kept = np.array([name not in ours.aliased for name in ours.terms])
    assert (np.isnan(ours.estimate) == ~kept).all()
    assert np.isfinite(ours.fitted).all()
    if not ours.warnings:
        assert np.isfinite(ours.std_error).all()
        assert np.isfinite(ours.statistic).all()


@pytest.mark.parametrize("formula", ["mpg ~ wt + I(2 * wt) + factor(cyl)", "log(mpg) ~ poly(hp, 2) + offset(wt)", "mpg ~ 0 + wt"])
@both
def test_a_fit_travels_as_json_and_arrays(formula: str, precision: str) -> None:
    ours = fitted(formula, MTCARS, level=0.9, precision=precision)
    document, arrays = ours.to_parameters()
    again = Fit.from_parameters(json.loads(json.dumps(document)), arrays)
    for name, value in vars(ours).items():
        assert repr(getattr(again, name)) == repr(value)
    assert repr(predict(again, CAR, LIMITS)) == repr(predict(ours, CAR, LIMITS))


def test_a_model_of_the_mean_travels_without_degrees_of_freedom() -> None:
    ours = fitted("mpg ~ 1", MTCARS)
    assert Fit.from_parameters(*ours.to_parameters()).glance.df is None


def test_an_unknown_format_asks_for_a_new_fit() -> None:
    document, arrays = fitted("mpg ~ wt", MTCARS).to_parameters()
    with pytest.raises(RefitNeeded):
        Fit.from_parameters(document | {"format": 99}, arrays)


def test_a_big_fit_ends_when_its_time_is_over() -> None:
    rng = np.random.default_rng(1)
    data = Table({name: Numeric(rng.standard_normal(60_000)) for name in "xyz"}, 60_000)
    ticks = iter(range(1_000))
    with pytest.raises(DeadlineExceeded):
        fitted("y ~ x + z", data, deadline=Deadline(10, lambda: next(ticks)))
    assert next(ticks) == 12


def test_many_rows_give_the_numbers_of_few() -> None:
    """The same rows a thousand times: equal estimates, and residual squares a thousand times as large."""
    rows = np.tile(np.arange(MTCARS.rows), 10_000)
    ours, few = fitted("mpg ~ wt + hp", MTCARS.take(rows)), fitted("mpg ~ wt + hp", MTCARS)
    assert ours.estimate == pytest.approx(few.estimate, rel=1e-13)
    assert ours.glance.deviance == pytest.approx(few.glance.deviance * 10_000, rel=1e-13)
