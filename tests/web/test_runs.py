"""The tab of runs: what was decided, by which figures, of which model, page by page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from store import models, runs
from store.engine import engine_of, writing
from tests.conftest import settings_for
from tests.serving import Server
from tests.web.shelf import Shelf

pytestmark = pytest.mark.browser

FIGURES = (
    b'{"challenger": {"rows": 40.0, "rmse": 0.5, "coverage": 0.95}, "champion": {"rows": 40.0, "rmse": 0.4, "coverage": null}, '
    b'"comparison": {"rows": 40, "champion": 0.16, "challenger": 0.25, "tolerance": 0.02, "confidence": 0.95}, '
    b'"drift": {"since": 3, "columns": {"x": 0.31}, "score": null}}'
)
REASON = "mean loss 0.25 where the champion has 0.16: worse"
LISTED = "#shelf-runs .runs > li"


@pytest.fixture
def engine(server: Server) -> Iterator[Engine]:
    engine = engine_of(settings_for(server.database_url))
    yield engine
    engine.dispose()


def decided(
    shelf: Shelf, engine: Engine, model: str, *, times: int = 1, state: runs.State = "kept", reason: str = REASON
) -> None:
    """Keep decisions about a model as the nights do."""
    spec = {"kind": "regress", "spec": {"formula": "mpg ~ wt"}, "dataset": "mtcars", "refit": "manual"}
    shelf.ask("PUT", f"/models/{model}", spec)
    with writing(engine) as connection:
        site = connection.exec_driver_sql("SELECT id FROM sites WHERE name = 'browser'").scalar_one()
        found = models.find(connection, site, model)
        assert found is not None
        for _ in range(times):
            run = runs.ask(connection, found.id)
            runs.decide(connection, run.id, state, reason, figures=FIGURES if state == "kept" else b"{}")


def count(shelf: Shelf) -> int:
    return len(shelf.page.chrome.find_elements("css selector", LISTED))


def test_a_decision_is_told_with_its_reason(shelf: Shelf, engine: Engine):
    decided(shelf, engine, "judged")
    shelf.open("runs/judged")
    assert shelf.page.text(f"{LISTED} .run-head").split() == ["judged", "kept"]
    assert shelf.page.text(f"{LISTED} .run-reason") == REASON


def test_the_figures_stand_behind_it(shelf: Shelf, engine: Engine):
    decided(shelf, engine, "figured")
    shelf.open("runs/figured")
    shelf.page.find(f"{LISTED} summary").click()
    assert shelf.page.cells(1, ".figures") == ["Mean loss, decided by", "0.2500", "0.1600"]
    assert shelf.page.cells(2, ".figures") == ["RMSE", "0.5000", "0.4000"]
    assert shelf.page.cells(3, ".figures") == ["Coverage", "0.9500", "—"]
    shelf.reads(f"{LISTED} .hint", "PSI: x 0.31")


def test_the_runs_of_one_model_are_chosen_and_have_an_address(shelf: Shelf, engine: Engine):
    decided(shelf, engine, "chosen", state="failed", reason="there is no column wt")
    decided(shelf, engine, "other")
    shelf.open("runs")
    shelf.choose("#shelf-runs select", "chosen")
    shelf.until(lambda: count(shelf) == 1)
    shelf.reads(".run-reason", "there is no column wt")
    assert shelf.page.chrome.current_url.endswith("#runs/chosen")


def test_older_runs_come_when_they_are_asked_for(shelf: Shelf, engine: Engine):
    decided(shelf, engine, "often", times=51)
    shelf.open("runs/often")
    assert count(shelf) == 50
    shelf.press("Earlier runs")
    shelf.until(lambda: count(shelf) == 51)
    assert not shelf.page.run("return document.querySelector('#shelf-runs').textContent.includes('Earlier runs')")


def test_a_run_leads_to_its_model(shelf: Shelf, engine: Engine):
    decided(shelf, engine, "leading")
    shelf.open("runs/leading")
    shelf.page.find(f"{LISTED} a").click()
    shelf.reads("#shelf-models .named h2", "leading")


def test_a_model_without_runs_says_so(shelf: Shelf):
    shelf.open("runs/nobody")
    shelf.reads("#shelf-runs .empty", "No run yet")


def test_markup_in_a_reason_stays_text(shelf: Shelf, engine: Engine):
    decided(shelf, engine, "hostile", reason="<img src=x onerror=alert(1)>")
    shelf.open("runs/hostile")
    assert shelf.page.text(".run-reason") == "<img src=x onerror=alert(1)>"


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_the_tab_never_scrolls_sideways(shelf: Shelf, engine: Engine, width: int):
    decided(shelf, engine, "a_name_that_is_as_long_as_names_of_models_may_be_in_this_place_")
    shelf.page.resize(width)
    shelf.open("runs")
    for summary in shelf.page.chrome.find_elements("css selector", f"{LISTED} summary"):
        shelf.page.run("arguments[0].parentElement.open = true", summary)
    assert not shelf.page.too_wide()


@pytest.mark.parametrize("tab", ["regression", "datasets", "models", "runs"])
def test_the_tabs_are_in_two_rows_at_360_pixels(shelf: Shelf, tab: str):
    shelf.page.resize(360)
    shelf.open(tab) if tab != "regression" else shelf.page.open("/#regression")
    tops = shelf.page.run("return [...document.querySelectorAll('nav a')].map((link) => link.offsetTop)")
    assert len(set(tops)) == 2
    assert not shelf.page.too_wide()


def test_every_field_has_a_label_and_the_console_is_silent(shelf: Shelf, engine: Engine):
    decided(shelf, engine, "labelled")
    shelf.open("runs")
    unlabelled = "return [...document.querySelectorAll('input, select, textarea')].filter((e) => !e.labels.length).length"
    assert shelf.page.run(unlabelled) == 0
    assert shelf.page.complaints() == []
