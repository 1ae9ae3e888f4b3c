"""The mixed-model tab of the page at /: sleepstudy asked for once and read, and what changes between the tabs."""

from __future__ import annotations

import subprocess

import pytest
from selenium.webdriver import Chrome, Keys
from selenium.webdriver.support.ui import Select

from tests.serving import Server
from tests.web.page import Page

pytestmark = pytest.mark.browser

FORMULA = "Reaction ~ Days + (Days | Subject)"
WATCH = """
  window.said = [];
  const status = document.getElementById("status");
  new MutationObserver(() => window.said.push(status.textContent)).observe(status, { childList: true });
"""
SIX = "y,g\n1,a\n3,a\n2,b\n2,b\n1,c\n3,c\n"  # by hand: the means of the groups are equal, so nothing varies over them


@pytest.fixture(scope="module")
def fitted(chromium: Chrome, server: Server) -> Page:
    page = Page(chromium, server.url)
    page.resize(1280)
    page.open("/docs")  # so that the hash below opens the page anew
    page.complaints()  # of the tests before
    page.open_mixed()
    page.fit()
    page.find("#mixed-result .coefficients")
    return page


def test_sleepstudy_gives_lme4s_fixed_effects(fitted: Page):  # lme4: fixef(lmer(Reaction ~ Days + (Days | Subject), sleepstudy))
    assert [fitted.cells(row)[1] for row in (1, 2)] == ["251.405", "10.467"]


def test_sleepstudy_gives_lmertests_degrees_of_freedom_and_t_values(fitted: Page):  # lmerTest: 17, 36.838; 17, 6.771
    assert [fitted.cells(row)[3:5] for row in (1, 2)] == [["17.00", "36.838"], ["17.00", "6.771"]]


def test_sleepstudy_gives_lme4s_variances(fitted: Page):  # lme4, tight: 612.0899, 35.0717, 654.9410
    assert [fitted.cells(row, ".random")[3] for row in (1, 2, 3)] == ["612.1", "35.07", "654.9"]


def test_sleepstudy_gives_lme4s_correlation(fitted: Page):  # lme4, tight: 0.0656
    assert fitted.cells(2, ".random")[4] == "0.066 with (Intercept)"


def test_the_fit_tells_icc_and_both_r_squared(fitted: Page):  # R: tests/reference/mixed/extras.json
    told = fitted.text("#mixed-result .fit").splitlines()
    assert [told[told.index(name) + 1] for name in ("ICC", "R², fixed effects", "R², with random effects")] == [
        "0.7217",
        "0.2787",
        "0.7992",
    ]


def test_effects_and_groups_are_drawn(fitted: Page):
    drawn = "return Promise.all([...document.querySelectorAll('.plot')].map((e) => e.decode().then(() => e.naturalWidth)))"
    assert fitted.run(drawn) == [768, 768]


def test_the_page_says_nothing_on_the_console(fitted: Page):
    fitted.find(".plot")
    assert fitted.complaints() == []


def test_the_result_takes_the_focus(fitted: Page):
    assert fitted.run("return document.activeElement.id") == "mixed-result"


def test_the_curl_line_does_the_same(fitted: Page):
    line = fitted.text("#mixed-result pre[aria-label=Shell]")
    assert b'"estimate":251.405104' in subprocess.run(["bash", "-c", line], capture_output=True, check=True).stdout


def test_every_field_has_a_label(fitted: Page):
    unlabelled = "return [...document.querySelectorAll('input, select, textarea')].filter((e) => !e.labels.length).length"
    assert fitted.run(unlabelled) == 0


def test_a_loop_shows_its_steps(page: Page):
    page.open_mixed()
    Select(page.find("#method")).select_by_value("px_em")
    page.fit()
    assert page.find("img[src$='?view=trace']").get_attribute("alt")


def ask_beside(page: Page, **fields: str) -> None:
    """Open the options and fill fields of them as somebody would."""
    page.find("#mixed-beside summary").click()
    for name, value in fields.items():
        field = page.find(f"#mixed-{name}")
        if field.tag_name == "select":
            Select(field).select_by_value(value)
        else:
            field.send_keys(value)


def test_what_is_asked_for_beside_the_fit_is_told(page: Page):
    """lme4: profile interval of sigma 22.898 to 28.858; lmerTest's anova: F 45.853 on 1 and 17; anova: Chisq 42.139 on 2."""
    page.open_mixed()
    ask_beside(
        page,
        intervals="profile",
        f_tests="true",
        anova="Reaction ~ Days + (1 | Subject)\n",
        predict="Days,Subject\n9,308\n9,nobody\n",
    )
    page.fit()
    page.find("img[src$='?view=profile']")
    titles = [heading.text for heading in page.chrome.find_elements("css selector", "#mixed-result h3")]
    tables = page.run(
        "return [...document.querySelectorAll('#mixed-result table')].map(t => [...t.querySelectorAll('tbody tr')]"
        ".map(r => [...r.children].map(c => c.textContent)))"
    )
    told = dict(zip(["fixed", "random", "intervals", "tests", "comparison", "predictions"], tables, strict=True))
    assert titles[2:6] == [
        "Intervals by profile",
        "Tests of the terms, type III",
        "Comparison, by maximum likelihood",
        "Predictions",
    ]
    assert told["intervals"][3] == ["sigma", "25.59", "22.90", "28.86"]
    assert told["tests"] == [["Days", "1", "17.00", "45.853", "3.3e−6"]]
    assert told["comparison"][1][5:7] == ["42.139", "2"]
    assert [row[-1] for row in told["predictions"]] == ["", "Subject"]
    assert page.complaints() == []


@pytest.mark.usefixtures("worker")
def test_what_is_dear_is_waited_for_and_the_page_says_how_far_it_is(page: Page):
    """A bootstrap of a generalized model: 500 fits take seconds."""
    page.open_mixed()
    page.write("Reaction ~ Days + (1 | Subject)")
    Select(page.find("#family")).select_by_value("poisson")
    ask_beside(page, intervals="bootstrap")
    page.run(WATCH)
    page.fit()
    page.find("#mixed-result .coefficients", patience=60.0)
    said = page.run("return window.said")
    shares = [int(one.split(":")[1].split("%")[0]) for one in said if one.startswith("A worker is at it")]
    assert (said[0], said[-1]) == ("Fitting …", "Done: 2 fixed effects, 1 random effect.")
    assert shares
    assert shares == sorted(shares)
    assert "Intervals by bootstrap" in page.text("#mixed-result")
    assert page.complaints() == []


def test_variances_may_be_given(page: Page):
    page.open_mixed()
    ask_beside(page, variances='{"groups": {"Subject": [[612.09, 9.6], [9.6, 35.07]]}, "residual": 654.94}')
    page.fit()
    assert page.cells(1)[1] == "251.405"
    assert "the variances were given" in page.text("#mixed-result .warnings")


def test_a_wrong_formula_to_compare_with_is_said_at_its_field(page: Page):
    page.open_mixed()
    ask_beside(page, anova="Reaction ~ Nobody + (1 | Subject)")
    page.find("#mixed-beside summary").click()
    page.fit()
    assert "Nobody" in page.text("#fault")
    assert page.run("return document.activeElement.id") == "mixed-anova"


def test_a_singular_fit_is_told(page: Page):
    page.open_mixed()
    page.paste(SIX)
    page.write("y ~ 1 + (1 | g)")
    page.fit()
    assert "the variance of (Intercept) over g is zero" in page.text("#mixed-result .warnings")


def test_a_table_of_ones_own_goes_along_to_the_other_tab(page: Page):
    page.paste(SIX)
    page.open_tab("mixed")
    assert page.text("#suggestions") == "For this table, for example\ny ~ 1 + (1 | g)"


def test_a_tab_is_found_again_as_it_was_left(page: Page):
    page.choose_sample("iris")
    page.write("Sepal_Length ~ Sepal_Width")
    page.open_tab("mixed")
    page.open_tab("regression")
    assert page.run("return [document.getElementById('sample').value, document.getElementById('formula').value]") == [
        "iris",
        "Sepal_Length ~ Sepal_Width",
    ]


def test_the_browsers_back_button_leads_to_the_other_tab(page: Page):
    page.open_tab("mixed")
    page.chrome.back()
    page.find_tab("regression")
    assert page.text("h1") == "Fit a regression"


def test_the_tab_that_is_open_is_told_to_those_who_cannot_see_it(page: Page):
    page.open_tab("mixed")
    assert (page.text("nav [aria-current=page]"), page.chrome.title) == ("Mixed model", "Mixed model · Lamplight")


def test_what_a_family_does_not_take_is_said_at_the_field(page: Page):
    page.open_mixed()
    Select(page.find("#family")).select_by_value("poisson")
    Select(page.find("#method")).select_by_value("em")
    page.fit()
    page.find("#fault")
    assert page.run("return document.activeElement.id") == "method"


def test_the_keyboard_alone_is_enough(page: Page):
    page.find("#sample option[value=sleepstudy]")
    page.tab_to("nav a[href='#mixed']")
    page.press(Keys.ENTER)
    page.find_tab("mixed")
    page.find("#columns table")
    page.tab_to("#formula")
    page.press(Keys.ENTER)
    assert page.cells(1)[1] == "251.405"


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_the_tab_never_scrolls_sideways(page: Page, width: int):
    page.resize(width)
    page.open_mixed()
    page.fit()
    page.find("#mixed-result .coefficients")
    for summary in page.chrome.find_elements("css selector", "summary"):
        if summary.is_displayed():
            summary.click()
    assert not page.too_wide()
