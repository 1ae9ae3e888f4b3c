"""The forecast tab of the page at /: AirPassengers asked for once and read, and series of one's own."""

from __future__ import annotations

import subprocess

import pytest
from selenium.webdriver import Chrome, Keys

from tests.serving import Server
from tests.web.page import Page

pytestmark = pytest.mark.browser

STEPS = "#forecast-result .steps"
OWN = "when,sold\n2020,3\n2021,5\n2022,4\n2023,6\n2024,5\n2025,7\n"
MANY = "unique_id,ds,y\n" + "".join(f"{shop},{2018 + i},{i + (i % 2)}\n" for shop in "ab" for i in range(8)) + "short,2018,1\n"


def ask(page: Page) -> None:
    page.fit()
    page.find(STEPS)


def ask_own(page: Page, csv: str, steps: int = 3) -> None:
    page.open("/#forecast")
    page.paste(csv)
    page.find("#forecast-h").clear()
    page.find("#forecast-h").send_keys(str(steps))
    ask(page)


@pytest.fixture(scope="module")
def forecast(chromium: Chrome, server: Server) -> Page:
    page = Page(chromium, server.url)
    page.resize(1280)
    page.open("/docs")  # so that the hash below opens the page anew
    page.complaints()  # of the tests before
    page.open("/#forecast")
    page.find("#columns table")
    page.find("#forecast-differences").send_keys("12, 1")
    ask(page)
    return page


def test_the_sample_s_columns_are_found(forecast: Page):
    chosen = "return ['y', 'ds', 'unique_id'].map((name) => document.getElementById(`forecast-${name}`).value)"
    assert forecast.run(chosen) == ["y", "t", ""]


def test_twelve_steps_are_told_with_their_intervals(forecast: Page):
    assert len(forecast.cells(12, STEPS)) == 8
    low, high = (float(forecast.cells(1, STEPS)[place]) for place in (5, 6))
    assert low < 445 < high  # R, forecast 8.20: auto.arima, ets and thetaf lie between 441 and 450


def test_the_stack_shades_what_stands_on_a_forecast(forecast: Page):
    classes = "[...row.cells].slice(1, 3).map((cell) => cell.className)"
    rows = forecast.run(f"return [...document.querySelectorAll('.stack tbody tr')].map((row) => {classes})")
    assert rows[0] == ["real", "real"]
    assert rows[1:] == [["stands", "real"]] * 11


def test_the_picture_is_drawn(forecast: Page):
    plot = "document.querySelector('#forecast-result .plot')"
    assert forecast.run(f"return {plot}.decode().then(() => {plot}.naturalWidth)") == 768


def test_the_page_says_nothing_on_the_console(forecast: Page):
    forecast.find("#forecast-result .plot")
    assert forecast.complaints() == []


def test_the_result_takes_the_focus(forecast: Page):
    assert forecast.run("return document.activeElement.id") == "forecast-result"


def test_the_curl_line_does_the_same(forecast: Page):
    line = forecast.text("#forecast-result pre[aria-label=Shell]")
    told = subprocess.run(["bash", "-c", line], capture_output=True, check=True).stdout
    assert b'"applied":[12,1]' in told


@pytest.mark.php
def test_the_php_line_prints_the_steps(forecast: Page):
    code = forecast.text("#forecast-result pre[aria-label=PHP]")
    told = subprocess.run(["php"], input=code, text=True, capture_output=True, check=True).stdout
    assert len(told.splitlines()) == 12


def test_every_field_has_a_label(forecast: Page):
    unlabelled = "return [...document.querySelectorAll('input, select, textarea')].filter((e) => !e.labels.length).length"
    assert forecast.run(unlabelled) == 0


def test_a_series_of_one_s_own_goes_on_in_its_own_timestamps(page: Page):
    ask_own(page, OWN)
    assert [page.cells(row, STEPS)[0] for row in (1, 2, 3)] == ["2026", "2027", "2028"]


def test_many_series_are_a_row_each_and_a_bad_one_says_why(page: Page):
    ask_own(page, MANY)
    assert [page.cells(row, STEPS)[0] for row in (1, 2, 3)] == ["a", "b", "short"]
    assert "needs at least 4" in page.cells(3, STEPS)[2]


def test_a_column_s_name_pressed_is_the_one_to_forecast(page: Page):
    page.open("/#forecast")
    page.paste("a,b\n1,4\n2,3\n3,5\n2,4\n")
    page.find("#columns tr:nth-child(2) button.name").click()
    assert page.run("return document.getElementById('forecast-y').value") == "b"


def test_what_is_wrong_is_said_at_its_field(page: Page):
    page.open("/#forecast")
    page.paste(OWN)
    page.find("#forecast-differences").send_keys("9")
    page.fit()
    assert "needs at least 11" in page.text("#data-fault")


def test_a_field_that_cannot_be_used_takes_the_focus(page: Page):
    page.open("/#forecast")
    page.find("#columns table")
    page.find("#forecast-h").clear()
    page.find("#forecast-h").send_keys("5000")
    page.fit()
    page.find("#fault")
    assert page.run("return document.activeElement.id") == "forecast-h"


def test_the_keyboard_alone_is_enough(page: Page):
    page.find("#sample option[value=AirPassengers]")
    page.tab_to("nav a[href='#forecast']")
    page.press(Keys.ENTER)
    page.find_tab("forecast")
    page.find("#columns table")
    page.tab_to("#forecast-h")
    page.press(Keys.ENTER)
    page.find(STEPS)


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_the_tab_never_scrolls_sideways(page: Page, width: int):
    page.resize(width)
    page.open("/#forecast")
    page.find("#columns table")
    ask(page)
    for summary in page.chrome.find_elements("css selector", "summary"):
        if summary.is_displayed():
            summary.click()
    assert not page.too_wide()
