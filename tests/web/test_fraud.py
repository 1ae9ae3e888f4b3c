"""The fraud tab of the page at /: a payment of the sample, its score, its reasons, and what is refused."""

from __future__ import annotations

import subprocess

import pytest
from selenium.webdriver import Keys
from selenium.webdriver.support.ui import Select

from tests.web.page import Page

pytestmark = pytest.mark.browser

USUAL, STOLEN = "2", "683"


def open_fraud(page: Page, payment: str = USUAL) -> None:
    page.open("/docs")  # so that the hash below opens the page anew
    page.open("/#fraud")
    Select(page.find("#fraud-payment")).select_by_value(payment)
    wait_for_payment(page)


def wait_for_payment(page: Page) -> None:
    """The form is filled from the sample's rows."""
    page.chrome.execute_async_script("""
        const [payment, done] = [document.getElementById("fraud-payment"), arguments[0]];
        const amounts = { 2: "34.09", 683: "59", 1624: "776.83" };
        (function look() {
          document.getElementById("fraud-Amount").value === amounts[payment.value] ? done() : setTimeout(look, 20);
        })();
    """)


def score(page: Page) -> str:
    page.find("#fraud-score").click()
    page.find("#fraud-result-title")
    return page.text("#fraud-result")


def test_a_usual_payment_is_low_and_raises_no_alert(page: Page) -> None:
    open_fraud(page)
    told = score(page)
    assert ": low" in told
    assert "No alert" in told


def test_a_stolen_card_raises_an_alert_with_its_reasons(page: Page) -> None:
    open_fraud(page, STOLEN)
    told = score(page)
    assert "An alert" in told
    assert len(page.cells(1, ".reasons")) == 5
    assert page.complaints() == []


def test_the_curl_line_does_the_same(page: Page) -> None:
    open_fraud(page, STOLEN)
    score(page)
    line = page.text("#fraud-result pre[aria-label=Shell]")
    assert b'"alert":true' in subprocess.run(["bash", "-c", line], capture_output=True, check=True).stdout


def test_a_text_is_named_at_its_field(page: Page) -> None:
    open_fraud(page)
    page.run("document.getElementById('fraud-V3').value = 'much'")
    page.find("#fraud-score").click()
    assert "V3: is no number" in page.text("#fraud-fault")
    assert page.run("return document.activeElement.id") == "fraud-V3"


def test_every_field_has_a_label_and_the_result_takes_the_focus(page: Page) -> None:
    open_fraud(page)
    unlabelled = "return [...document.querySelectorAll('#fraud-form :is(input, select)')].filter((e) => !e.labels.length).length"
    assert page.run(unlabelled) == 0
    score(page)
    assert page.run("return document.activeElement.id") == "fraud-result"


def test_the_keyboard_alone_is_enough(page: Page) -> None:
    open_fraud(page, STOLEN)
    page.tab_to("#fraud-Amount")
    page.press(Keys.ENTER)
    page.find("#fraud-result-title")


def test_another_tab_is_as_it_was(page: Page) -> None:
    page.choose_sample("iris")
    page.open_tab("fraud")
    page.open_tab("regression")
    assert page.find("#sample").get_attribute("value") == "iris"


@pytest.mark.parametrize("width", [360, 1280])
def test_the_tab_never_scrolls_sideways(page: Page, width: int) -> None:
    page.resize(width)
    open_fraud(page, STOLEN)
    score(page)
    page.find("#fraud-form summary").click()
    assert not page.too_wide()
