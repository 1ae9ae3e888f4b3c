import numpy as np
import pytest
from scipy.signal import lfilter
from scipy.stats import t

from errors import DeadlineExceeded, InvalidInput, LimitExceeded
from science.deadline import Deadline
from science.forecast.differences import TooShort, extend
from science.forecast.engine import forecast
from science.forecast.spec import ArmaOrders, BoxCox, Series, Spec
from science.limits import Limits
from tests.science.forecast.asked import MONTHS, ask, fitted
from tests.science.forecast.saved import reference, series

PASSENGERS = series("AirPassengers")
AIRLINE = {"model": ArmaOrders(q=1, Q=1), "differences": (12, 1), "season": 12, "interval": "model"}


def _column(answer, name):
    return np.array([getattr(row, name) for row in answer.forecast])


def _bound(answer, side, level=95.0):
    return np.array([getattr(row, side)[level] for row in answer.forecast])


@pytest.mark.parametrize(
    ("block", "y", "horizon", "spec"),
    [
        ("AirPassengers_log_011_011_ML", np.log(PASSENGERS), "log_scale", AIRLINE),
        ("USAccDeaths_011_011", series("USAccDeaths"), "h12", AIRLINE),
        ("Nile_011", series("Nile"), "h10", {"model": ArmaOrders(q=1), "differences": (1,), "season": 1}),
        ("Nile_111", series("Nile"), "h10", {"model": ArmaOrders(p=1, q=1), "differences": (1,), "season": 1}),
        ("LakeHuron_112", series("LakeHuron"), "h10", {"model": ArmaOrders(p=1, q=2), "differences": (1,), "season": 1}),
        ("LakeHuron_200", series("LakeHuron"), "h10", {"model": ArmaOrders(p=2), "differences": (), "season": 1}),
    ],
)
def test_forecasts_by_r_s_likelihood_are_those_of_the_package_forecast(block, y, horizon, spec):
    known = reference(block)[horizon]
    answer = ask(y, h=len(known["mean"]), **{**spec, "interval": "model", "likelihood": "r"})
    np.testing.assert_allclose(_column(answer, "mean"), known["mean"], rtol=1e-5)
    np.testing.assert_allclose(_bound(answer, "hi"), known["upper95"], rtol=2e-5)


def test_the_exact_forecasts_differ_from_r_s_by_its_start_only():
    known = reference("USAccDeaths_011_011")["h12"]
    answer = ask(series("USAccDeaths"), h=12, **AIRLINE)
    np.testing.assert_allclose(_column(answer, "mean"), known["mean"], rtol=1e-5)


def test_a_log_transform_tells_median_and_mean_apart_as_r_does():
    answer = ask(PASSENGERS, h=24, transform="log", likelihood="r", **AIRLINE)
    np.testing.assert_allclose(_column(answer, "median"), reference("AirPassengers_lambda0")["h24"]["mean"], rtol=1e-4)
    adjusted = reference("AirPassengers_lambda0_biasadj")["h24"]["mean"]
    np.testing.assert_allclose(_column(answer, "mean"), adjusted, rtol=1e-4)


def test_bounds_of_a_log_transform_are_mapped_not_undone():
    answer = ask(PASSENGERS, h=24, transform="log", likelihood="r", **AIRLINE)
    np.testing.assert_allclose(_bound(answer, "hi"), reference("AirPassengers_lambda0")["h24"]["upper95"], rtol=1e-4)


def test_the_inflation_of_the_airline_model_is_as_derived():
    inflation = _column(ask(PASSENGERS, h=25, transform="log", **AIRLINE), "inflation")
    np.testing.assert_allclose(inflation[[0, 5, 11, 12, 23, 24]], [1, 1.55, 2.06, 2.02, 3.06, 3.24], atol=0.006)


@pytest.mark.parametrize("model", ["auto", "theta", "holt-winters", "drift", "ar", "arma"])
def test_undoing_the_told_forecasts_of_w_gives_the_told_forecasts(model):
    answer = ask(PASSENGERS, h=15, model=model, differences=(12, 1), season=12)
    undone = extend(PASSENGERS, _column(answer, "w"), [12, 1])
    np.testing.assert_allclose(undone, _column(answer, "median"), rtol=1e-9)


def test_the_smallest_question_is_answered_with_season_and_stack_found():
    answer = ask(PASSENGERS, h=6)
    assert answer.season == 12
    assert answer.differences.applied == (12, 1)
    assert "KPSS" in answer.differences.chosen_by
    assert [row.ds for row in answer.forecast] == [145, 146, 147, 148, 149, 150]


def test_every_step_tells_its_anchors():
    row = ask(PASSENGERS, MONTHS, h=13).forecast[12]
    assert [(level.lag, level.of, level.real, level.depth) for level in row.stack.levels] == [
        (1, "diff[12]", False, 12),
        (12, "y", False, 1),
    ]


def test_an_average_beats_naive2_on_air_passengers():
    answer = ask(PASSENGERS, MONTHS, h=12)
    assert answer.model.name == "average"
    assert sum(part.weight for part in answer.model.parts) == pytest.approx(1)
    assert answer.backtest.owa < 0.6


def test_calibrated_errors_are_the_model_s_times_the_told_multipliers():
    calibrated, plain = (ask(PASSENGERS, h=6, model="theta", interval=name) for name in ("calibrated", "model"))
    ratios = _column(calibrated, "se") / _column(plain, "se")
    told = calibrated.intervals
    np.testing.assert_allclose(ratios[[0, -1]], [told.multiplier, told.last_multiplier])
    assert np.all(np.diff(ratios) > 0)
    assert (told.origins, told.df) == (24, 5)
    assert (plain.intervals.multiplier, plain.intervals.last_multiplier, plain.intervals.df) == (1, 1, None)


def test_calibrated_bounds_are_those_of_a_student_s_t():
    answer = ask(PASSENGERS, h=6, model="theta")
    half_widths = _bound(answer, "hi") - _column(answer, "median")
    np.testing.assert_allclose(half_widths, _column(answer, "se") * t.ppf(0.975, 5) / t.std(5))


@pytest.mark.parametrize("interval", ["calibrated", "bootstrap"])
def test_steps_past_what_the_transform_can_reach_are_not_numbers(interval):
    growing = np.array([10.0, 12, 15, 13, 11, 16, 18, 19, 22, 24, 23, 27])
    answer = ask(growing, h=8, model="holt", transform=BoxCox(-1), interval=interval, aggregate=((1, 8),))
    assert np.isnan(_column(answer, "median")).tolist() == [False] * 6 + [True] * 2
    assert np.isnan(_column(answer, "se")).tolist() == [False] * 6 + [True] * 2
    assert np.isnan([_bound(answer, "hi")[-1], answer.sums[0].median, answer.sums[0].se, answer.sums[0].hi[95.0]]).all()
    assert "past_transform" in [notice.code for notice in answer.warnings]


def test_bootstrap_intervals_are_the_same_for_the_same_seed():
    first, again, other = (ask(PASSENGERS, h=4, interval="bootstrap", seed=seed) for seed in (1, 1, 2))
    assert first.forecast == again.forecast
    assert first.forecast != other.forecast


def test_bootstrap_intervals_are_near_the_model_s():
    drawn, exact = (ask(PASSENGERS, h=12, interval=name, model="holt-winters") for name in ("bootstrap", "model"))
    widths = [(_bound(answer, "hi") - _bound(answer, "lo")) for answer in (drawn, exact)]
    np.testing.assert_allclose(widths[0], widths[1], rtol=0.15)


def test_the_error_of_a_sum_has_the_covariance_of_its_steps():
    answer = ask(PASSENGERS, h=2, model="naive", interval="model", aggregate=((1, 2), (1, 1)))
    one = answer.sums[1].se
    assert answer.sums[0].se == pytest.approx(one * 5**0.5)  # a random walk: e1 + (e1 + e2)
    assert answer.sums[0].median == pytest.approx(2 * 432)


@pytest.mark.parametrize("transform", ["none", "log", BoxCox(0.3), BoxCox(-0.5)])
@pytest.mark.parametrize(("model", "interval"), [("auto", "calibrated"), ("theta", "calibrated"), ("naive", "model")])
def test_a_sum_of_one_step_is_that_step(model, interval, transform):
    answer = ask(PASSENGERS, h=5, model=model, season=12, transform=transform, interval=interval, aggregate=((5, 5),))
    step, total = answer.forecast[4], answer.sums[0]
    told = [(one.median, one.mean, one.se, one.lo[80.0], one.hi[95.0]) for one in (step, total)]
    np.testing.assert_allclose(told[1], told[0], rtol=1e-9)


def test_sums_of_what_came_from_logarithms_are_above_zero():
    walk = np.exp(np.cumsum(np.random.default_rng(4).normal(size=60)))
    answer = ask(walk, h=12, model=ArmaOrders(q=1), differences=(1,), season=1, transform="log", aggregate=((12, 12),))
    assert answer.sums[0].lo[95.0] > 0


def test_the_bootstrap_draws_shocks_of_the_model_s_own_scale():
    growing = np.exp(3 + np.cumsum(0.05 + 0.1 * np.random.default_rng(6).normal(size=400)))
    drawn, exact = (ask(growing, h=3, model="drift", transform="log", season=1, interval=name) for name in ("bootstrap", "model"))
    for level in (80.0, 95.0):
        ratios = [(_bound(one, "hi", level) / _bound(one, "lo", level)) for one in (drawn, exact)]
        np.testing.assert_allclose(np.log(ratios[0]), np.log(ratios[1]), rtol=0.12)


def test_over_differencing_is_judged_on_the_scale_that_is_differenced():
    walks = np.exp(np.cumsum(np.random.default_rng(8).normal(size=(20, 60)), axis=1))
    for walk in walks:
        codes = [one.code for one in ask(walk, h=1, model="naive", transform="log", differences=(1,), season=1).warnings]
        assert "over_differenced" not in codes


@pytest.mark.parametrize(("n", "told"), [(10_000, False), (10_001, True)])
def test_values_that_are_left_out_are_told(n, told):
    y = 100 + np.cumsum(np.random.default_rng(9).normal(size=n))
    kept = fitted(y, h=1, model="naive", season=1)
    assert ("cut" in [one.code for one in kept.warnings]) == told
    assert (kept.calendar.length, len(kept.calendar.places), kept.calendar.places[-1]) == (10_000, 10_000, 9_999)


def test_fitted_values_are_missing_for_the_lost_ones_only():
    fitted = ask(PASSENGERS, h=3, model="arma", differences=(12, 1), season=12).fitted
    assert np.flatnonzero(np.isnan(fitted)).tolist() == list(range(13))


def test_gaps_are_bridged_when_asked_and_told():
    y = PASSENGERS.copy()
    y[[29, 30, 59, 99]] = np.nan
    answer = ask(y, MONTHS, h=3, missing="kalman")
    assert [notice.code for notice in answer.warnings] == ["gaps_bridged"]
    np.testing.assert_allclose(answer.history[[29, 30, 59, 99]], PASSENGERS[[29, 30, 59, 99]], rtol=0.1)


def test_gaps_in_time_are_bridged_when_asked():
    keep = [i for i in range(144) if i not in (50, 51)]
    answer = ask(PASSENGERS[keep], tuple(MONTHS[i] for i in keep), h=3, missing="kalman")
    assert answer.n == 144
    assert answer.forecast[0].ds == "1961-01"


def test_columns_x_explain_what_they_know():
    generator = np.random.default_rng(3)
    x = generator.normal(size=84)
    y = 10 + 5 * x[:80] + generator.normal(size=80) * 0.1
    answer = ask(y, h=4, season=1, x={"price": x[:80]}, x_future={"price": x[80:]})
    assert answer.model.coefficients["price"] == pytest.approx(5, abs=0.05)
    np.testing.assert_allclose(_column(answer, "mean"), 10 + 5 * x[80:], atol=0.3)


def test_intervals_of_a_positive_series_stay_positive():
    assert min(_bound(ask(np.exp(np.sin(np.arange(40.0)) * 2), h=20), "lo", 95.0)) > 0


def test_a_constant_series_is_answered_without_width_and_warned_of():
    answer = ask([5.0] * 10, h=3, differences=(1,))
    assert [(row.median, row.lo[95.0], row.hi[95.0]) for row in answer.forecast] == [(5, 5, 5)] * 3
    assert [notice.code for notice in answer.warnings] == ["constant"]


def test_over_differencing_is_warned_of():
    noise = np.random.default_rng(0).normal(size=80)
    assert "over_differenced" in [notice.code for notice in ask(noise, h=2, season=1, differences=(1, 1)).warnings]


@pytest.mark.parametrize(
    "y",
    [
        [0, 0, 0, 0, 0, 0, 1, 0, 0],
        [1e-300, 2e-300, 1e-300, 3e-300, 1e-300] * 3,
        np.tile([1.0, 2, 3, 4], 20),
        np.exp(np.arange(60.0)),
        -np.exp(np.arange(40.0)),
        1e6 + 1e-9 * np.arange(40),
        np.arange(50.0) ** 2,
        np.r_[np.zeros(50), 1e99],
    ],
)
@pytest.mark.parametrize("model", ["auto", "arma", "theta", "ar", "drift"])
def test_awkward_series_have_finite_answers(y, model):
    answer = ask(y, h=30, model=model)
    assert np.all(np.isfinite(_column(answer, "median")))


@pytest.mark.parametrize("n", range(36, 51))
def test_a_series_without_noise_has_an_arma(n):
    answer = ask(np.arange(n) % 2, h=2, season=1, model="arma")
    np.testing.assert_allclose(_column(answer, "median"), np.arange(n, n + 2) % 2, atol=0.1)


def test_errors_are_finite_where_their_squares_are_not():
    answer = ask(10.0 ** np.linspace(-100, 99, 40), h=200, season=4, aggregate=((1, 200),))
    assert 1e155 < answer.sums[0].se < np.inf
    assert np.all(np.isfinite(_column(answer, "inflation")))


@pytest.mark.parametrize(
    ("y", "spec", "field", "told"),
    [
        ([1, 2, 3], {}, "y", "needs at least 4"),
        ([1, 5, 2, 7, 3], {"differences": (3, 1)}, "y", "needs at least 6"),
        (PASSENGERS, {"differences": (200,)}, "y", "needs at least 202"),
        ([1, 2, 4, 3, 5], {"model": ArmaOrders(3, 3)}, "y", "needs at least 10"),
        ([1, 2, 4, 3, 5], {"model": "snaive", "season": 5}, "y", "needs at least 6"),
    ],
)
def test_too_short_a_series_is_told_how_many_values_it_needs(y, spec, field, told):
    with pytest.raises(TooShort, match=told) as raised:
        ask(y, h=1, **spec)
    assert raised.value.field == field


@pytest.mark.parametrize(
    ("y", "spec", "field"),
    [
        ([1.0, np.nan, 3, 4, 5], {}, "y.1"),
        ([1.0, np.inf, 3, 4, 5], {}, "y.1"),
        ([1.0, 1e200, 3, 4, 5], {}, "y.1"),
        ([np.nan] * 5, {"missing": "kalman"}, "y"),
        ([1, np.nan, 3, 2] * 1000, {"missing": "kalman"}, "y"),
        ([], {}, "y"),
        ([1, -2, 3, 4, 5], {"transform": "log"}, "y.1"),
        ([1, 0, 3, 4, 5], {"transform": BoxCox(0.5)}, "y.1"),
        ([1e-50, 2e-50, 3e-50, 2e-50, 1e-50], {"transform": BoxCox(-5.0)}, "transform.boxcox"),
        ([1, 2, 4, 3, 5], {"model": "snaive"}, "season"),
        ([1, 2, 4, 3, 5], {"model": "holt-winters"}, "model"),
        (PASSENGERS, {"model": ArmaOrders(P=1), "season": 1}, "season"),
        (PASSENGERS, {"x": {"a": np.ones(144)}}, "x_future"),
        (PASSENGERS, {"x": {"a": np.ones(143)}, "x_future": {"a": np.ones(1)}}, "/x/a"),
        (PASSENGERS, {"x": {"a": np.ones(144)}, "x_future": {"a": np.ones(2)}}, "/x_future/a"),
        (PASSENGERS, {"x": {"a": np.ones(144)}, "x_future": {"a": np.ones(1)}}, "x"),
        (PASSENGERS, {"x": {"a": np.ones(144)}, "x_future": {"a": np.ones(1)}, "model": "theta"}, "model"),
        (PASSENGERS, {"x": {"ar1": np.ones(144)}, "x_future": {"ar1": np.ones(1)}}, "/x/ar1"),
        (PASSENGERS, {"x": {"drift": np.ones(144)}, "x_future": {"drift": np.ones(1)}}, "/x/drift"),
        (PASSENGERS, {"ds": ("2020-01",)}, "ds"),
    ],
)
def test_bad_series_are_refused_naming_the_field(y, spec, field):
    with pytest.raises(InvalidInput) as raised:
        ask(y, h=1, **spec)
    assert raised.value.field == field


def test_a_million_values_are_refused():
    with pytest.raises(LimitExceeded):
        ask(np.ones(10**6), h=1)


def test_a_long_series_is_cut_and_that_is_told():
    answer = ask(np.random.default_rng(0).normal(size=12_000).cumsum(), h=2)
    assert "cut" in [notice.code for notice in answer.warnings]
    assert answer.forecast[0].ds == 12_001


def test_the_deadline_stops_a_forecast():
    ticks = iter(range(10**6))
    with pytest.raises(DeadlineExceeded):
        forecast(Spec(h=3), Series(PASSENGERS), Limits(), Deadline(2.5, lambda: float(next(ticks))))


def test_an_arma_that_reaches_back_too_far_is_refused_before_it_is_fitted():
    with pytest.raises(InvalidInput, match="reach back 1000 values") as raised:
        ask(np.sin(np.arange(8_000)), h=2, season=1_000, model=ArmaOrders(P=1))
    assert raised.value.field == "model"


def test_a_search_leaves_out_a_season_that_takes_too_long():
    found = ask(np.random.default_rng(3).normal(size=3_000), h=2, season=1_000, differences=(), model="arma")
    assert not {"sar1", "sma1"} & set(found.model.coefficients)


def test_regressors_have_the_differences_of_the_series_that_is_modelled():
    r = np.random.default_rng(0)
    y = np.exp(0.05 * np.arange(80) + np.cumsum(r.normal(size=80)) * 0.1 + 3)
    x = {"a": r.normal(size=80)}
    auto, arma = (ask(y, h=6, x=x, x_future={"a": np.zeros(6)}, model=model, season=1) for model in ("auto", "arma"))
    assert auto.differences == arma.differences
    assert auto.forecast == arma.forecast


def test_a_time_trend_as_regressor_takes_the_place_of_the_drift():
    t = np.arange(66.0)
    y = 20 + np.cumsum(np.random.default_rng(2).normal(size=60))
    found = ask(y, h=6, x={"year": 2000 + t[:60]}, x_future={"year": 2000 + t[60:]}, model="arma", season=1)
    assert "year" in found.model.coefficients
    assert "drift" not in found.model.coefficients


def test_the_drift_of_a_seasonal_difference_is_that_of_one_step():
    """R 4.5, forecast 8.20: Arima(y, order=c(0,0,0), seasonal=c(1,1,1), include.drift=TRUE) has drift 0.50454, s.e. 0.00269."""
    q, n = np.random.default_rng(11), 96
    y = 50 + 0.5 * np.arange(n) + np.tile(q.normal(size=12) * 4, 8) + q.normal(size=n)
    model = ask(y, h=15, model="arma", differences=(12,), season=12, interval="model").model
    assert model.name == "ARIMA(0,0,0)(1,1,1)[12]"
    assert model.coefficients["drift"] == pytest.approx(0.50454, abs=1e-5)
    assert model.std_errors["drift"] == pytest.approx(0.00269, rel=0.02)


@pytest.mark.parametrize("level", [1e3, 1e5, 1e7])
def test_a_higher_level_is_all_that_changes(level):
    v = lfilter([1.0], [1.0, -0.7], np.random.default_rng(9).normal(size=150)) + 50
    low, high = (ask(y, h=6, transform="none", season=1).forecast for y in (v, v + level))
    for one, other in zip(low, high, strict=True):
        assert other.mean - level == pytest.approx(one.mean, abs=1e-5 * one.se)
        assert other.se == pytest.approx(one.se, rel=1e-5)
