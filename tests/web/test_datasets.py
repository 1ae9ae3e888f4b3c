"""The tab of datasets: put, looked through, extended, deleted; and the key that it takes."""

from __future__ import annotations

from pathlib import Path

import pytest
from selenium.webdriver import Keys

from tests.web.page import Page
from tests.web.shelf import Shelf

pytestmark = pytest.mark.browser

SOLD = "month,sold\njan,41\nfeb,52\nmar,\n"
HOSTILE = "<img src=x onerror=alert(1)>"
PUT = "form[name=put-dataset]"
APPEND = "form[name=append]"


def put(shelf: Shelf, name: str, csv: str) -> None:
    shelf.open("datasets")
    shelf.write(f"{PUT} [name=name]", name)
    shelf.write(f"{PUT} [name=csv]", csv)
    shelf.press("Put it here")


def kept(shelf: Shelf, name: str, rows: int) -> None:
    shelf.ask("PUT", f"/datasets/{name}", {"data": {"at": list(range(rows)), "g": ["a"] * rows}})


def test_a_pasted_csv_is_put_and_described(shelf: Shelf):
    put(shelf, "pasted", SOLD)
    shelf.reads(".named h2", "pasted")
    shelf.reads(".named .used", "3 rows, 2 columns")
    assert shelf.page.cells(2, "table.columns") == ["sold", "number", "1", "41 to 52"]


def test_what_is_kept_stands_in_the_list(shelf: Shelf):
    kept(shelf, "listed", 1234)
    shelf.open("datasets")
    row = shelf.column("[aria-label='Of this site'] table", 1).index("listed") + 1
    assert shelf.page.cells(row, "[aria-label='Of this site'] table")[1:3] == ["1\u202f234", "2"]


def test_a_chosen_file_gives_the_name(shelf: Shelf, csv_file: Path):
    shelf.open("datasets")
    shelf.page.chrome.find_element("css selector", f"{PUT} input[type=file]").send_keys(str(csv_file))
    shelf.press("Put it here")
    shelf.reads(".named h2", "doses")


def test_a_dropped_file_goes_to_the_form_that_is_open(shelf: Shelf):
    shelf.open("datasets")
    shelf.page.run("""
        const data = new DataTransfer();
        data.items.add(new File([arguments[0]], "my sales.2026.csv"));
        document.body.dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true}));
    """, SOLD)  # fmt: skip
    shelf.reads(f"{PUT} .pasted", "2 columns, 3 rows")
    assert shelf.page.find(f"{PUT} [name=name]").get_attribute("value") == "my_sales_2026"


def test_rows_are_looked_through_page_by_page(shelf: Shelf):
    kept(shelf, "paged", 60)
    shelf.open("datasets/paged")
    shelf.press("Later")
    shelf.reads(".pager", "Rows 26 to 50 of 60")
    shelf.press("Later")
    shelf.reads(".pager", "Rows 51 to 60 of 60")
    assert shelf.column("table.grid", 2) == [str(at) for at in range(50, 60)]
    shelf.press("Earlier")
    shelf.reads(".pager", "Rows 26 to 50 of 60")


def test_rows_are_added(shelf: Shelf):
    kept(shelf, "growing", 2)
    shelf.open("datasets/growing")
    shelf.write(f"{APPEND} [name=csv]", "g,at\nb,7\nc,8\n")
    shelf.press("Add rows")
    shelf.reads("#said", "2 rows added to growing.")
    shelf.reads(".named .used", "4 rows, 2 columns")


def test_rows_that_do_not_fit_are_refused_where_they_were_written(shelf: Shelf):
    kept(shelf, "strict", 2)
    shelf.open("datasets/strict")
    shelf.write(f"{APPEND} [name=csv]", "g,at\nb,noon\n")
    shelf.press("Add rows")
    shelf.reads(f"{APPEND} .fault", "column at")
    assert shelf.page.find(f"{APPEND} [name=csv]").get_attribute("value") == "g,at\nb,noon\n"


def test_what_is_done_on_the_way_in_is_written_as_json(shelf: Shelf):
    shelf.open("datasets")
    shelf.page.find(f"{PUT} summary").click()
    shelf.write(f"{PUT} [name=rules]", '{"mask": {"user": 2}}')
    shelf.write(f"{PUT} [name=name]", "masked")
    shelf.write(f"{PUT} [name=csv]", "user,n\nHans,1\n")
    shelf.press("Put it here")
    shelf.reads(".grid", "**ns")


def test_replacing_is_asked_for_and_can_be_declined(shelf: Shelf):
    kept(shelf, "dear", 5)
    put(shelf, "dear", SOLD)
    shelf.answer(yes=False)
    assert shelf.ask("GET", "/datasets/dear")["rows"] == 5


def test_deleting_is_asked_for_and_escape_is_a_no(shelf: Shelf):
    kept(shelf, "escaped", 5)
    shelf.open("datasets/escaped")
    shelf.press("Delete this dataset")
    shelf.page.find("dialog[open]")
    shelf.page.press(Keys.ESCAPE)
    shelf.until(lambda: not shelf.page.chrome.find_elements("css selector", "dialog"))
    assert shelf.ask("GET", "/datasets/escaped")["rows"] == 5


def test_a_deleted_dataset_is_gone(shelf: Shelf):
    kept(shelf, "gone", 5)
    shelf.open("datasets/gone")
    shelf.press("Delete this dataset")
    shelf.answer(yes=True)
    shelf.reads("#said", "gone is deleted.")
    shelf.reads("h2", "Put a dataset")
    assert "gone" not in [each["name"] for each in shelf.ask("GET", "/datasets")["datasets"]]


def test_a_sample_can_only_be_read(shelf: Shelf):
    shelf.open("datasets/iris")
    assert shelf.page.text(".named h2") == "iris sample"
    assert not shelf.page.chrome.find_elements("css selector", f"{APPEND}, .grave")


def test_one_that_is_not_there_is_told(shelf: Shelf):
    shelf.open("datasets/nowhere")
    shelf.reads("#shelf-datasets .fault", "no dataset")


def test_markup_in_data_stays_text(shelf: Shelf):
    shelf.ask("PUT", "/datasets/hostile", {"data": {HOSTILE: [HOSTILE, "b"]}})
    shelf.open("datasets/hostile")
    assert shelf.column("table.grid", 2) == [HOSTILE, "b"]
    assert shelf.column("table.columns", 1) == [HOSTILE]


def test_the_keyboard_alone_is_enough(shelf: Shelf):
    shelf.open("datasets")
    shelf.page.tab_to(f"{PUT} [name=name]")
    shelf.page.press("typed", Keys.TAB, "a,b", Keys.ENTER, "1,2")
    shelf.page.tab_to(f"{PUT} [type=submit]")
    shelf.page.press(Keys.ENTER)
    shelf.reads(".named .used", "1 row, 2 columns")


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_the_tab_never_scrolls_sideways(shelf: Shelf, width: int):
    kept(shelf, "wide", 30)
    shelf.page.resize(width)
    for address in ("datasets", "datasets/wide", "datasets/mtcars"):
        shelf.open(address)
        assert not shelf.page.too_wide()


def test_every_field_has_a_label_and_the_console_is_silent(shelf: Shelf):
    kept(shelf, "labelled", 30)
    for address in ("datasets", "datasets/labelled"):
        shelf.open(address)
        assert (
            shelf.page.run(
                "return [...document.querySelectorAll('input, select, textarea')].filter((e) => !e.labels.length).length"
            )
            == 0
        )
    assert shelf.page.complaints() == []


def test_a_stranger_sees_the_samples_and_is_asked_for_a_key_when_it_takes_one(page: Page):
    page.open("/#datasets")
    page.find("[aria-label=Samples] table")
    page.find(f"{PUT} [name=name]").send_keys("mine")
    page.find(f"{PUT} [name=csv]").send_keys(SOLD)
    page.find(f"{PUT} [type=submit]").click()
    assert page.text("#key-fault") == "This needs the secret key of the site."
    assert page.run("return document.activeElement.id") == "key"
    assert page.find(f"{PUT} [name=csv]").get_attribute("value") == SOLD


def test_a_key_that_is_typed_is_kept_nowhere(page: Page, key: str):
    page.open("/#runs")
    page.find("#key").send_keys(key, Keys.ENTER)
    page.find("#shelf-runs select")
    assert page.run("return [sessionStorage.length, localStorage.length, document.cookie]") == [0, 0, ""]
    assert key not in page.chrome.current_url + page.run("return document.documentElement.outerHTML")
    page.chrome.refresh()
    page.find("#key")


def test_a_key_is_kept_for_the_tab_when_that_is_ticked(page: Page, key: str):
    page.open("/#runs")
    page.find("#key-keep").click()
    page.find("#key").send_keys(key, Keys.ENTER)
    page.find("#shelf-runs select")
    page.chrome.refresh()
    page.find("#shelf-runs select")
    page.find("#key-forget").click()
    assert page.run("return sessionStorage.length") == 0


def test_a_key_that_is_none_is_told_and_another_can_be_typed(page: Page, key: str):
    page.open("/#runs")
    page.find("#key").send_keys("sk_wrong", Keys.ENTER)
    assert page.text("#key-fault") == "This key is not known here."
    page.find("#key").send_keys(key, Keys.ENTER)
    page.find("#shelf-runs select")
    page.find("#key-used")
