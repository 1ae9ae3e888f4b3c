"""Whatever is sent: a clear refusal, a warning or a bounded fit, never a silent wrong number."""

from __future__ import annotations

import time

import numpy as np
import pytest

from errors import DeadlineExceeded, InvalidInput, LimitExceeded
from science.deadline import Deadline, no_deadline
from science.limits import Limits
from science.mixed.fit import analyse, fit
from science.mixed.profile import profile
from science.mixed.spec import Spec
from science.table import Factor, Numeric, Table, table_of_columns
from tests.science.mixed.data import LIMITS, fitted, table, with_columns

N = 60
RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=N), RNG.normal(size=N)
SLOPED = Y + X * (1.0 + np.linspace(-2.0, 2.0, 6)[np.arange(N) % 6]) + np.cos(np.arange(N) % 6)


def data(**columns):
    given = {"y": Y, "x": X, "g": [str(i % 6) for i in range(N)], "h": [str(i % 7) for i in range(N)]} | columns
    return table_of_columns({name: np.asarray(values).tolist() for name, values in given.items()}, LIMITS)


@pytest.mark.parametrize(
    ("formula", "columns", "reason"),
    [
        ("y ~ x + (1 | g)", {"g": ["a"] * N}, "one level only"),
        ("y ~ x + (1 | g)", {"g": list(map(str, range(N)))}, "as many effects as rows"),
        ("y ~ x + (x | g)", {"g": [str(i // 2) for i in range(N)]}, "as many effects as rows"),
        ("y ~ x + (1 | g)", {"y": [5.1] * N}, "no variation"),
        ("y ~ x + (1 | g)", {"y": [5.1e12] * N}, "no variation"),
        ("y ~ x + (1 | g)", {"y": (2.0 * X + 1.0)}, "no variation"),
        ("y ~ x", {}, "random effect"),
        ("~ x + (1 | g)", {}, "response"),
        ("y ~ x + (1 | gg)", {}, "no column gg"),
        ("y ~ x + (1 | log(x))", {}, "grouping factor"),
        ("y ~ x + (1 | g + h)", {}, "grouping factor"),
        ("y ~ x + (0 | g)", {}, "nothing"),
        ("y ~ x + (0 || g)", {}, "nothing varies"),
        ("y ~ x + (zz | g)", {}, "no column zz"),
        ("y ~ x + (1 | g) * 2", {}, "random effect"),
        ("y ~ x + (1 | g", {}, "missing"),
        ("y ~ x + (offset(x) | g)", {}, "offset"),
    ],
)
def test_a_question_without_an_answer_is_refused(formula, columns, reason):
    with pytest.raises(InvalidInput, match=reason):
        fitted(formula, data(**columns))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("method", "lbfgs"),
        ("df", "exact"),
        ("family", "gamma"),
        ("level", 2.0),
        ("missing", "guess"),
        ("quadrature", 0),
        ("quadrature", 3),
        ("iterations", 0),
    ],
)
def test_a_setting_that_is_not_known_is_refused(field, value):
    with pytest.raises(InvalidInput) as caught:
        Spec("y ~ x + (1 | g)", **{field: value})
    assert caught.value.field == field


@pytest.mark.parametrize(("weights", "reason"), [("w", "positive"), ("g", "no numbers"), ("v", "no column v")])
def test_weights_must_be_positive_numbers(weights, reason):
    with pytest.raises(InvalidInput, match=reason):
        fitted("y ~ x + (1 | g)", data(w=np.arange(N)), weights=weights)


def test_a_slope_that_does_not_vary_is_told():
    fit = fitted("y ~ x + (x | g)", data(x=[2.0] * N))
    assert fit.fixed.aliased == ("x",)
    assert np.isnan(fit.fixed.estimate[1])
    assert {"aliased", "unidentified"} <= {notice.code for notice in fit.warnings}


def test_dependent_columns_are_named():
    fit = fitted("y ~ x + z + (1 | g)", data(z=3.0 * X))
    assert fit.fixed.aliased == ("z",)
    assert fit.fit.df == 4


def test_a_vanished_variance_is_named():
    fit = fitted("Yield ~ 1 + (1 | Batch)", table("Dyestuff2"))
    assert fit.fit.singular
    assert fit.random[0].variance[0] == 0.0
    detail = next(notice.detail for notice in fit.warnings if notice.code == "singular")
    assert detail.startswith("the variance of (Intercept) over Batch is zero")


def test_a_vanished_direction_is_named():
    rng = np.random.default_rng(3)
    g, x = np.repeat(np.arange(12), 10), rng.normal(size=120)
    u = rng.normal(size=12)
    y = 3.0 * u[g] + 2.0 * u[g] * x + 0.5 * rng.normal(size=120)
    sent = table_of_columns({"y": y.tolist(), "x": x.tolist(), "g": [str(i) for i in g]}, LIMITS)
    fit = fitted("y ~ x + (x | g)", sent)
    assert fit.random[0].correlation[0, 1] > 0.99
    if fit.fit.singular:
        assert any("correlation of (Intercept) and x over g is 1" in notice.detail for notice in fit.warnings)


def test_groups_that_explain_everything_are_told():
    g = np.arange(N) % 6
    fit = fitted("y ~ x + (1 | g)", data(y=2.0 * X + 1.0 + g))
    assert fit.fixed.estimate[1] == pytest.approx(2.0, rel=1e-9)
    assert "no_residual" in {notice.code for notice in fit.warnings}


def test_missing_rows_are_dropped_and_counted():
    groups = [None if i == 4 else str(i % 6) for i in range(N)]
    fit = fitted("y ~ x + (1 | g)", table_of_columns({"y": Y.tolist(), "x": X.tolist(), "g": groups}, LIMITS))
    assert (fit.rows, fit.nobs, fit.rows_dropped) == (N, N - 1, 1)
    with pytest.raises(InvalidInput, match="missing in row 5"):
        fitted("y ~ x + (1 | g)", table_of_columns({"y": Y.tolist(), "x": X.tolist(), "g": groups}, LIMITS), missing="refuse")


def test_a_level_that_no_row_has_is_no_group():
    codes = np.arange(N, dtype=np.intp) % 5
    fit = fitted("y ~ x + (1 | g)", with_columns(data(), g=Factor(codes, tuple("abcdefg"))))
    assert fit.fit.groups == {"g": 5}


def test_the_deadline_is_asked_at_every_evaluation():
    ticks = iter(range(1000))
    with pytest.raises(DeadlineExceeded):
        fit(Spec("Reaction ~ Days + (Days | Subject)"), table("sleepstudy"), LIMITS, Deadline(5.0, lambda: float(next(ticks))))


def test_too_many_crossed_effects_are_refused():
    n = 9_000
    rng = np.random.default_rng(0)
    codes = [Factor(rng.integers(0, 4_000, n).astype(np.intp), tuple(map(str, range(4_000)))) for _ in "ab"]
    sent = Table({"y": Numeric(rng.normal(size=n)), "a": codes[0], "b": codes[1]}, n)
    with pytest.raises(LimitExceeded, match="max_crossed_effects"):
        fitted("y ~ 1 + (1 | a) + (1 | b)", sent)


def test_too_many_levels_are_refused():
    with pytest.raises(LimitExceeded, match="max_levels"):
        fitted("y ~ 1 + (1 | g)", Table({"y": Numeric(np.arange(3e4)), "g": Numeric(np.arange(3e4) // 2)}, 30_000))


@pytest.mark.parametrize("levels", [20_000, pytest.param(1_000_000, marks=pytest.mark.soak)])
def test_a_million_levels_take_seconds(levels):
    rng = np.random.default_rng(1)
    g = np.repeat(np.arange(levels), 2)
    y = 5.0 + rng.normal(size=levels)[g] + rng.normal(size=2 * levels)
    sent = Table({"y": Numeric(y), "g": Numeric(g.astype(np.float64))}, 2 * levels)
    limits = Limits(max_levels=2_000_000, max_rows=3_000_000)
    started = time.process_time()
    found = fit(Spec("y ~ 1 + (1 | g)"), sent, limits, no_deadline())
    assert time.process_time() - started < 60.0
    assert found.random[0].sd[0] == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize("count", [50, pytest.param(500, marks=pytest.mark.soak)])
def test_without_a_variance_the_intercept_is_right_all_the_same(count):
    """Data of truth 5 with no group variance, on which statsmodels 0.15's lbfgs returns exactly 0."""
    rng = np.random.default_rng(10239)
    groups = Factor(np.repeat(np.arange(20, dtype=np.intp), 10), tuple(map(str, range(20))))
    for _ in range(count):
        y = 5.0 + rng.normal(size=200)
        found = fitted("y ~ 1 + (1 | g)", Table({"y": Numeric(y), "g": groups}, 200))
        assert found.fit.converged
        assert found.fixed.estimate[0] == pytest.approx(y.mean(), abs=1e-8)
        assert abs(found.fixed.estimate[0] - 5.0) < 0.5
        assert np.isfinite([found.fixed.std_error[0], found.fixed.df[0], found.residual.variance, found.fit.log_lik]).all()


def test_the_same_factor_twice_is_a_bounded_fit():
    assert fitted("y ~ x + (1 | g) + (1 | k)", data(k=[str(i % 6) for i in range(N)])).fit.evaluations < 200


@pytest.mark.parametrize(
    "formula",
    [
        "y ~ x + (1 | g) + (1 | g)",
        "y ~ x + (1 | g) + (x | g)",
        "y ~ x + (x || g) + (x | g)",
        "y ~ x + (1 | g) + (1 | k)",
        "y ~ x + (1 | g/k)",
    ],
)
def test_effects_that_stand_twice_are_told(formula):
    fit = fitted(formula, data(k=[f"k{(i * 5) % 6}" for i in range(N)]))
    assert "unidentified" in {notice.code for notice in fit.warnings}
    assert np.isfinite(fit.fixed.std_error).all()


@pytest.mark.parametrize(
    "formula", ["y ~ g + (1 | g)", "y ~ x * g + (x | g)", "y ~ g * h + (1 | g) + (1 | h)", "y ~ 0 + g:h + (1 | g:h)"]
)
def test_effects_that_the_fixed_ones_say_already_are_told(formula):
    told = fitted(formula, data()).warnings
    assert any(one.code == "unidentified" and "the fixed effects say already" in one.detail for one in told)


@pytest.mark.parametrize("formula", ["y ~ x + (x || g)", "y ~ x + (1 | g) + (1 | h)", "y ~ x + (1 | g) + (0 + x | k)"])
def test_effects_that_stand_once_are_not_told(formula):
    fit = fitted(formula, data(k=[f"k{(i * 5) % 6}" for i in range(N)]))
    assert "unidentified" not in {notice.code for notice in fit.warnings}


@pytest.mark.parametrize("family", ["gaussian", "poisson"])
@pytest.mark.parametrize(
    ("size", "word"), [(1e155, "large"), (1e200, "large"), (1e300, "large"), (1e-155, "small"), (1e-300, "small")]
)
def test_numbers_that_have_no_squares_are_refused_for_that(family, size, word):
    for columns in ({"x": size * X}, {"y": size * np.abs(Y)}):
        with pytest.raises(InvalidInput, match=f"too {word} for double precision to square") as caught:
            fitted("y ~ x + (x | g)", data(**({"y": np.arange(N) % 4} | columns)), family=family)
        assert caught.value.field == "data"


@pytest.mark.parametrize("y_power", [-120, -60, 0, 60, 120])
@pytest.mark.parametrize("x_power", [-120, -60, 0, 60, 120])
def test_other_units_give_the_same_answer_or_the_right_refusal(y_power, x_power):
    """Equivariance: y scaled by a and x by b scale the slope by a / b and its variances by (a / b)^2."""
    a, b = 10.0**y_power, 10.0**x_power
    near = fitted("y ~ x + (x | g)", data(y=SLOPED))
    scaled = data(y=a * SLOPED, x=b * X)
    if abs(y_power - x_power) > 120:
        with pytest.raises(InvalidInput, match="double precision"):
            fitted("y ~ x + (x | g)", scaled)
        return
    found = fitted("y ~ x + (x | g)", scaled)
    np.testing.assert_allclose(found.fixed.estimate, near.fixed.estimate * [a, a / b], rtol=1e-6)
    np.testing.assert_allclose(found.fixed.std_error, near.fixed.std_error * [a, a / b], rtol=1e-5)
    np.testing.assert_allclose(found.fixed.df, near.fixed.df, rtol=1e-3)
    np.testing.assert_allclose(found.random[0].sd, near.random[0].sd * [a, a / b], rtol=1e-4)
    assert found.fit.log_lik + (N - 2) * np.log(a) + np.log(b) == pytest.approx(near.fit.log_lik, abs=1e-5)


def test_numbers_stay_finite_far_from_one():
    found, near = (fitted("y ~ x + (x | g)", data(y=scale * Y, x=X / scale)) for scale in (1e60, 1.0))
    np.testing.assert_allclose(found.fixed.estimate, near.fixed.estimate * [1e60, 1e120], rtol=1e-6)
    np.testing.assert_allclose(found.fixed.df, near.fixed.df, rtol=1e-3)


def test_numbers_that_double_precision_cannot_hold_are_refused():
    with pytest.raises(InvalidInput, match="double precision"):
        fitted("y ~ x + (x | g)", data(y=1e150 * Y, x=1e-120 * X))


@pytest.mark.parametrize(
    ("columns", "family"),
    [
        ({"y": 2.0 * X + np.arange(N) % 6}, "gaussian"),
        ({"y": (X > 0.0) * 1.0}, "binomial"),
        ({"y": np.ones(N)}, "binomial"),
        ({"y": np.zeros(N)}, "poisson"),
    ],
)
def test_a_criterion_without_an_end_is_not_profiled(columns, family):
    analysis = analyse(Spec("y ~ x + (1 | g)", family=family), data(**columns), LIMITS, no_deadline())
    with pytest.raises(InvalidInput, match="no minimum"):
        profile(analysis, LIMITS, no_deadline())


def test_profiles_and_kenward_roger_do_not_feel_the_units():
    found = {}
    for scale in (1.0, 1e60):
        spec = Spec("y ~ x + (x | g)", df="kenward-roger")
        analysis = analyse(spec, data(y=scale**2 * SLOPED, x=scale * X), LIMITS, no_deadline())
        found[scale] = analysis.fit.fixed.df, profile(analysis, LIMITS, no_deadline())
    (df, near), (far_df, far) = found.values()
    units = np.array([1e120, 1.0, 1e60, 1e120, 1e120, 1e60])
    np.testing.assert_allclose(far_df, df, rtol=1e-6)
    np.testing.assert_allclose(far.conf_low, near.conf_low * units, rtol=1e-4)
    np.testing.assert_allclose(far.conf_high, near.conf_high * units, rtol=1e-4)
