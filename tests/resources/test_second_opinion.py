"""statsmodels' opinion of our numbers, asked for over HTTP and formed in a child of a real worker; and TensorFlow's loop."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.jobs.working import working

PATIENT = {"Prefer": "wait=25"}
SAMPLES = Path(__file__).parents[2] / "store" / "samples"
AIR = {"h": 12, "season": 12, "differences": [1, 12], "model": {"q": 1, "Q": 1}, "transform": "log"}


@pytest.fixture(scope="module")
def worker(shared_database_url: str) -> Iterator[None]:
    with working(shared_database_url, LAMPLIGHT_JOB_MEMORY_MB="1500"):
        yield


@pytest.fixture
def asked(ask, worker):
    """Ask with patience, for a machine that has much to do."""

    def send(path: str, **question: object):
        for _ in range(4):
            told = ask("POST", path, json=question, headers=PATIENT)
            if told.status_code != 202:
                break
        return told

    return send


def agreement(told) -> dict[str, float]:
    return {each["numbers"]: each["largest_relative_difference"] for each in told.json["second_opinion"]["agreement"]}


def test_a_regression_agrees_to_the_twelfth_digit(asked):
    told = asked("/regress", dataset="iris", formula="Sepal_Length ~ Sepal_Width * Species", second_opinion=True)
    found = agreement(told)
    assert set(found) == {"coefficients", "std_errors", "statistics", "p_values", "intervals", "fit"}
    assert max(found.values()) < 1e-11
    assert told.json["second_opinion"]["by"].startswith("statsmodels ")
    assert told.json["second_opinion"]["untold"] == []


def test_a_weighted_regression_without_an_intercept_agrees(asked):
    weighted = {"dataset": "iris", "formula": "Sepal_Length ~ 0 + Sepal_Width + Species", "weights": "Petal_Width"}
    assert max(agreement(asked("/regress", **weighted, second_opinion=True)).values()) < 1e-11


def test_what_statsmodels_does_not_tell_is_named(asked):
    predicted = {"dataset": "iris", "formula": "Sepal_Length ~ Sepal_Width", "predict": {"Sepal_Width": [3.0]}}
    assert asked("/regress", **predicted, second_opinion=True).json["second_opinion"]["untold"] == ["predictions"]


def test_a_mixed_model_agrees_as_far_as_statsmodels_goes(asked):
    told = asked("/mixed", dataset="sleepstudy", formula="Reaction ~ Days + (Days | Subject)", second_opinion=True)
    found = agreement(told)
    assert found["coefficients"] < 1e-9
    assert max(found["std_errors"], found["standard_deviations"], found["fit"]) < 1e-6
    assert found["effects"] < 1e-4
    assert "converged" in told.json["second_opinion"]["said"]
    assert "aic" in told.json["second_opinion"]["untold"]


def test_independent_effects_agree_as_variance_components(asked):
    found = agreement(
        asked("/mixed", dataset="sleepstudy", formula="Reaction ~ Days + (Days || Subject)", method="ml", second_opinion=True)
    )
    assert max(found["std_errors"], found["standard_deviations"], found["fit"]) < 1e-5


def test_a_model_that_statsmodels_has_not_is_told_to_be_none(asked):
    loop = {"dataset": "sleepstudy", "formula": "Reaction ~ Days + (1 | Subject)", "method": "mackay"}
    opinion = asked("/mixed", **loop, second_opinion=True).json["second_opinion"]
    assert (opinion["agreement"], opinion["said"]) == ([], ["statsmodels has no method mackay"])


def test_an_arma_agrees_with_sarimax(asked):
    rows = list(csv.DictReader((SAMPLES / "AirPassengers.csv").read_text().splitlines()))
    values = [float(list(row.values())[-1]) for row in rows]
    told = asked("/forecast", y=values, **AIR, second_opinion=True)
    found = agreement(told)
    assert found["coefficients"] < 1e-4
    assert max(found["std_errors"], found["fit"]) < 1e-4
    assert found["forecast"] < 1e-3
    assert told.json["model"]["coefficients"]["ma1"] == pytest.approx(-0.4018, abs=1e-4)  # R: arima(log(AirPassengers), airline)


def test_an_opinion_is_part_of_the_question(ask, asked):
    question = {"dataset": "iris", "formula": "Sepal_Length ~ Petal_Width"}
    plain, doubted = ask("POST", "/regress", json=question), asked("/regress", **question, second_opinion=True)
    assert plain.json["id"] != doubted.json["id"]
    assert plain.json["coefficients"] == doubted.json["coefficients"]
    assert "second_opinion" not in plain.json


def test_an_opinion_is_read_in_text_and_html(ask, asked):
    url = asked("/regress", dataset="iris", formula="Sepal_Length ~ Petal_Length", second_opinion=True).json["url"]
    for suffix in (".txt", ".html"):
        assert "The same model by statsmodels" in ask("GET", url + suffix).text


def test_tensorflow_walks_mackays_loop_to_the_same_variances(ask, asked):
    question = {"dataset": "sleepstudy", "formula": "Reaction ~ Days + (Days || Subject)", "method": "mackay", "iterations": 100}
    plain, walked = ask("POST", "/mixed", json=question), asked("/mixed", **question, backend="tensorflow")
    assert walked.status_code in (200, 201), walked.text
    assert walked.json["trace"]["columns"] == plain.json["trace"]["columns"]
    assert walked.json["trace"]["values"][50] == pytest.approx(plain.json["trace"]["values"][50], rel=1e-8)
    assert walked.json["id"] != plain.json["id"]
    assert "tensorflow" in [each["code"] for each in walked.json["warnings"]]


@pytest.mark.parametrize("method", ["mackay", "em"])
def test_the_way_that_tensorflow_took_is_told_and_drawn_as_numpys_is(ask, asked, method):
    question = {"dataset": "sleepstudy", "formula": "Reaction ~ Days + (1 | Subject)", "method": method}
    short = asked("/mixed", **question, iterations=5, backend="tensorflow").json
    assert short["trace"]["steps"] == list(range(6))
    long = asked("/mixed", **question, iterations=600, backend="tensorflow").json["trace"]
    assert len(long["steps"]) == len(long["values"]) < 600
    assert (long["steps"][0], long["steps"][-1]) == (0, 600)
    drawn = ask("GET", f"{short['url']}.svg?view=trace")
    assert (drawn.status_code, drawn.mimetype) == (200, "image/svg+xml")


@pytest.mark.parametrize("also", [{"method": "reml"}, {"method": "px_em"}, {"method": "em", "family": "poisson"}])
def test_tensorflow_is_refused_where_it_knows_no_loop(ask, also):
    question = {"dataset": "sleepstudy", "formula": "Reaction ~ Days + (1 | Subject)", "backend": "tensorflow"}
    assert ask("POST", "/mixed", json=question | also).status_code == 422
