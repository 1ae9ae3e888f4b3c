"""The tab of models: made, refitted while one looks on, charted, rolled back, asked, compared with today's data."""

from __future__ import annotations

import random

import pytest

from tests.web.shelf import Shelf

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("worker")]

IRIS = "Sepal_Length ~ Sepal_Width + Petal_Length"
MAKE = "form[name=make-model]"
PREDICT = "form[name=predict]"
CHANGE = "form[name=change-model]"
NIGHTS = 4


def line(rows: int, slope: float, seed: int) -> dict[str, list[float]]:
    """y = slope x, with noise."""
    chance = random.Random(seed)
    x = [chance.gauss(seed, 1) for _ in range(rows)]
    return {"x": x, "y": [slope * each + chance.gauss(0, 0.1) for each in x]}


def fitted(shelf: Shelf, name: str) -> None:
    """Refit a model and wait for it."""
    job = shelf.ask("POST", f"/models/{name}/refit")
    shelf.until(lambda: shelf.ask("GET", job["url"])["state"] in ("succeeded", "failed"))


def made(shelf: Shelf, name: str, **asked: object) -> None:
    plain = {"kind": "regress", "spec": {"formula": IRIS}, "dataset": "iris", "refit": "manual"}
    shelf.ask("PUT", f"/models/{name}", plain | asked)
    fitted(shelf, name)


def make(shelf: Shelf, name: str, dataset: str, formula: str) -> None:
    """Ask for a model by the page's form."""
    shelf.write(f"{MAKE} [name=name]", name)
    shelf.choose(f"{MAKE} [name=dataset]", dataset)
    shelf.write(f"{MAKE} [name=formula]", formula)
    shelf.press("Make and fit it")


@pytest.fixture
def nightly(shelf: Shelf) -> Shelf:
    """The model `nights`: data that grew and moved, a refit after each time."""
    if "nights" not in [model["name"] for model in shelf.ask("GET", "/models")["models"]]:
        shelf.ask("PUT", "/datasets/nights", {"data": line(60, 2.0, 0)})
        made(shelf, "nights", spec={"formula": "y ~ x"}, dataset="nights")
        for night in range(1, NIGHTS):
            shelf.ask("POST", "/datasets/nights/rows", {"data": line(30, 2.0, night)})
            fitted(shelf, "nights")
    shelf.open("models/nights")
    return shelf


def test_a_regression_is_made_and_fitted_while_one_looks_on(shelf: Shelf):
    shelf.open("models")
    make(shelf, "sepals", "iris", IRIS)
    shelf.reads("h3", "Version 1")
    # R: coef(lm(Sepal.Length ~ Sepal.Width + Petal.Length, iris))
    assert [shelf.page.cells(row)[1] for row in (1, 2, 3)] == ["2.2491", "0.5955", "0.4719"]
    assert shelf.ask("GET", "/models/sepals")["refit"] == "nightly"


def test_a_forecast_is_made_of_the_columns_that_are_likely(shelf: Shelf):
    shelf.open("models")
    shelf.write(f"{MAKE} [name=name]", "passengers")
    shelf.choose(f"{MAKE} [name=dataset]", "AirPassengers")
    shelf.choose(f"{MAKE} [name=kind]", "forecast")
    shelf.press("Make and fit it")
    shelf.reads("h3", "Version 1")
    shelf.press("Predict", PREDICT)
    shelf.reads(f"{PREDICT} [role=status]", "12 steps, by version 1.")
    low, high = (float(shelf.page.cells(1, ".predict table")[place]) for place in (5, 6))
    assert low < 445 < high  # R, forecast 8.20: auto.arima, ets and thetaf lie between 441 and 450


def test_a_mixed_model_predicts_a_level_that_it_never_saw_and_warns(shelf: Shelf):
    made(shelf, "sleep", kind="mixed", spec={"formula": "Reaction ~ Days + (Days | Subject)"}, dataset="sleepstudy")
    shelf.open("models/sleep")
    shelf.write(f"{PREDICT} [name=csv]", "Days,Subject\n0,308\n0,999\n")
    shelf.press("Predict", PREDICT)
    shelf.reads(".predict .warnings", "Subject")
    # lme4: predict(fm1, data.frame(Days = 0, Subject = "308")) = 253.6637; fixef(fm1)[1] = 251.4051
    assert [shelf.page.cells(row, ".predict table")[1] for row in (1, 2)] == ["253.7", "251.4"]


def test_rows_are_predicted_with_intervals(shelf: Shelf):
    made(shelf, "flowers")
    shelf.open("models/flowers")
    shelf.write(f"{PREDICT} [name=csv]", "Sepal_Width,Petal_Length\n3,4\n")
    shelf.press("Predict", PREDICT)
    shelf.page.find(".predict table")
    # R: predict(lm(...), data.frame(Sepal.Width = 3, Petal.Length = 4)) = 5.923395
    assert shelf.page.cells(1, ".predict table")[:2] == ["1", "5.923"]
    assert "pred_high" in shelf.page.text(".predict thead")


def test_a_column_that_lacks_is_told_under_the_rows(shelf: Shelf):
    made(shelf, "lacking")
    shelf.open("models/lacking")
    shelf.write(f"{PREDICT} [name=csv]", "Sepal_Width\n3\n")
    shelf.press("Predict", PREDICT)
    shelf.reads(f"{PREDICT} .fault", "Petal_Length")


def test_a_refit_is_waited_for_and_its_decision_told(shelf: Shelf):
    made(shelf, "same")
    shelf.open("models/same")
    shelf.press("Refit now")
    shelf.reads("#said", "same: the data of version 1 again.")


def test_a_refit_that_fails_says_why(shelf: Shelf):
    made(shelf, "failing", spec={"formula": "y ~ log(y - 1000)"}, dataset="AirPassengers")
    shelf.open("models/failing")
    shelf.press("Refit now")
    shelf.reads(".refit .fault", "not a finite number")


def test_a_refit_is_stopped_when_that_is_asked_for(shelf: Shelf):
    asked = {"formula": "Reaction ~ Days + (Days | Subject)", "method": "em", "backend": "tensorflow", "iterations": 5_000}
    plain = {"kind": "mixed", "dataset": "sleepstudy", "refit": "manual"}
    shelf.ask("PUT", "/models/long", {**plain, "spec": asked})
    shelf.open("models/long")
    shelf.press("Refit now")
    shelf.press("Stop it")
    shelf.reads(".refit .fault", "stopped before it had ended")
    assert [(run["state"], run["reason"]) for run in shelf.ask("GET", "/runs?model=long")["runs"]] == [
        ("failed", "the job was cancelled")
    ]


def test_how_a_model_is_kept_is_changed_and_its_version_stays(shelf: Shelf):
    made(shelf, "changed")
    shelf.open("models/changed")
    shelf.page.find(".change summary").click()
    shelf.choose(f"{CHANGE} [name=refit]", "weekly")
    shelf.write(f"{CHANGE} [name=tolerance]", "0.1")
    shelf.page.find(f"{CHANGE} [name=public]").click()
    shelf.press("Keep these settings")
    shelf.reads("#said", "changed: the settings are kept.")
    told = shelf.ask("GET", "/models/changed")
    assert (told["refit"], told["guard"], told["public"]) == ("weekly", {"tolerance": 0.1, "confidence": 0.95}, True)
    assert (told["version"], told["spec"], told["holdout"]) == (1, {"formula": IRIS}, 0.2)


def test_a_setting_that_makes_no_sense_is_told_under_the_form(shelf: Shelf):
    made(shelf, "guarded")
    shelf.open("models/guarded")
    shelf.page.find(".change summary").click()
    shelf.write(f"{CHANGE} [name=confidence]", "2")
    shelf.press("Keep these settings")
    shelf.reads(f"{CHANGE} .fault", "0.9999")


def test_the_list_tells_version_age_and_metric(shelf: Shelf):
    made(shelf, "told")
    shelf.open("models")
    row = shelf.column(".kept-list", 1).index("told") + 1
    _, version, fitted_at, metric, *rest = shelf.page.cells(row, ".kept-list")
    rmse = shelf.ask("GET", "/models/told")["live"]["metrics"]["rmse"]
    assert (version, fitted_at, metric, rest) == ("1", "just now", f"RMSE {rmse:.4f}", ["regress", "iris", "manual"])


def test_the_chart_has_a_dot_for_each_night_and_says_so(nightly: Shelf):
    drawing = nightly.page.find(".chart svg[role=img]")
    assert (drawing.get_attribute("aria-label") or "").startswith(f"RMSE over {NIGHTS} refits")
    assert len(nightly.page.chrome.find_elements("css selector", ".drawing circle, .drawing path.cross")) == NIGHTS


def test_behind_the_chart_stand_its_numbers(nightly: Shelf):
    nightly.page.find(".nights summary").click()
    runs = nightly.ask("GET", "/runs?model=nights")["runs"]
    decided = [run for run in runs if run["figures"].get("challenger")]
    assert nightly.column(".numbers", 2)[-NIGHTS:] == [run["state"] for run in decided]
    titles = "return [...document.querySelectorAll('.numbers tbody tr > :nth-child(4)')].map((cell) => Number(cell.title))"
    assert nightly.page.run(titles)[-NIGHTS:] == [run["figures"]["challenger"]["rmse"] for run in decided]


def test_another_metric_is_drawn_when_it_is_chosen(nightly: Shelf):
    nightly.choose("[name=metric]", "r_squared")
    label = "return document.querySelector('.drawing svg')?.ariaLabel.startsWith('R² over')"
    nightly.until(lambda: nightly.page.run(label))


def test_an_older_version_is_made_to_answer(nightly: Shelf):
    nightly.press("Let it answer", ".versions tbody tr:last-child")
    nightly.reads("#said", "Version 1 of nights answers now.")
    assert nightly.ask("GET", "/models/nights")["version"] == 1
    nightly.reads(".versions tbody tr:last-child", "live")


def test_drift_is_told_for_each_column(shelf: Shelf):
    shelf.ask("PUT", "/datasets/moving", {"data": line(200, 2.0, 0)})
    made(shelf, "moving", spec={"formula": "y ~ x"}, dataset="moving")
    shelf.ask("POST", "/datasets/moving/rows", {"data": line(200, 2.0, 3)})
    shelf.open("models/moving")
    assert set(shelf.column(".drifts", 1)) == {"x", "y", "what it predicts"}
    assert shelf.column(".drifts", 5) == ["large"] * 3


def test_a_model_is_changed_only_when_that_is_confirmed(shelf: Shelf):
    made(shelf, "kept_as_it_is")
    shelf.open("models")
    make(shelf, "kept_as_it_is", "mtcars", "mpg ~ wt")
    shelf.answer(yes=False)
    assert shelf.ask("GET", "/models/kept_as_it_is")["dataset"] == "iris"


def test_a_formula_that_is_none_is_told_with_a_mark_under_the_place(shelf: Shelf):
    shelf.open("models")
    make(shelf, "wrong", "iris", "Sepal_Length ~ log(Sepal_Width")
    assert shelf.page.text(f"{MAKE} .fault pre") == "Sepal_Length ~ log(Sepal_Width\n                              ^"


def test_a_name_that_is_no_column_is_told_while_writing(shelf: Shelf):
    shelf.open("models")
    shelf.choose(f"{MAKE} [name=dataset]", "iris")
    shelf.write(f"{MAKE} [name=formula]", "Sepal_Length ~ Sepal_Widht")
    shelf.reads(f"{MAKE} .hint", "is it Sepal_Width?")


def test_a_deleted_model_is_gone(shelf: Shelf):
    made(shelf, "passing")
    shelf.open("models/passing")
    shelf.press("Delete this model")
    shelf.answer(yes=True)
    shelf.reads("#said", "passing is deleted.")
    assert "passing" not in [model["name"] for model in shelf.ask("GET", "/models")["models"]]


def test_one_that_is_not_there_is_told(shelf: Shelf):
    shelf.open("models/nowhere")
    shelf.reads("#shelf-models .fault", "no model of this name")


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0.534, 0.629, [0.5, 0.55, 0.6, 0.65]),
        (0.0, 100.0, [0, 50, 100]),
        (-3.0, 4.0, [-4, -2, 0, 2, 4]),
        (2.0, 2.0, [1.8, 1.9, 2.0, 2.1, 2.2]),
        (0.0, 0.0, [-1, -0.5, 0, 0.5, 1]),
    ],
)
def test_ticks_are_round_numbers_around_what_is_shown(shelf: Shelf, low: float, high: float, ticks: list[float]):
    assert shelf.page.module("chart.js", "m.ticks(a[0], a[1])", low, high) == ticks


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_the_tab_never_scrolls_sideways(nightly: Shelf, width: int):
    nightly.page.resize(width)
    for address in ("models", "models/nights"):
        nightly.open(address)
        for summary in nightly.page.chrome.find_elements("css selector", "#shelf-models summary"):
            nightly.page.run("arguments[0].parentElement.open = true", summary)
        assert not nightly.page.too_wide()


def test_every_field_has_a_label_and_the_console_is_silent(nightly: Shelf):
    for address in ("models", "models/nights"):
        nightly.open(address)
        unlabelled = "return [...document.querySelectorAll('input, select, textarea')].filter((e) => !e.labels.length).length"
        assert nightly.page.run(unlabelled) == 0
    assert nightly.page.complaints() == []


def test_a_detectors_card_tells_how_it_does_and_draws_it(shelf: Shelf):
    columns = ["V3", "V10", "V12", "V14", "V17", "Amount"]
    spec = {"columns": columns, "label": "Class", "time": "Time", "weight": "weight", "detector": "mahalanobis"}
    made(shelf, "shop", kind="fraud", spec=spec, dataset="payments", holdout=0)
    shelf.open("models/shop")
    shelf.reads(".card", "trimmed Mahalanobis")
    shelf.reads(".card", "No payment was scored under an id yet")
    shelf.until(lambda: shelf.page.run("return [...document.querySelectorAll('.card img')].every((image) => image.naturalWidth)"))
    assert shelf.page.run("return [...document.querySelectorAll('.card img')].length") == 3  # drift needs a second night
