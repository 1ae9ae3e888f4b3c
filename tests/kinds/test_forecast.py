"""A forecast as a model that is kept: fitted, stored, split by time, judged, asked for steps."""

import json

import numpy as np
import orjson
import pytest

from errors import InvalidInput, RefitNeeded
from kinds.forecast import FORECAST, ForecastSpec
from kinds.forecast_model import FORECAST_MODEL as MODEL
from kinds.forecast_model import StepsToPredict
from kinds.forecast_series import one_of_table
from science.deadline import no_deadline
from science.forecast.engine import continued
from science.forecast.fitted import tell
from science.limits import Limits
from science.table import table_of_columns
from tests.science.forecast.asked import MONTHS
from tests.science.forecast.saved import series

LIMITS = Limits()
PASSENGERS = table_of_columns({"month": list(MONTHS), "sold": series("AirPassengers").tolist()}, LIMITS)
NILE = table_of_columns({"y": series("Nile").tolist()}, LIMITS)
ASKED = ForecastSpec(h=12, y="sold", ds="month")


def fitted(asked=ASKED, table=PASSENGERS):
    return MODEL.fit(asked, table, LIMITS, no_deadline())


def fresh(asked, table):
    told = FORECAST.answer(asked, {"data": table}, LIMITS, no_deadline()).answer
    return orjson.loads(orjson.dumps(told, option=orjson.OPT_SERIALIZE_NUMPY))


@pytest.mark.parametrize(
    ("asked", "table"),
    [(ASKED, PASSENGERS), (ForecastSpec(h=5), NILE), (ForecastSpec(h=5, model="theta", interval="model"), NILE)],
)
def test_a_restored_fit_predicts_the_fresh_forecast(asked, table):
    document, arrays = MODEL.parameters(fitted(asked, table))
    back = MODEL.restore(json.loads(json.dumps(document, allow_nan=False)), arrays)
    predicted = MODEL.predict(back, StepsToPredict(), None, LIMITS)
    assert predicted["predictions"] == fresh(asked, table)["forecast"]


def test_fewer_steps_other_levels_and_sums_can_be_asked_of_it():
    told = MODEL.predict(fitted(), StepsToPredict(h=3, level=[90], aggregate=[[1, 3]]), None, LIMITS)
    assert [row["ds"] for row in told["predictions"]] == ["1961-01", "1961-02", "1961-03"]
    assert list(told["predictions"][0]["lo"]) == ["90"]
    assert told["sums"][0]["median"] == pytest.approx(sum(row["median"] for row in told["predictions"]))


def test_more_steps_than_it_was_fitted_for_are_refused():
    with pytest.raises(InvalidInput, match="fitted for 12 steps"):
        MODEL.predict(fitted(), StepsToPredict(h=13), None, LIMITS)


@pytest.mark.parametrize(("share", "held"), [(0.5, 12), (0.2, 12), (0.05, 7), (0.0001, 1)])
def test_the_last_steps_are_held_back(share, held):
    rest, last = MODEL.split(ASKED, PASSENGERS, share)
    assert (rest.rows, last.rows) == (144 - held, held)
    np.testing.assert_array_equal(last["sold"].values, series("AirPassengers")[-held:])


def test_a_fit_is_judged_on_the_steps_held_back():
    rest, held = MODEL.split(ASKED, PASSENGERS, 0.2)
    kept = fitted(ASKED, rest)
    judged = MODEL.judge(kept, rest, held, LIMITS)
    told = [row["median"] for row in MODEL.predict(kept, StepsToPredict(), None, LIMITS)["predictions"]]
    np.testing.assert_allclose(judged.losses, np.abs(series("AirPassengers")[-12:] - told), rtol=1e-9)
    assert set(judged.metrics) == {"mase", "smape", "crps", "coverage_80", "coverage_95"}
    assert judged.metrics["mase"] < 1
    assert judged.metrics["smape"] < 5


def test_a_fit_of_an_earlier_night_is_judged_on_the_steps_of_this_one():
    kept = fitted(ASKED, PASSENGERS.take(np.arange(100)))
    rest, held = MODEL.split(ASKED, PASSENGERS, 0.2)
    losses = MODEL.judge(kept, rest, held, LIMITS).losses
    tonight = MODEL.judge(fitted(ASKED, rest), rest, held, LIMITS).losses
    assert losses.mean() == pytest.approx(tonight.mean(), rel=0.1)
    assert len(losses) == 12


@pytest.mark.parametrize("model", ["arma", {"q": 1, "Q": 1}, "auto"])
def test_an_earlier_fit_is_judged_as_it_is(model):
    asked = ForecastSpec(h=12, y="sold", ds="month", model=model, transform="log" if model != "auto" else "auto")
    kept = fitted(asked, PASSENGERS.take(np.arange(100)))
    rest, _ = MODEL.split(asked, PASSENGERS, 0.2)
    again = continued(kept.fitted, one_of_table(rest, kept.columns), 12, LIMITS)
    assert again.model.coefficients == kept.fitted.model.coefficients
    assert (
        again.mixture.outlooks[0].sigma[0] == pytest.approx(kept.fitted.mixture.outlooks[0].sigma[0], rel=1e-9) or model == "auto"
    )
    np.testing.assert_array_equal(again.mixture.weights, kept.fitted.mixture.weights)
    assert again.calibration == kept.fitted.calibration
    assert again.choice.lags == kept.fitted.choice.lags


def test_r_s_coefficients_kept_forecast_as_r_does_from_more_values():
    # R 4.2.2: f <- arima(log(AirPassengers)[1:100], c(0,1,1), list(order = c(0,1,1), period = 12)); then
    # predict(arima(log(AirPassengers)[1:132], c(0,1,1), list(order = c(0,1,1), period = 12), fixed = coef(f)), 3)$pred
    table = table_of_columns({"y": np.log(series("AirPassengers")[:132]).tolist()}, LIMITS)
    asked = ForecastSpec(h=3, differences=[12, 1], season=12, model={"q": 1, "Q": 1}, transform="none")
    kept = fitted(asked, table.take(np.arange(100)))
    again = continued(kept.fitted, one_of_table(table, kept.columns), 3, LIMITS)
    np.testing.assert_allclose(
        [row.median for row in tell(again).forecast], [6.0369413290, 5.9891284691, 6.1450995109], rtol=1e-5
    )


def test_a_gap_between_past_and_held_counts_as_steps():
    table = PASSENGERS.take(np.r_[np.arange(120), np.arange(123, 144)])
    asked = ForecastSpec(h=12, y="sold", ds="month", missing="kalman")
    rest, held = table.take(np.arange(120)), table.take(np.arange(120, 129))
    judged = MODEL.judge(fitted(asked, rest), rest, held, LIMITS)
    direct = MODEL.predict(fitted(asked, rest), StepsToPredict(), None, LIMITS)["predictions"]
    np.testing.assert_allclose(judged.losses, np.abs(held["sold"].values - [row["median"] for row in direct[3:]]), rtol=1e-9)


def test_a_missing_value_held_back_has_no_loss():
    y = np.where(np.arange(144) == 140, np.nan, series("AirPassengers"))
    table = table_of_columns({"y": [None if np.isnan(value) else float(value) for value in y]}, LIMITS)
    rest, held = MODEL.split(ForecastSpec(h=6), table, 0.5)
    assert (
        np.isnan(MODEL.judge(fitted(ForecastSpec(h=6), rest), rest, held, LIMITS).losses).tolist()
        == [False] * 2 + [True] + [False] * 3
    )


def test_what_people_read_of_a_version_is_json():
    told = orjson.loads(orjson.dumps(MODEL.told(fitted())))
    assert (told["y"], told["differences"]["applied"], told["last"]) == ("sold", [12, 1], "1960-12")
    assert MODEL.finite(fitted())
    assert MODEL.columns(fitted()) == ("sold",)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        (ForecastSpec(h=2, series=[{"y": [1, 2, 3, 4]}]), "series"),
        (ForecastSpec(h=2, unique_id="month", y="sold"), "unique_id"),
        (ForecastSpec(h=2, y="sold", x=["month"]), "x"),
    ],
)
def test_a_model_is_of_one_series(asked, field):
    with pytest.raises(InvalidInput) as raised:
        fitted(asked)
    assert raised.value.field == field


@pytest.mark.parametrize("document", [{}, {"format": 1, "columns": {"y": "sold"}}, {"format": 2, "columns": {"y": "sold"}}])
def test_what_cannot_be_read_asks_for_a_new_fit(document):
    with pytest.raises(RefitNeeded):
        MODEL.restore(document, {})
