"""The page at /, driven in Chromium against a running server."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from selenium.webdriver import Keys

from tests.web.page import IRIS, Page

pytestmark = pytest.mark.browser

FOUR = "dose,weight\n1,2\n2,4\n3,7\n4,8\n"  # by hand: slope 10.5 / 5, intercept 0, residual variance 0.7 / 2
HOSTILE = 'it\'s "$HOME" `\\ <b>'


def test_a_pasted_csv_is_fitted(page: Page):
    page.paste(FOUR)
    page.write("weight ~ dose")
    page.fit()
    assert page.cells(2)[:2] == ["dose", "2.100"]


def test_a_file_is_fitted(page: Page, csv_file: Path):
    page.find("input[value=own]").click()
    page.chrome.find_element("id", "file").send_keys(str(csv_file))
    page.write("weight ~ dose")
    page.fit()
    assert page.cells(2)[:2] == ["dose", "2.100"]


def test_a_dropped_file_is_taken(page: Page):
    page.run("""
        const data = new DataTransfer();
        data.items.add(new File([arguments[0]], "dropped.csv"));
        document.body.dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true}));
    """, FOUR)  # fmt: skip
    assert page.text("#chosen-name") == "dropped.csv, 1 kB"


def test_columns_show_kind_missing_values_and_range(page: Page):
    page.paste("dose,group\n0.5,a\nNA,b\n2,a\n")
    assert page.text(".columns tbody").splitlines() == ["dose number 1 0.5 to 2", "group text 0 2 levels"]


def test_pressing_columns_writes_a_formula(page: Page):
    page.paste("weight,dose given\n1,2\n2,3\n")
    for row in (1, 2):
        page.find(f".columns tbody tr:nth-child({row}) button").click()
    assert page.find("#formula").get_attribute("value") == "weight ~ `dose given`"


def test_a_suggestion_becomes_the_formula(page: Page):
    page.choose_sample("iris")
    page.find("#suggestions button").click()
    assert page.find("#formula").get_attribute("value") == IRIS


def test_a_name_that_is_not_there_is_told_while_writing(page: Page):
    page.choose_sample("iris")
    page.write("Sepal_Length ~ log(Sepal_Widht)")
    assert page.text("#formula-hint") == "There is no column Sepal_Widht in this table; is it Sepal_Width?"


def test_a_formula_error_shows_its_mark_under_the_place(page: Page):
    page.choose_sample("iris")
    page.write("Sepal_Length ~ log(Sepal_Width")
    page.fit()
    assert page.text("#formula-fault pre") == "Sepal_Length ~ log(Sepal_Width\n                              ^"


def test_a_formula_error_takes_the_focus_to_the_formula(page: Page):
    page.choose_sample("iris")
    page.write("Sepal_Length ~ log(Sepal_Width")
    page.fit()
    page.find("#formula-fault")
    assert page.run("return [document.activeElement.id, document.activeElement.selectionStart]") == ["formula", 30]


def test_a_data_error_stands_at_the_data(page: Page):
    page.paste("y,x\n1,2\n3\n")
    page.write("y ~ x")
    page.fit()
    assert "2" in page.text("#data-fault")


def test_nothing_chosen_is_told_without_asking_the_server(page: Page):
    page.fit()
    assert page.text("#data-fault").startswith("Choose a sample")


def test_a_warning_of_the_answer_is_shown(page: Page):
    page.paste("y,x,z\n1,1,2\n2,2,4\n4,3,6\n3,4,8\n")
    page.write("y ~ x + z")
    page.fit()
    assert "z" in page.text("#result .warnings")


def test_an_aliased_coefficient_is_a_dash(page: Page):
    page.paste("y,x,z\n1,1,2\n2,2,4\n4,3,6\n3,4,8\n")
    page.write("y ~ x + z")
    page.fit()
    assert page.cells(3) == ["z", "—", "—", "—", "—", "—", "—"]


def test_dropped_rows_are_told(page: Page):
    page.choose_sample("airquality")
    page.write("Ozone ~ Wind")
    page.fit()
    assert page.text(".used") == "116 of 153 rows used; 37 left out for a missing value."


def test_options_are_asked_for(page: Page):
    page.choose_sample("iris")
    page.find(".options summary").click()
    page.find("#level").clear()
    page.find("#level").send_keys("0.9")
    page.write(IRIS)
    page.fit()
    assert "90 % from" in page.text(".coefficients thead")


def test_markup_in_a_column_name_stays_text(page: Page):
    page.paste('y,"<img src=x onerror=alert(1)>"\n1,2\n2,3\n4,4\n')
    page.write("y ~ `<img src=x onerror=alert(1)>`")
    page.fit()
    assert page.cells(2)[0] == "`<img src=x onerror=alert(1)>`"


def test_the_keyboard_alone_is_enough(page: Page):
    page.find("#sample option[value=iris]")
    page.tab_to("#sample")
    page.press("iris")
    page.tab_to("#formula")
    page.press(IRIS, Keys.ENTER)
    assert page.cells(1)[1] == "2.2491"


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_the_page_never_scrolls_sideways(page: Page, width: int):
    page.resize(width)
    page.fit_iris()
    for summary in page.chrome.find_elements("css selector", "summary"):
        if summary.is_displayed():
            summary.click()
    assert not page.too_wide()


def test_an_unknown_key_asks_for_another(page: Page):
    page.run("sessionStorage.setItem('lamplight-key', 'sk_wrong')")
    page.open("/")
    assert page.text("#key-fault") == "This key is not known here."


def test_with_a_key_the_picture_is_fetched_with_it(page: Page, key: str):
    page.run("sessionStorage.setItem('lamplight-key', arguments[0])", key)
    page.open("/")
    page.fit_iris()
    assert (page.find(".plot[src]").get_attribute("src") or "").startswith("blob:")


def test_a_key_is_never_written_into_the_lines(page: Page, key: str):
    page.run("sessionStorage.setItem('lamplight-key', arguments[0])", key)
    page.open("/")
    page.fit_iris()
    assert key not in page.run("return document.body.textContent")


def test_the_curl_line_for_pasted_data_does_the_same_whatever_a_column_is_called(page: Page):
    quoted = HOSTILE.replace('"', '""')
    page.paste(f'"{quoted}",weight\n1,2\n2,4\n3,7\n4,8\n')
    page.find(".columns tbody tr:nth-child(2) button").click()
    page.find(".columns tbody tr:nth-child(1) button").click()
    page.fit()
    page.find(".coefficients")
    answered = subprocess.run(["bash", "-c", page.text("pre[aria-label=Shell]")], capture_output=True, check=True).stdout
    assert b'"estimate":2.1' in answered


@pytest.mark.php
def test_the_php_lines_do_the_same(page: Page, tmp_path: Path):
    php = shutil.which("php")
    assert php, "this test needs the php command: apt-get install php-cli"
    page.paste(FOUR)
    page.write("weight ~ dose")
    page.fit()
    page.find(".coefficients")
    (tmp_path / "data.csv").write_text(FOUR)
    (tmp_path / "ask.php").write_text(page.text("pre[aria-label=PHP]"))
    printed = subprocess.run([php, "ask.php"], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert printed.splitlines()[1].split() == ["dose", "2.1000", "0.2646"]
