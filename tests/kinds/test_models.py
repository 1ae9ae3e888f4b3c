"""A kind kept as a model: the fit survives JSON and arrays, and is judged on rows that it has not seen."""

from io import BytesIO

import numpy as np
import orjson
import pytest

from kinds import KINDS
from kinds.regress_model import RowsToPredict
from science.deadline import no_deadline
from science.limits import Limits
from tests.kinds.samples import sample

CASES = {
    "regress": ("iris", {"formula": "Sepal_Length ~ Sepal_Width * Species"}),
    "regress weighted": ("mtcars", {"formula": "mpg ~ poly(wt, 2) + factor(cyl)", "weights": "hp"}),
    "mixed": ("sleepstudy", {"formula": "Reaction ~ Days + (Days | Subject)"}),
    "mixed poisson": ("warpbreaks", {"formula": "breaks ~ tension + (1 | wool)", "family": "poisson"}),
    "mixed binomial": ("mtcars", {"formula": "am ~ wt + (1 | carb)", "family": "binomial"}),
    "mixed crossed": ("ChickWeight", {"formula": "weight ~ Time + (1 | Chick) + (1 | Diet)"}),
}


def fitted(case):
    dataset, spec = CASES[case]
    model = KINDS[case.split()[0]].model
    asked = KINDS[case.split()[0]].asks.model_validate(spec)
    rest, held = model.split(asked, sample(dataset), 0.3)
    return model, model.fit(asked, rest, Limits(), no_deadline()), rest, held


def travelled(model, fit):
    document, arrays = model.parameters(fit)
    file = BytesIO()
    np.savez(file, **arrays)
    with np.load(BytesIO(file.getvalue()), allow_pickle=False) as opened:
        return model.restore(orjson.loads(orjson.dumps(document)), {name: opened[name] for name in opened.files})


@pytest.mark.parametrize("case", CASES)
def test_a_fit_that_travelled_predicts_the_same_to_the_last_bit(case):
    model, fit, _, held = fitted(case)
    body = RowsToPredict(data=None)
    before = model.predict(fit, body, held, Limits())
    after = model.predict(travelled(model, fit), body, held, Limits())
    assert orjson.dumps(before) == orjson.dumps(after)
    assert len(before["predictions"]) == held.rows > 0


@pytest.mark.parametrize("case", CASES)
def test_what_is_kept_of_a_fit_has_no_rows_of_its_data(case):
    model, fit, rest, _ = fitted(case)
    _, arrays = model.parameters(fit)
    assert all(rest.rows not in array.shape for array in arrays.values())


@pytest.mark.parametrize("case", CASES)
def test_a_fit_is_finite_has_losses_and_tells_what_it_is_made_of(case):
    model, fit, rest, held = fitted(case)
    judged = model.judge(fit, rest, held, Limits())
    assert model.finite(fit)
    assert judged.losses.shape == (held.rows,)
    assert np.isfinite(judged.losses).all()
    assert judged.scale > 0
    assert set(model.columns(fit)) <= set(rest.names)
    assert len(model.columns(fit)) >= 2
    assert model.scores(fit, held, Limits()).shape == (held.rows,)
    orjson.dumps(model.told(fit), option=orjson.OPT_SERIALIZE_NUMPY)


def test_the_figures_of_a_holdout_are_those_of_r():
    """R: d <- mtcars; f <- lm(mpg ~ wt, d[1:24, ]); e <- d$mpg[25:32] - predict(f, d[25:32, ])."""
    model = KINDS["regress"].model
    asked = KINDS["regress"].asks(formula="mpg ~ wt")
    table = sample("mtcars")
    fit = model.fit(asked, table.take(np.arange(24)), Limits(), no_deadline())
    held = table.take(np.arange(24, 32))
    x, y = table["wt"].values, table["mpg"].values
    slope, intercept = np.polyfit(x[:24], y[:24], 1)
    error = y[24:] - intercept - slope * x[24:]
    judged = model.judge(fit, table, held, Limits())
    assert judged.losses == pytest.approx(error**2, rel=1e-9)
    assert judged.metrics["rmse"] == pytest.approx(np.sqrt((error**2).mean()), rel=1e-12)
    assert judged.metrics["mae"] == pytest.approx(np.abs(error).mean(), rel=1e-12)


def test_a_level_that_the_fit_never_saw_has_no_loss_and_the_others_have():
    model = KINDS["regress"].model
    asked = KINDS["regress"].asks(formula="Sepal_Length ~ Species")
    table = sample("iris")
    fit = model.fit(asked, table.take(np.arange(100)), Limits(), no_deadline())
    judged = model.judge(fit, table, table.take(np.arange(90, 110)), Limits())
    assert np.isfinite(judged.losses).tolist() == [True] * 10 + [False] * 10
    assert judged.metrics["rows"] == 10


def test_what_looks_back_is_split_in_time():
    model = KINDS["regress"].model
    asked = KINDS["regress"].asks(formula="y ~ lag(y, 1)")
    rest, held = model.split(asked, sample("Nile"), 0.2)
    assert held["t"].values.tolist() == sample("Nile")["t"].values[80:].tolist()
    assert rest.rows == 80
