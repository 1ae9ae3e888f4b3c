"""What the page shows of a fit of iris, asked for once and then only read."""

from __future__ import annotations

import subprocess

import pytest
from selenium.webdriver import Chrome

from tests.serving import Server
from tests.web.page import Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def fitted(chromium: Chrome, server: Server) -> Page:
    page = Page(chromium, server.url)
    page.resize(1280)
    page.open("/")
    page.complaints()  # of the tests before
    page.fit_iris()
    return page


def test_iris_gives_the_published_coefficients(fitted: Page):  # R: coef(lm(Sepal.Length ~ Sepal.Width + Petal.Length, iris))
    assert [fitted.cells(row)[1] for row in (1, 2, 3)] == ["2.2491", "0.5955", "0.4719"]


def test_iris_gives_the_published_t_values(fitted: Page):
    assert [fitted.cells(row)[3] for row in (1, 2, 3)] == ["9.070", "8.590", "27.569"]


def test_a_cell_holds_every_digit_as_its_title(fitted: Page):
    assert fitted.find(".coefficients tbody td").get_attribute("title").startswith("2.24914016038")


def test_the_picture_is_drawn(fitted: Page):
    fitted.find(".plot")
    drawn = "return document.querySelector('.plot').decode().then(() => document.querySelector('.plot').naturalWidth)"
    assert fitted.run(drawn) == 768


def test_the_page_says_nothing_on_the_console(fitted: Page):
    fitted.find(".plot")
    assert fitted.complaints() == []


def test_the_result_takes_the_focus(fitted: Page):
    fitted.find("#result h2")
    assert fitted.run("return document.activeElement.id") == "result"


def test_the_curl_line_for_a_sample_does_the_same(fitted: Page):
    answered = subprocess.run(["bash", "-c", fitted.text("pre[aria-label=Shell]")], capture_output=True, check=True).stdout
    assert b'"estimate":2.249140160383' in answered


def test_every_field_has_a_label(fitted: Page):
    unlabelled = "return [...document.querySelectorAll('input, select, textarea')].filter((e) => !e.labels.length).length"
    assert fitted.run(unlabelled) == 0
